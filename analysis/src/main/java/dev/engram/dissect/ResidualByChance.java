package dev.engram.dissect;

import java.util.Arrays;

/**
 * What a dictionary leaves unsaid of random vectors: the baseline of a neuron's residual. The
 * vectors are drawn in the residual stream, normally distributed, and take the way of a value
 * vector: linear part of LN_post, projection, unit length, OMP (A.1, Sec. 3.3).
 *
 * @param vectors how many were drawn
 * @param mean of their residuals, 0 to 1
 * @param low their 5 % quantile: of 100 random vectors five leave less unsaid
 */
public record ResidualByChance(int vectors, double mean, double low) {
  /** Vectors that an exploration and the page of a neuron draw. */
  public static final int VECTORS = 100;

  private static final double QUANTILE = 0.05;

  static ResidualByChance of(double[] residuals) {
    double[] sorted = residuals.clone();
    Arrays.sort(sorted);
    return new ResidualByChance(
        sorted.length,
        Arrays.stream(sorted).average().orElse(Double.NaN),
        sorted[(int) (QUANTILE * sorted.length)]);
  }

  /**
   * Whether words say more of a neuron than words say of a random vector.
   *
   * @param said of a neuron
   */
  public boolean isBeatenBy(Interpretation said) {
    return isBeatenBy(said.residual());
  }

  /**
   * Whether it leaves less unsaid than nearly all random vectors.
   *
   * @param residual of words, 0 to 1
   */
  public boolean isBeatenBy(double residual) {
    return residual < low;
  }
}
