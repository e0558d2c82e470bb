package dev.engram.experiment;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * How a score falls with the rank: the mean of many curves, not yet divided by its first value, and
 * the curves in the groups in which they were drawn.
 *
 * @param values mean by rank, descending
 * @param unit what was drawn
 * @param curves by rank, of each unit drawn
 */
public record Decay(double[] values, Sample.Unit unit, List<List<double[]>> curves) {
  /**
   * @param keys the unit of each curve
   * @param curves by rank, all of one length
   */
  static Decay of(Sample.Unit unit, List<String> keys, List<double[]> curves) {
    Map<String, List<double[]>> groups = new LinkedHashMap<>();
    for (int i = 0; i < curves.size(); i++) {
      groups.computeIfAbsent(keys.get(i), k -> new ArrayList<>()).add(curves.get(i));
    }
    return new Decay(Numbers.mean(curves), unit, List.copyOf(groups.values()));
  }

  /** Every value over the first. */
  public double[] normalised() {
    return Arrays.stream(values).map(v -> v / values[0]).toArray();
  }

  /**
   * Every value over the first, as estimates. A ratio of two means is linear in the curves to first
   * order (the delta method): its interval is that of y + (v − y f) / F over the curves, where y is
   * the ratio, v and f are a curve's value and first value, and F is the mean of f.
   *
   * @return by rank; the first is 1 by definition and has no interval
   */
  public List<Estimate> estimates() {
    double[] ratios = normalised();
    return IntStream.range(0, values.length)
        .mapToObj(r -> Estimate.of(Sample.of(unit, linear(r, ratios[r]))))
        .toList();
  }

  private List<double[]> linear(int rank, double ratio) {
    return curves.stream()
        .map(
            own ->
                own.stream()
                    .mapToDouble(c -> ratio + (c[rank] - ratio * c[0]) / values[0])
                    .toArray())
        .toList();
  }

  /**
   * The first rank, from 1, at which less than half of the first value is left; one more than there
   * are ranks if there is none.
   */
  public int halfRank() {
    return 1
        + IntStream.range(0, values.length)
            .filter(r -> values[r] < values[0] / 2)
            .findFirst()
            .orElse(values.length);
  }
}
