package dev.engram.atlas;

import java.util.Arrays;

/**
 * The bins of every histogram of an atlas: two an octave of |m| from 2⁻¹⁰ to 2⁶, for each sign, and
 * one around 0. They are fixed, so that histograms of any images can be added and compared.
 */
public final class LogBins {
  private static final int LOWEST = -10;
  private static final int OCTAVES = 16;
  private static final int OF_SIGN = 2 * OCTAVES;

  /** How many there are. */
  public static final int COUNT = 2 * OF_SIGN + 1;

  /** The bits after the point of √2. */
  private static final int HALF = Float.floatToRawIntBits((float) Math.sqrt(2)) & 0x7fffff;

  private LogBins() {}

  /**
   * @param x a coefficient, not NaN; what is beyond the last edge counts in the last bin
   * @return its bin, from 0
   */
  public static int of(float x) {
    int exponent = Math.getExponent(x);
    if (exponent < LOWEST) {
      return OF_SIGN;
    }
    boolean upper = (Float.floatToRawIntBits(x) & 0x7fffff) >= HALF;
    int step =
        exponent >= LOWEST + OCTAVES ? OF_SIGN - 1 : 2 * (exponent - LOWEST) + (upper ? 1 : 0);
    return x > 0 ? OF_SIGN + 1 + step : OF_SIGN - 1 - step;
  }

  /**
   * The edges between the bins, ascending ({@link #COUNT} − 1); the first bin has no lower and the
   * last no upper edge.
   */
  public static double[] edges() {
    double[] edges = new double[COUNT - 1];
    Arrays.setAll(
        edges,
        i -> {
          int step = i < OF_SIGN ? OF_SIGN - 1 - i : i - OF_SIGN;
          double edge = (float) (Math.scalb(step % 2 == 0 ? 1 : Math.sqrt(2), LOWEST + step / 2));
          return i < OF_SIGN ? -edge : edge;
        });
    return edges;
  }
}
