package dev.engram;

import java.util.Locale;

/**
 * Writes numbers with the digits that mean something: none below the noise of the quantity, and no
 * more than four significant ones. Noise is the size of the error of a number, such as what is left
 * of float32 after a forward pass.
 */
public final class Digits {
  /** Noise of a cosine, or of a difference of cosines, of a tower that computes in float32. */
  public static final double COSINE = 5e-7;

  private static final int SIGNIFICANT = 4;

  private Digits() {}

  /**
   * The value with at most four significant digits and none below {@link #COSINE}: 0.0422, 7.2e-05,
   * 0.
   */
  public static String of(double value) {
    return of(value, COSINE);
  }

  /**
   * @param noise of the value, above 0
   * @return the value with at most four significant digits and none below the noise; never −0
   */
  public static String of(double value, double noise) {
    if (!Double.isFinite(value)) {
      return String.valueOf(value);
    }
    double size = Math.abs(value);
    int decimals = decimals(noise);
    if (size < Math.pow(10, -decimals) / 2) {
      return "0";
    }
    int first = (int) Math.floor(Math.log10(size)); // the place of the first digit
    if (size < 1e-4 || size >= 1e7) {
      int mantissa = Math.max(0, Math.min(SIGNIFICANT - 1, first + decimals));
      return String.format(Locale.ROOT, "%." + mantissa + "e", value);
    }
    return fixed(value, Math.min(decimals, Math.max(1, SIGNIFICANT - first - 1)));
  }

  /**
   * @param decimals after the point
   * @return the value with a sign and so many decimals; without a sign where all of them are 0
   */
  public static String signed(double value, int decimals) {
    String written = fixed(value, decimals);
    return value > 0 && !written.matches("0(\\.0*)?") ? "+" + written : written;
  }

  /**
   * @param decimals after the point
   * @return the value with so many; −0.000 is written 0.000
   */
  public static String fixed(double value, int decimals) {
    String written = String.format(Locale.ROOT, "%." + decimals + "f", value);
    return written.matches("-0(\\.0*)?") ? written.substring(1) : written;
  }

  /**
   * @param halfWidth of an interval
   * @return how many decimals show two digits of it, and none below {@link #COSINE}
   */
  public static int decimalsFor(double halfWidth) {
    return halfWidth > 0 && Double.isFinite(halfWidth)
        ? Math.max(0, Math.min(decimals(COSINE), 1 - (int) Math.floor(Math.log10(halfWidth))))
        : SIGNIFICANT;
  }

  /** The last place that is not below the noise. */
  private static int decimals(double noise) {
    return Math.max(0, (int) Math.floor(-Math.log10(noise)));
  }
}
