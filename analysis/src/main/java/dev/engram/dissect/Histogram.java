package dev.engram.dissect;

import java.util.Arrays;
import java.util.List;

/**
 * How often values of several groups fall into the same bins of equal width.
 *
 * @param edges of the bins, ascending (bins + 1)
 * @param counts of each group (groups, bins)
 */
public record Histogram(double[] edges, int[][] counts) {
  /**
   * @param groups values; together at least one
   * @param bins how many, at least one; the last one holds its upper edge
   * @return bins from the smallest to the largest value of all groups
   */
  public static Histogram of(List<float[]> groups, int bins) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    for (float[] group : groups) {
      for (float x : group) {
        min = Math.min(min, x);
        max = Math.max(max, x);
      }
    }
    if (bins < 1 || !(min <= max)) {
      throw new IllegalArgumentException(
          "a histogram needs a value and a bin, got %d bins from %s to %s"
              .formatted(bins, min, max));
    }
    double width = max > min ? (max - min) / bins : 1; // equal values: all in the first bin
    double start = min;
    double[] edges = new double[bins + 1];
    Arrays.setAll(edges, i -> start + i * width);
    int[][] counts = new int[groups.size()][bins];
    for (int g = 0; g < counts.length; g++) {
      for (float x : groups.get(g)) {
        counts[g][Math.min(bins - 1, (int) ((x - min) / width))]++;
      }
    }
    return new Histogram(edges, counts);
  }

  /** The middle of each bin. */
  public double[] centres() {
    double[] out = new double[edges.length - 1];
    Arrays.setAll(out, i -> (edges[i] + edges[i + 1]) / 2);
    return out;
  }

  /** The share of a group's values in each bin; 0 for a group without values. */
  public double[] shares(int group) {
    double total = Math.max(1, Arrays.stream(counts[group]).sum());
    return Arrays.stream(counts[group]).mapToDouble(c -> c / total).toArray();
  }
}
