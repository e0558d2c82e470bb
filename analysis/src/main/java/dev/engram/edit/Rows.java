package dev.engram.edit;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Products of float32 rows with float64 vectors, summed in float64 by all cores. The rows are not
 * copied into float64 for it: that would take longer than a product does.
 */
final class Rows {
  /** Columns that a core sums at once: their sums stay in its nearest cache. */
  private static final int COLUMNS = 512;

  private final List<float[]> rows;
  private final int width;

  /**
   * @param rows each of the given width
   */
  Rows(List<float[]> rows, int width) {
    this.rows = rows;
    this.width = width;
  }

  /**
   * @param x (width)
   * @return Σ_j row_ij x_j for each row i
   */
  double[] times(double[] x) {
    return rows.parallelStream().mapToDouble(row -> dot(row, 0, x)).toArray();
  }

  /**
   * @param y a number for each row
   * @return (width), Σ_i row_ij y_i
   */
  double[] transposedTimes(double[] y) {
    double[] out = new double[width];
    IntStream.rangeClosed(0, (width - 1) / COLUMNS)
        .parallel()
        .forEach(block -> sumColumns(block * COLUMNS, y, out));
    return out;
  }

  private void sumColumns(int from, double[] y, double[] out) {
    int end = Math.min(width, from + COLUMNS);
    double[] sums = new double[end - from];
    for (int i = 0; i < y.length; i++) {
      float[] row = rows.get(i);
      double a = y[i];
      for (int j = 0; j < sums.length; j++) {
        sums[j] += a * row[from + j];
      }
    }
    System.arraycopy(sums, 0, out, from, sums.length);
  }

  /** Σ row_ij² of all rows. */
  double squares() {
    double[] ofRows = rows.parallelStream().mapToDouble(Rows::square).toArray();
    return Arrays.stream(ofRows).sum();
  }

  private static double square(float[] row) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j + 4 <= row.length; j += 4) {
      s0 += (double) row[j] * row[j];
      s1 += (double) row[j + 1] * row[j + 1];
      s2 += (double) row[j + 2] * row[j + 2];
      s3 += (double) row[j + 3] * row[j + 3];
    }
    for (; j < row.length; j++) {
      s0 += (double) row[j] * row[j];
    }
    return (s0 + s1) + (s2 + s3);
  }

  /**
   * Four sums, for a single one would wait for each addition before the next.
   *
   * @return Σ_j a[from + j] x[j]
   */
  static double dot(float[] a, int from, double[] x) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int j = 0;
    for (; j + 4 <= x.length; j += 4) {
      s0 += a[from + j] * x[j];
      s1 += a[from + j + 1] * x[j + 1];
      s2 += a[from + j + 2] * x[j + 2];
      s3 += a[from + j + 3] * x[j + 3];
    }
    for (; j < x.length; j++) {
      s0 += a[from + j] * x[j];
    }
    return (s0 + s1) + (s2 + s3);
  }
}
