package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.experiment.Numbers;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sketches know correlations: of few images exactly, of many within the error that is stated. */
class SketchesTest {
  /** Coefficients (neurons, images): every second neuron shares something with the one before. */
  private static float[][] coefficients(int neurons, int images, boolean heavy) {
    Random random = new Random(3);
    float[][] m = new float[neurons][images];
    for (int i = 0; i < neurons; i++) {
      double share = i % 2 == 0 ? 0 : i / (double) neurons;
      for (int x = 0; x < images; x++) {
        double own = random.nextGaussian();
        own = 0.1 + (heavy ? own * own * own : own);
        m[i][x] = (float) (i % 2 == 0 ? own : share * m[i - 1][x] + (1 - share) * own);
      }
    }
    return m;
  }

  private static double exact(float[] a, float[] b) {
    return Numbers.correlation(doubles(a), doubles(b));
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static List<short[]> sketches(float[][] m, Set<Integer> unreadable) {
    int images = m[0].length;
    Sketches sketches = new Sketches(m.length, images);
    ExactSums sums = new ExactSums(m.length);
    ExactSums squares = new ExactSums(m.length);
    for (int x = 0; x < images; x++) {
      for (int i = 0; i < m.length && !unreadable.contains(x); i++) {
        sketches.add(i, m[i][x], sketches.places(x));
        sums.add(i, m[i][x]);
        squares.add(i, (double) m[i][x] * m[i][x]);
      }
    }
    int read = images - unreadable.size();
    int[] ones = sketches.ones(unreadable);
    return IntStream.range(0, m.length)
        .mapToObj(
            i ->
                sketches.centred(
                    i, sums.mean(i, read), ExactSums.deviation(sums, squares, i, read), ones))
        .toList();
  }

  @Test
  void ofFewImagesTheCorrelationIsExact() {
    float[][] m = coefficients(40, 256, true);
    List<short[]> all = sketches(m, Set.of());
    for (int i = 0; i < m.length; i++) {
      for (int j = 0; j < m.length; j++) {
        assertEquals(exact(m[i], m[j]), Sketches.correlation(all.get(i), all.get(j)), 1e-4);
      }
    }
    float[][] fewer = new float[m.length][];
    for (int i = 0; i < m.length; i++) {
      int row = i;
      fewer[i] = new float[254];
      int[] left = IntStream.range(0, 256).filter(x -> x != 7 && x != 200).toArray();
      IntStream.range(0, 254).forEach(x -> fewer[row][x] = m[row][left[x]]);
    }
    List<short[]> without = sketches(m, Set.of(7, 200));
    for (int i = 1; i < m.length; i++) {
      assertEquals(
          exact(fewer[i], fewer[i - 1]),
          Sketches.correlation(without.get(i), without.get(i - 1)),
          1e-4);
    }
  }

  @Test
  void ofManyImagesTheErrorIsTheOneThatIsStated() {
    for (boolean heavy : new boolean[] {false, true}) {
      float[][] m = coefficients(120, 3000, heavy);
      List<short[]> all = sketches(m, Set.of(11));
      double squares = 0;
      int count = 0;
      for (int i = 0; i < m.length; i++) {
        for (int j = 0; j < i; j++) {
          double r = exact(m[i], m[j]);
          double stated = (1 - r * r) / 16;
          double error = (Sketches.correlation(all.get(i), all.get(j)) - r) / (stated + 1e-3);
          assertTrue(Math.abs(error) < 6, r + ": " + error);
          squares += error * error;
          count++;
        }
      }
      assertEquals(1, Math.sqrt(squares / count), 0.15);
      assertEquals(1, Sketches.correlation(all.get(5), all.get(5)));
    }
  }

  /** Each neuron speaks on one image of its own: none is another's partner. */
  @Test
  void rareNeuronsAreNotTakenForOneAnother() {
    int neurons = 2000;
    float[][] m = new float[neurons][neurons];
    for (int i = 0; i < neurons; i++) {
      m[i][i] = 5;
    }
    List<short[]> all = sketches(m, Set.of());
    int near = 0;
    for (int i = 0; i < neurons; i++) {
      for (int j = 0; j < i; j++) {
        near += Sketches.correlation(all.get(i), all.get(j)) > 0.5 ? 1 : 0;
      }
    }
    assertEquals(0, near);
  }

  @Test
  void aConstantNeuronHasNoCorrelation() {
    float[][] m = coefficients(3, 700, false);
    java.util.Arrays.fill(m[1], 0.1f);
    List<short[]> all = sketches(m, Set.of());
    assertTrue(Double.isNaN(Sketches.correlation(all.get(0), all.get(1))));
    assertArrayEquals(new short[Sketches.WIDTH], all.get(1));
  }

  @Test
  void anyOrderAndSplitGivesTheSameBits() throws IOException {
    float[][] m = coefficients(20, 500, true);
    byte[] expected = null;
    for (int seed = 0; seed < 4; seed++) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, 500).boxed().toList());
      Collections.shuffle(order, new Random(seed));
      Sketches one = new Sketches(m.length, 500);
      Sketches other = new Sketches(m.length, 500);
      for (int x : order) {
        Sketches part = x % (seed + 2) == 0 ? one : other;
        for (int i = 0; i < m.length; i++) {
          part.add(i, m[i][x], part.places(x));
        }
      }
      one.add(other);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      one.write(new DataOutputStream(out));
      expected = expected == null ? out.toByteArray() : expected;
      assertArrayEquals(expected, out.toByteArray());
    }
  }
}
