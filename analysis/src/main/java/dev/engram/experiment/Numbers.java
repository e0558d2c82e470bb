package dev.engram.experiment;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Arithmetic that the experiments share, in float64. */
final class Numbers {
  private Numbers() {}

  static double cosine(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  /** Mean of curves of one length, point by point. */
  static double[] mean(List<double[]> curves) {
    double[] out = new double[curves.isEmpty() ? 0 : curves.get(0).length];
    for (double[] curve : curves) {
      for (int i = 0; i < out.length; i++) {
        out[i] += curve[i] / curves.size();
      }
    }
    return out;
  }

  /** Spearman's rank correlation; equal values keep their order. */
  static double rankCorrelation(double[] a, double[] b) {
    double[] ra = ranks(a);
    double[] rb = ranks(b);
    double n = a.length;
    double squares = 0;
    for (int i = 0; i < ra.length; i++) {
      squares += (ra[i] - rb[i]) * (ra[i] - rb[i]);
    }
    return 1 - 6 * squares / (n * (n * n - 1));
  }

  private static double[] ranks(double[] values) {
    List<Integer> order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .toList();
    double[] ranks = new double[values.length];
    for (int r = 0; r < values.length; r++) {
      ranks[order.get(r)] = r;
    }
    return ranks;
  }
}
