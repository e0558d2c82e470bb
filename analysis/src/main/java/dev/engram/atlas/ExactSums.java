package dev.engram.atlas;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Sums that do not depend on the order of what is added, one for each neuron. A value is cut to a
 * multiple of 2⁻⁶⁴ and added as an integer of 128 bits, so any split of the images gives the same
 * sum to the bit.
 */
final class ExactSums {
  /** Bits after the point. */
  private static final int FRACTION = 64;

  /** Beyond it 8 million values could overflow a sum; no model has such coefficients. */
  private static final double LIMIT = 0x1p40;

  private static final BigDecimal UNIT = new BigDecimal(BigInteger.ONE.shiftLeft(FRACTION));

  private final long[] high;
  private final long[] low;

  ExactSums(int count) {
    high = new long[count];
    low = new long[count];
  }

  /**
   * @param i which sum, from 0
   * @param x finite, of less than 2⁴⁰; what is below 2⁻⁶⁴ is cut off, towards 0
   */
  void add(int i, double x) {
    if (!(Math.abs(x) < LIMIT)) {
      throw new ArithmeticException("a value of " + x + " cannot be summed");
    }
    long bits = Double.doubleToRawLongBits(x);
    int exponent = (int) (bits >> 52) & 0x7ff;
    long mantissa = (bits & (1L << 52) - 1) | (exponent == 0 ? 0 : 1L << 52);
    int shift = Math.max(1, exponent) - 1075 + FRACTION;
    long h = 0;
    long l = 0;
    if (shift >= 64) {
      h = mantissa << shift - 64;
    } else if (shift > 0) {
      h = mantissa >>> 64 - shift;
      l = mantissa << shift;
    } else if (shift > -64) {
      l = mantissa >>> -shift;
    }
    if (bits < 0) {
      l = -l;
      h = ~h + (l == 0 ? 1 : 0);
    }
    add(i, h, l);
  }

  private void add(int i, long h, long l) {
    long sum = low[i] + l;
    high[i] += h + (Long.compareUnsigned(sum, l) < 0 ? 1 : 0);
    low[i] = sum;
  }

  /** Adds the sums of other images. */
  void add(ExactSums other) {
    for (int i = 0; i < high.length; i++) {
      add(i, other.high[i], other.low[i]);
    }
  }

  /** The sum times 2⁶⁴. */
  private BigInteger scaled(int i) {
    BigInteger below = BigInteger.valueOf(low[i]);
    return BigInteger.valueOf(high[i])
        .shiftLeft(FRACTION)
        .add(low[i] < 0 ? below.add(BigInteger.ONE.shiftLeft(FRACTION)) : below);
  }

  /**
   * @param n how many values were added
   * @return their mean; NaN for none
   */
  double mean(int i, long n) {
    return n == 0
        ? Double.NaN
        : new BigDecimal(scaled(i))
            .divide(UNIT.multiply(BigDecimal.valueOf(n)), MathContext.DECIMAL128)
            .doubleValue();
  }

  /**
   * The deviation of values from their mean, of the sums of the values and of their squares.
   *
   * @param n how many values were added
   * @return √(Σx²/n − (Σx/n)²); NaN for none
   */
  static double deviation(ExactSums sums, ExactSums squares, int i, long n) {
    if (n == 0) {
      return Double.NaN;
    }
    BigInteger sum = sums.scaled(i);
    BigInteger numerator =
        squares.scaled(i).shiftLeft(FRACTION).multiply(BigInteger.valueOf(n)).subtract(sum.pow(2));
    double variance =
        new BigDecimal(numerator.max(BigInteger.ZERO)) // squares were cut
            .divide(UNIT.multiply(BigDecimal.valueOf(n)).pow(2), MathContext.DECIMAL128)
            .doubleValue();
    return Math.sqrt(variance);
  }

  void write(DataOutput out) throws IOException {
    for (int i = 0; i < high.length; i++) {
      out.writeLong(high[i]);
      out.writeLong(low[i]);
    }
  }

  void read(DataInput in) throws IOException {
    for (int i = 0; i < high.length; i++) {
      high[i] = in.readLong();
      low[i] = in.readLong();
    }
  }
}
