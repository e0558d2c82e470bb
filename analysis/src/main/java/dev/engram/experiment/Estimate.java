package dev.engram.experiment;

import dev.engram.Digits;
import java.util.Collection;
import java.util.List;

/**
 * A mean with its 95 % confidence interval, which says what it is over, and the values behind it,
 * so that two of them on the same images can be compared: {@code direct.minus(literal)}.
 *
 * @param mean of all values
 * @param interval of the mean; may be none
 * @param sample the values; empty for a number that somebody else reports
 */
public record Estimate(double mean, Interval interval, Sample sample) {
  /**
   * @param sample values in the groups in which they were drawn
   */
  public static Estimate of(Sample sample) {
    return new Estimate(sample.mean(), sample.interval(), sample);
  }

  /**
   * @param values one of each unit
   */
  public static Estimate each(Sample.Unit unit, Collection<Double> values) {
    return of(Sample.each(unit, values));
  }

  /**
   * @param mean that somebody else reports, without an interval
   */
  public static Estimate reported(double mean) {
    return new Estimate(mean, Interval.REPORTED, Sample.of(Sample.Unit.IMAGE, List.of()));
  }

  /** Half the width of the interval; NaN where there is none. */
  public double halfWidth() {
    return interval.halfWidth();
  }

  /** Values in the sample; 0 for a reported number. */
  public int count() {
    return sample.count();
  }

  /**
   * The paired difference.
   *
   * @param other of the same images in the same groups
   * @return this minus the other, with the interval of the differences
   * @throws dev.engram.EngramException if the two are of other images
   */
  public Estimate minus(Estimate other) {
    return of(sample.minus(other.sample));
  }

  /**
   * The mean and half the width of its interval, as far as the interval allows digits: {@code
   * 0.0376 ± 0.0025}.
   */
  public String plusMinus() {
    int decimals = Digits.decimalsFor(halfWidth());
    String written = Digits.fixed(mean, decimals);
    return interval.exists() ? written + " ± " + Digits.fixed(halfWidth(), decimals) : written;
  }

  /** With what the interval is over. */
  @Override
  public String toString() {
    return "%s (%s)".formatted(plusMinus(), interval.about());
  }
}
