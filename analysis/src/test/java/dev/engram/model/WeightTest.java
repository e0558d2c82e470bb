package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import org.junit.jupiter.api.Test;

class WeightTest {
  private static final ClipConfig.Tower TOWER =
      new ClipConfig.Tower(24, 1024, 16, 4096, ClipConfig.Activation.QUICK_GELU, 1e-5);

  @Test
  void blocksAreReadAndWritten() {
    assertEquals(new Weight(23, Weight.Kind.W_FC2), Weight.ofBlock("L23F", TOWER));
    assertEquals(new Weight(0, Weight.Kind.W_O), Weight.ofBlock(" l0a ", TOWER));
    assertEquals("L23F", Weight.ofBlock("L23F", TOWER).blockName());
    assertEquals("L7A", new Weight(7, Weight.Kind.W_O).blockName());
  }

  @Test
  void whatIsNoBlockIsRefused() {
    for (String wrong : new String[] {"", "5F", "L5", "L5F412", "L-1F", "L9999999F"}) {
      assertTrue(message(wrong).contains("A block is written L5F"), wrong);
    }
    assertTrue(message("L24F").contains("layers 0 to 23"));
  }

  private static String message(String name) {
    return String.valueOf(
        assertThrows(EngramException.class, () -> Weight.ofBlock(name, TOWER)).getMessage());
  }
}
