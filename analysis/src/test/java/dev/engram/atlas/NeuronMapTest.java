package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.atlas.TopEigenvectors.Pairs;
import dev.engram.model.Clip;
import dev.engram.trace.NeuronSpace;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The map says what principal components say that are computed as a textbook has them. */
class NeuronMapTest {
  private static final Path MODELS = Path.of("src/test/resources/reference/models");

  @Test
  void theMapIsThatOfATextbook() {
    try (Clip clip = Clip.from(MODELS.resolve("gelu_p8")).device("cpu").load()) {
      NeuronSpace space = clip.config().vision().space();
      int n = space.count();
      int d = space.width();
      double[][] rows = new double[n][d];
      double[] mean = new double[d];
      for (int i = 0; i < n; i++) {
        float[] w = clip.vision().valueVector(space.neuron(i));
        double length = 0;
        for (float each : w) {
          length += (double) each * each;
        }
        for (int c = 0; c < d; c++) {
          rows[i][c] = w[c] / Math.sqrt(length);
          mean[c] += rows[i][c] / n;
        }
      }
      double[][] covariance = new double[d][d];
      double trace = 0;
      for (double[] row : rows) {
        for (int a = 0; a < d; a++) {
          row[a] -= mean[a];
        }
        for (int a = 0; a < d; a++) {
          for (int b = 0; b < d; b++) {
            covariance[a][b] += row[a] * row[b] / n;
          }
          trace += row[a] * row[a] / n;
        }
      }
      NeuronMap map = NeuronMap.of(clip, Progress.NONE);
      double[][] at = {map.x(), map.y()};
      for (int k = 0; k < 2; k++) {
        double[] v = strongest(covariance);
        double value = 0;
        for (int a = 0; a < d; a++) {
          for (int b = 0; b < d; b++) {
            value += v[a] * covariance[a][b] * v[b];
          }
        }
        assertEquals(value / trace, map.shares()[k], 1e-9);
        for (int i = 0; i < n; i++) {
          double on = 0;
          for (int c = 0; c < d; c++) {
            on += rows[i][c] * v[c];
          }
          assertEquals(on, at[k][i], 1e-6, space.neuron(i).toString());
        }
        for (int a = 0; a < d; a++) {
          for (int b = 0; b < d; b++) {
            covariance[a][b] -= value * v[a] * v[b];
          }
        }
      }
      NeuronMap again = NeuronMap.of(clip, Progress.NONE);
      assertArrayEquals(map.x(), again.x(), 0);
      assertArrayEquals(map.y(), again.y(), 0);
    }
  }

  /** The power method; the largest component is positive. */
  private static double[] strongest(double[][] matrix) {
    Random random = new Random(7);
    double[] v = Arrays.stream(matrix).mapToDouble(row -> random.nextGaussian()).toArray();
    for (int round = 0; round < 20_000; round++) {
      double[] next = new double[v.length];
      double length = 0;
      for (int a = 0; a < v.length; a++) {
        for (int b = 0; b < v.length; b++) {
          next[a] += matrix[a][b] * v[b];
        }
        length += next[a] * next[a];
      }
      for (int a = 0; a < v.length; a++) {
        v[a] = next[a] / Math.sqrt(length);
      }
    }
    double largest = 0;
    for (double x : v) {
      largest = Math.abs(x) > Math.abs(largest) ? x : largest;
    }
    double sign = Math.signum(largest);
    return Arrays.stream(v).map(x -> sign * x).toArray();
  }

  @Test
  void eigenvectorsOfMatricesThatAreKnown() {
    int n = 12;
    double[] diagonal = new double[n * n];
    for (int i = 0; i < n; i++) {
      diagonal[i * n + i] = i == 3 ? 5 : i == 8 ? 4 : 1;
    }
    Pairs pairs = TopEigenvectors.of(diagonal, n, 2);
    assertArrayEquals(new double[] {5, 4}, pairs.values(), 1e-9);
    assertEquals(1, pairs.vectors()[0][3], 1e-9);
    assertEquals(1, pairs.vectors()[1][8], 1e-9);

    Pairs none = TopEigenvectors.of(new double[n * n], n, 2);
    assertArrayEquals(new double[] {0, 0}, none.values());

    Pairs one = TopEigenvectors.of(new double[] {3}, 1, 1);
    assertArrayEquals(new double[] {3}, one.values(), 1e-12);
    assertEquals(1, one.vectors()[0][0], 1e-12);

    double[] rankOne = new double[n * n];
    for (int a = 0; a < n; a++) {
      for (int b = 0; b < n; b++) {
        rankOne[a * n + b] = -(a - 5.0) * -(b - 5.0);
      }
    }
    Pairs single = TopEigenvectors.of(rankOne, n, 2);
    assertEquals(0, single.values()[1], 1e-9);
    assertTrue(single.vectors()[0][11] > 0, Arrays.toString(single.vectors()[0]));
  }
}
