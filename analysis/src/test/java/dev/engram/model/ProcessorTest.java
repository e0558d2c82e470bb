package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** How systems name their processor. */
class ProcessorTest {
  @Test
  void linuxSaysItInAFile() {
    String of =
        "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n\n"
            + "processor\t: 1\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\n";
    assertEquals(new Processor("AuthenticAMD", 26), Processor.ofLinux(of));
    assertNull(Processor.ofLinux("processor\t: 0\nCPU implementer\t: 0x41\n"), "of ARM");
  }

  @Test
  void windowsSaysItInItsEnvironment() {
    assertEquals(
        new Processor("GenuineIntel", 6),
        Processor.ofWindows("Intel64 Family 6 Model 151 Stepping 2, GenuineIntel"));
    assertNull(Processor.ofWindows("x86"));
    assertEquals(
        new Processor("Qualcomm", 8),
        Processor.ofWindows("ARMv8 (64-bit) Family 8 Model 1 Revision 201, Qualcomm"));
  }

  @Test
  void zen5IsWideAndWhatCameBeforeIsNot() {
    assertTrue(new Processor("AuthenticAMD", 26).isWideOfAmd());
    assertFalse(new Processor("AuthenticAMD", 25).isWideOfAmd());
    assertFalse(new Processor("GenuineIntel", 26).isWideOfAmd());
  }
}
