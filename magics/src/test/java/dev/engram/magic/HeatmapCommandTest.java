package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dissect.Heatmap;
import dev.engram.magic.result.HeatmapFigure;
import dev.engram.magic.result.Heatmaps;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeatmapCommandTest {
  /** On volcanoes this neuron acts with a negative coefficient. */
  private static final String LINE = "heatmap volcano --neuron L3A2H56";

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  @Test
  void aTurnedNeuronIsDrivenByWhatDroveItDown() {
    runner.run("model", null);
    runner.run("images", null);
    List<HeatmapFigure> plain = heatmaps(LINE).figures();
    List<HeatmapFigure> turned = heatmaps(LINE + " --turn").figures();
    assertTrue(plain.get(plain.size() - 1).heatmap().coefficient() < 0);
    for (int i = 0; i < plain.size(); i++) {
      Heatmap a = plain.get(i).heatmap();
      Heatmap b = turned.get(plain.size() - 1 - i).heatmap(); // the other way round
      assertEquals(a.coefficient(), -b.coefficient(), 1e-12);
      assertArrayEquals(Arrays.stream(a.tokens()).map(t -> -t).toArray(), b.tokens());
    }
    HeatmapFigure lowest = plain.get(plain.size() - 1);
    assertTrue(lowest.view().before().get(0).text().contains("--turn turns it around"));
    assertFalse(turned.get(0).view().before().get(0).text().contains("--turn"));
    assertTrue(turned.get(0).toString().contains("turned around (A.2)"), turned.get(0).toString());
    assertTrue(turned.get(0).view().before().get(0).text().contains("sign −1"));
    assertEquals(Heatmap.Rest.NONE, turned.get(0).heatmap().rest(), "an attention neuron has none");
  }

  private Heatmaps heatmaps(String line) {
    return assertInstanceOf(Heatmaps.class, runner.run(line, null));
  }
}
