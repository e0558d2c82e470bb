package dev.engram.experiment;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * A sentence of the paper, and the number by which it is judged: it holds where the 95 % interval
 * of the number lies on the right side of a border, and cannot be said where the border is within.
 *
 * @param experiment whose result has the number
 * @param where the sentence stands
 * @param sentence the paper's, shortened
 * @param measure what is computed, a phrase
 * @param of the number in a result; empty where the result does not have it
 * @param side on which side of the border the number shall lie
 * @param border in the unit of the number
 * @param paper the same number by the paper's table; empty where it is in a figure alone
 * @param <R> what the experiment returns
 */
public record Finding<R>(
    Experiment<R> experiment,
    String where,
    String sentence,
    String measure,
    Function<R, Optional<Estimate>> of,
    Side side,
    double border,
    OptionalDouble paper) {
  /** Where a number shall lie. */
  public enum Side {
    /** Above the border. */
    ABOVE("above"),
    /** Below the border. */
    BELOW("below");

    private final String title;

    Side(String title) {
      this.title = title;
    }

    /** As in a sentence. */
    @Override
    public String toString() {
      return title;
    }
  }

  /**
   * What a result says of a finding.
   *
   * @param finding the paper's
   * @param ours the number; empty where the result does not have it
   * @param verdict what it says
   */
  public record Judged(Finding<?> finding, Optional<Estimate> ours, Verdict verdict) {}

  /** How the sentence is judged: {@code share of the neurons that rise, above 0.5}. */
  public String test() {
    String number =
        border == Math.rint(border) ? Long.toString((long) border) : Double.toString(border);
    return measure + ", " + side + " " + number;
  }

  /**
   * @param result of the experiment
   * @return what it says of this finding
   */
  public Judged judge(R result) {
    Optional<Estimate> ours = of.apply(result);
    return new Judged(
        this, ours, ours.map(e -> verdict(e.interval())).orElse(Verdict.CANNOT_BE_SAID));
  }

  private Verdict verdict(Interval interval) {
    boolean above = interval.low() > border; // NaN is neither
    boolean below = interval.high() < border;
    if (!above && !below) {
      return Verdict.CANNOT_BE_SAID;
    }
    return above == (side == Side.ABOVE) ? Verdict.HOLDS : Verdict.DOES_NOT_HOLD;
  }
}
