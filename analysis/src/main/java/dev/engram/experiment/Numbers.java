package dev.engram.experiment;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Arithmetic that the experiments share, in float64. */
final class Numbers {
  private Numbers() {}

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
