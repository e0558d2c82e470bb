package dev.engram.experiment;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/**
 * A mean with its 95 % confidence interval, by the normal approximation: 1.96 standard errors to
 * either side. What is sampled is said where it is used; images of one entity count as independent.
 *
 * @param mean of the sample
 * @param halfWidth of the interval; NaN for fewer than two values
 * @param count values in the sample
 */
public record Estimate(double mean, double halfWidth, int count) {
  private static final double Z = 1.96;

  /**
   * @param values the sample
   */
  public static Estimate of(double... values) {
    // of equal values the sum would leave rounding behind
    boolean equal = Arrays.stream(values).distinct().count() == 1;
    double mean = equal ? values[0] : Arrays.stream(values).average().orElse(Double.NaN);
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    int n = values.length;
    return new Estimate(mean, n < 2 ? Double.NaN : Z * Math.sqrt(squares / (n - 1.0) / n), n);
  }

  /**
   * @param values the sample
   */
  public static Estimate of(Collection<Double> values) {
    return of(values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.4f ± %.4f (n = %d)", mean, halfWidth, count);
  }
}
