package dev.engram.experiment;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * A 95 % confidence interval, with what it is over: images of one entity are no independent
 * evidence, so most intervals are over entities or classes. {@link Sample#interval} makes them.
 *
 * @param low its lower end; NaN where there is none
 * @param high its upper end; NaN where there is none
 * @param kind how it was made
 * @param units how many were drawn, or would have been
 * @param unit what they are, in the plural
 */
public record Interval(double low, double high, Kind kind, int units, String unit) {
  /** The confidence level. */
  public static final double LEVEL = 0.95;

  /** How an interval is made. */
  public enum Kind {
    /** There is none: nothing to draw from, or a number that somebody else reports. */
    NONE("no interval"),
    /** Percentiles of the means of units drawn with replacement, seeded. */
    BOOTSTRAP("bootstrap"),
    /** The standard error of units, and Student's t: for few of them. */
    STUDENT_T("Student's t"),
    /** Wilson's score interval of a share: at 0 and 100 %, and of single images. */
    WILSON("Wilson");

    private final String title;

    Kind(String title) {
      this.title = title;
    }

    /** As it is written beside a number. */
    @Override
    public String toString() {
      return title;
    }
  }

  /** None at all, for a number that somebody else reports. */
  static final Interval REPORTED = new Interval(Double.NaN, Double.NaN, Kind.NONE, 0, "");

  /** Whether there is one. */
  public boolean exists() {
    return kind != Kind.NONE;
  }

  /** Half of its width; NaN where there is none. */
  public double halfWidth() {
    return (high - low) / 2;
  }

  /**
   * Whether it lies on one side of 0, so that a difference can be told; false where there is no
   * interval.
   */
  public boolean excludesZero() {
    return low > 0 || high < 0;
  }

  /** What it is: {@code 95 %, bootstrap over 60 entities}. */
  public String about() {
    return exists()
        ? String.format(Locale.ROOT, "95 %%, %s over %,d %s", kind, units, unit)
        : kind.toString();
  }

  /**
   * @param estimates some of which may have no interval
   * @return what their intervals are, each kind once, joined by semicolons; "" without any
   */
  public static String about(Collection<Estimate> estimates) {
    return estimates.stream()
        .map(Estimate::interval)
        .filter(Interval::exists)
        .map(Interval::about)
        .distinct()
        .collect(Collectors.joining("; "));
  }

  /**
   * What {@link #about(Collection)} says, for provenance, where nothing is a word: {@code none}.
   */
  static String named(Collection<Estimate> estimates) {
    String about = about(estimates);
    return about.isEmpty() ? "none" : about;
  }
}
