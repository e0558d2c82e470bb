package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A curve over its first value, with the interval of the ratio. */
class DecayTest {
  private static final int UNITS = 40;

  private final List<String> keys = new ArrayList<>();
  private final List<double[]> curves = new ArrayList<>();
  private final Decay decay;

  DecayTest() {
    Random random = new Random(5);
    for (int i = 0; i < 2 * UNITS; i++) {
      double size = 1 + random.nextDouble();
      keys.add("unit " + i / 2);
      curves.add(
          new double[] {
            size, size * (0.5 + 0.1 * random.nextGaussian()), 0.1 * random.nextDouble()
          });
    }
    decay = Decay.of(Sample.Unit.ENTITY, keys, curves);
  }

  @Test
  void anEstimateIsTheRatioOfTheMeans() {
    double[] ratios = decay.normalised();
    double[] means =
        IntStream.range(0, 3)
            .mapToDouble(r -> curves.stream().mapToDouble(c -> c[r]).average().orElseThrow())
            .toArray();
    assertArrayEquals(new double[] {1, means[1] / means[0], means[2] / means[0]}, ratios, 1e-12);
    for (int r = 0; r < 3; r++) {
      assertEquals(ratios[r], decay.estimates().get(r).mean(), 1e-12);
    }
    assertFalse(decay.estimates().get(0).interval().exists(), "1 by definition");
    assertEquals(3, decay.halfRank() + (ratios[1] < 0.5 ? 1 : 0));
  }

  /** Units are drawn anew, and both means of the ratio with them. */
  @Test
  void theIntervalIsThatOfABootstrapOfTheRatio() {
    Random random = new Random(9);
    double[] drawn = new double[4000];
    for (int i = 0; i < drawn.length; i++) {
      double above = 0;
      double below = 0;
      for (int u = 0; u < UNITS; u++) {
        int unit = random.nextInt(UNITS);
        for (int image = 0; image < 2; image++) {
          above += curves.get(2 * unit + image)[1];
          below += curves.get(2 * unit + image)[0];
        }
      }
      drawn[i] = above / below;
    }
    Arrays.sort(drawn);
    Interval interval = decay.estimates().get(1).interval();
    double width = interval.high() - interval.low();
    assertTrue(width > 0);
    assertEquals(drawn[100], interval.low(), 0.1 * width);
    assertEquals(drawn[3900], interval.high(), 0.1 * width);
    assertTrue(interval.about().contains(UNITS + " entities"), interval.about());
  }
}
