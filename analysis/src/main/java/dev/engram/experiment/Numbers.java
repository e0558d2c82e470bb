package dev.engram.experiment;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Arithmetic that the experiments share, in float64. */
public final class Numbers {
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

  /**
   * Spearman's rank correlation: Pearson's of the ranks, equal values sharing the mean rank.
   *
   * @param a values
   * @param b as many
   * @return −1 to 1; NaN if one side is constant
   */
  public static double rankCorrelation(double[] a, double[] b) {
    return correlation(ranks(a), ranks(b));
  }

  /**
   * Pearson's correlation.
   *
   * @param a values
   * @param b as many
   * @return −1 to 1; NaN if one side is constant
   */
  public static double correlation(double[] a, double[] b) {
    double meanA = Arrays.stream(a).average().orElse(Double.NaN);
    double meanB = Arrays.stream(b).average().orElse(Double.NaN);
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (a[i] - meanA) * (b[i] - meanB);
      aa += (a[i] - meanA) * (a[i] - meanA);
      bb += (b[i] - meanB) * (b[i] - meanB);
    }
    return ab / Math.sqrt(aa * bb);
  }

  private static double[] ranks(double[] values) {
    int[] order = descending(values);
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int r = from; r < to; r++) {
        ranks[order[r]] = -(from + to - 1) / 2.0;
      }
      from = to;
    }
    return ranks;
  }

  /** Indices of the largest values, at most so many. */
  public static Set<Integer> largest(double[] values, int count) {
    return Arrays.stream(descending(values))
        .limit(count)
        .boxed()
        .collect(Collectors.toCollection(HashSet::new));
  }

  /** Indices by value; equal values keep their order. */
  private static int[] descending(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -values[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
