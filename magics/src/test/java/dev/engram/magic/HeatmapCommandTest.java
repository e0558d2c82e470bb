package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dissect.Heatmap;
import dev.engram.lab.Heatmaps;
import dev.engram.lab.ImageHeatmap;
import dev.engram.magic.result.Presenters;
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
    List<ImageHeatmap> plain = heatmaps(LINE).images();
    Heatmaps all = heatmaps(LINE + " --turn");
    List<ImageHeatmap> turned = all.images();
    assertTrue(plain.get(plain.size() - 1).heatmap().coefficient() < 0);
    for (int i = 0; i < plain.size(); i++) {
      Heatmap a = plain.get(i).heatmap();
      Heatmap b = turned.get(plain.size() - 1 - i).heatmap(); // the other way round
      assertEquals(a.coefficient(), -b.coefficient(), 1e-12);
      assertArrayEquals(Arrays.stream(a.tokens()).map(t -> -t).toArray(), b.tokens());
    }
    String first = page(turned.get(0));
    assertTrue(page(plain.get(plain.size() - 1)).contains("--turn turns it around"));
    assertFalse(first.contains("--turn"), first);
    assertTrue(first.contains("sign −1"), first);
    assertTrue(Presenters.figure(all).toString().contains("turned around (A.2)"));
    assertEquals(Heatmap.Rest.NONE, turned.get(0).heatmap().rest(), "an attention neuron has none");
    assertEquals(
        turned.stream().map(i -> i.heatmap().coefficient()).toList(),
        Presenters.table(all).doubleColumn("coefficient").asList());
  }

  private Heatmaps heatmaps(String line) {
    return assertInstanceOf(Heatmaps.class, runner.run(line, null));
  }

  private static String page(ImageHeatmap heatmap) {
    return Presenters.view(heatmap).before().get(0).text();
  }
}
