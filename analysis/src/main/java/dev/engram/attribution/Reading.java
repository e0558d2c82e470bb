package dev.engram.attribution;

import java.util.Locale;
import java.util.function.Function;

/**
 * How the layer norms in the alignment improvement (Eq. 11, 12) are read, where the paper can be
 * understood in more than one way. x is the residual stream that the block reads, w the value
 * vector, m its coefficient, P the projection, t the text; docs/readings.md compares them.
 */
public enum Reading implements Score {
  /** As printed: cos(P(LN_in(x) + m w), t) − cos(P LN_in(x), t), P the projection alone. */
  LITERAL("as printed in Eq. 11 and 12"),
  /**
   * As printed, with LN_post a part of P: y = LN_in(x); cos(P LN_post(y + m w), t) − cos(P
   * LN_post(y), t).
   */
  LITERAL_POST("as printed, LN_post a part of P"),
  /**
   * The prose of A.1: cos(P LN_post(x + m w), t) − cos(P LN_post(x), t), statistics of each
   * argument.
   */
  LENS("the prose of A.1"),
  /** As lens, with the variance of x for both arguments. */
  FROZEN("the prose of A.1, statistics of x for both"),
  /** Not in the paper: the exact share of the neuron in the final cosine, statistics of h[L]. */
  DIRECT("exact share of the final cosine; Engram's, not in the paper");

  private final String title;

  Reading(String title) {
    this.title = title;
  }

  /** A phrase for tables and captions. */
  public String title() {
    return title;
  }

  /** The name as it is typed: {@code literal}, {@code literal_post}, …. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public <T> T match(Function<Reading, T> improvement, Function<Baseline, T> baseline) {
    return improvement.apply(this);
  }

  @Override
  public boolean isOfClassToken() {
    return switch (this) {
      case LITERAL, LITERAL_POST, LENS, FROZEN -> true;
      case DIRECT -> false;
    };
  }
}
