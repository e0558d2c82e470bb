package dev.engram.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MagicRewriterTest {
  private final MagicRewriter rewriter =
      new MagicRewriter(Set.of("maven")::contains, Set.of("time")::contains);

  @Test
  void linesAreCarriedAsTyped() {
    String typed = "attribute 'C:\\new' \"x\" --top 3; // why";
    String java = rewriter.rewrite("int a = 1;\n  %" + typed + "\nAttribution b = %words L5F4");
    assertTrue(java.startsWith("int a = 1;\n  dev.engram.kernel.MagicCall.line(\""), java);
    assertTrue(java.contains("Attribution b = dev.engram"), java);
    assertEquals(
        "int a = 1;\n  %" + typed + "\nAttribution b = %words L5F4", MagicCall.asTyped(java));
  }

  @Test
  void cellsAreCarriedWhole() {
    String java = rewriter.rewrite("%%edit --as x\nline 1\n%no magic here\n");
    assertTrue(java.matches("dev\\.engram\\.kernel\\.MagicCall\\.cell\\(\"\\S+\", \"\\S+\"\\);"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "%maven a:b:1",
        "%%time\n1 + 1",
        "int a = b % c;",
        "int a = b %c;",
        "String s = \"%d\".formatted(1); // %x",
        "/* %x */ int a = 'c' %b;",
        "boolean x = a == %b"
      })
  void whatIsNoMagicOfOursIsLeftAlone(String code) {
    assertEquals(code, rewriter.rewrite(code));
  }

  @Test
  void theKernelsResolverFindsNothingInTextBlocks() {
    assertEquals("\"\"\"\n\\u0025x\n\"\"\"", rewriter.rewrite("\"\"\"\n%x\n\"\"\""));
  }

  @Test
  void theMagicAtTheCursor() {
    assertEquals("heatmap", MagicRewriter.nameAt("int a;\n%heatmap x", 12));
    assertEquals("words", MagicRewriter.nameAt("var w = %words L1F2", 3));
    assertEquals("", MagicRewriter.nameAt("int a = b % c", 3));
    assertEquals("", MagicRewriter.nameAt("", 0));
  }
}
