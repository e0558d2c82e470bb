package dev.engram.atlas;

import dev.engram.Progress;
import java.util.Random;

/**
 * The eigenvectors of the largest eigenvalues of a symmetric matrix without negative ones, by
 * subspace iteration with a few vectors more than are wanted, in float64. The same matrix gives the
 * same bits: the start is fixed, and so is the sign.
 */
final class TopEigenvectors {
  /** More vectors than are wanted: the error falls by λ₉/λ₂ a round instead of λ₃/λ₂. */
  private static final int BLOCK = 8;

  private static final int MOST_ROUNDS = 1000;

  /** Of ‖C v − λ v‖, as a share of the largest eigenvalue. */
  private static final double TOLERANCE = 1e-11;

  private final double[] matrix;
  private final int n;

  /** From the largest eigenvalue on; vectors of length 1, their largest component positive. */
  record Pairs(double[] values, double[][] vectors) {}

  private TopEigenvectors(double[] matrix, int n) {
    this.matrix = matrix;
    this.n = n;
  }

  /**
   * @param matrix n × n, row by row
   * @param wanted at most n
   */
  static Pairs of(double[] matrix, int n, int wanted) {
    return new TopEigenvectors(matrix, n).top(wanted);
  }

  private Pairs top(int wanted) {
    int k = Math.min(n, Math.max(BLOCK, wanted));
    Random random = new Random(0);
    double[][] q = new double[k][n];
    for (double[] v : q) {
      for (int i = 0; i < n; i++) {
        v[i] = random.nextGaussian();
      }
    }
    double[] values = new double[k];
    for (int round = 0; round < MOST_ROUNDS; round++) {
      Progress.checkInterrupt();
      orthonormalise(q);
      double[][] image = new double[k][];
      for (int i = 0; i < k; i++) {
        image[i] = times(q[i]);
      }
      double[][] small = new double[k][k];
      for (int i = 0; i < k; i++) {
        for (int j = 0; j < k; j++) {
          small[i][j] = (dot(q[i], image[j]) + dot(q[j], image[i])) / 2;
        }
      }
      double[][] turn = jacobi(small);
      for (int i = 0; i < k; i++) {
        values[i] = small[i][i];
      }
      int[] order = descending(values);
      q = turned(q, turn, order);
      image = turned(image, turn, order);
      values = picked(values, order);
      double off = 0;
      for (int i = 0; i < wanted; i++) {
        off = Math.max(off, residual(image[i], values[i], q[i]));
      }
      if (off <= TOLERANCE * Math.abs(values[0])) {
        break;
      }
      if (round < MOST_ROUNDS - 1) {
        q = image;
      }
    }
    double[][] vectors = new double[wanted][];
    for (int i = 0; i < wanted; i++) {
      vectors[i] = signed(q[i]);
    }
    return new Pairs(java.util.Arrays.copyOf(values, wanted), vectors);
  }

  private double[] times(double[] v) {
    double[] out = new double[n];
    for (int row = 0; row < n; row++) {
      double sum = 0;
      int at = row * n;
      for (int i = 0; i < n; i++) {
        sum += matrix[at + i] * v[i];
      }
      out[row] = sum;
    }
    return out;
  }

  /** Gram and Schmidt, twice, since once is not enough for vectors that are nearly parallel. */
  private static void orthonormalise(double[][] q) {
    for (int i = 0; i < q.length; i++) {
      for (int again = 0; again < 2; again++) {
        for (int j = 0; j < i; j++) {
          add(q[i], -dot(q[i], q[j]), q[j]);
        }
        double length = Math.sqrt(dot(q[i], q[i]));
        for (int c = 0; c < q[i].length; c++) {
          q[i][c] = length > 1e-300 ? q[i][c] / length : 0;
        }
      }
    }
  }

  private static double[][] turned(double[][] q, double[][] turn, int[] order) {
    double[][] out = new double[q.length][q[0].length];
    for (int i = 0; i < q.length; i++) {
      for (int j = 0; j < q.length; j++) {
        add(out[i], turn[j][order[i]], q[j]);
      }
    }
    return out;
  }

  /** Makes a small symmetric matrix diagonal; the columns of the result are its eigenvectors. */
  static double[][] jacobi(double[][] a) {
    int k = a.length;
    double[][] v = new double[k][k];
    for (int i = 0; i < k; i++) {
      v[i][i] = 1;
    }
    for (int sweep = 0; sweep < 60; sweep++) {
      for (int p = 0; p < k; p++) {
        for (int r = p + 1; r < k; r++) {
          if (a[p][r] == 0) {
            continue;
          }
          double theta = (a[r][r] - a[p][p]) / (2 * a[p][r]);
          double t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
          double c = 1 / Math.sqrt(t * t + 1);
          double s = t * c;
          for (int i = 0; i < k; i++) {
            double x = a[i][p];
            double y = a[i][r];
            a[i][p] = c * x - s * y;
            a[i][r] = s * x + c * y;
          }
          for (int i = 0; i < k; i++) {
            double x = a[p][i];
            double y = a[r][i];
            a[p][i] = c * x - s * y;
            a[r][i] = s * x + c * y;
            x = v[i][p];
            y = v[i][r];
            v[i][p] = c * x - s * y;
            v[i][r] = s * x + c * y;
          }
          a[p][r] = 0;
          a[r][p] = 0;
        }
      }
    }
    return v;
  }

  private static int[] descending(double[] values) {
    return java.util.stream.IntStream.range(0, values.length)
        .boxed()
        .sorted((i, j) -> Double.compare(values[j], values[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  private static double[] picked(double[] values, int[] order) {
    return java.util.Arrays.stream(order).mapToDouble(i -> values[i]).toArray();
  }

  private static double residual(double[] image, double value, double[] q) {
    double sum = 0;
    for (int i = 0; i < q.length; i++) {
      double d = image[i] - value * q[i];
      sum += d * d;
    }
    return Math.sqrt(sum);
  }

  /** Of a vector and its opposite the one whose largest component, the first of equals, is > 0. */
  private static double[] signed(double[] v) {
    int largest = 0;
    for (int i = 1; i < v.length; i++) {
      largest = Math.abs(v[i]) > Math.abs(v[largest]) ? i : largest;
    }
    double sign = v[largest] < 0 ? -1 : 1;
    return java.util.Arrays.stream(v).map(x -> sign * x).toArray();
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static void add(double[] to, double times, double[] what) {
    for (int i = 0; i < to.length; i++) {
      to[i] += times * what[i];
    }
  }
}
