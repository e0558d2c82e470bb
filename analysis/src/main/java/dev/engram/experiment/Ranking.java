package dev.engram.experiment;

import dev.engram.attribution.Method;
import dev.engram.attribution.Reading;
import java.util.Locale;

/**
 * The orders in which an experiment can rank neurons: the paper's improvement in each {@link
 * Reading}, and the baselines of Table 1.
 */
public enum Ranking {
  /** Eq. 11 and 12 as printed; the paper's method as this library reads it. */
  LITERAL(Method.IMPROVEMENT, Reading.LITERAL),
  /** As printed, LN_post a part of P. */
  LITERAL_POST(Method.IMPROVEMENT, Reading.LITERAL_POST),
  /** The prose of A.1. */
  LENS(Method.IMPROVEMENT, Reading.LENS),
  /** The prose of A.1, statistics of x for both arguments. */
  FROZEN(Method.IMPROVEMENT, Reading.FROZEN),
  /** The exact share of the final cosine; ours. */
  DIRECT(Method.IMPROVEMENT, Reading.DIRECT),
  /** The coefficient m. */
  ACTIVATION(Method.ACTIVATION, Reading.LITERAL),
  /** d cos / d m. */
  GRADIENT(Method.GRADIENT, Reading.LITERAL),
  /** m · d cos / d m. */
  COMBINED(Method.COMBINED, Reading.LITERAL);

  private final Method method;
  private final Reading reading;

  Ranking(Method method, Reading reading) {
    this.method = method;
    this.reading = reading;
  }

  /**
   * @return what scores the neurons
   */
  public Method method() {
    return method;
  }

  /**
   * @return how the layer norms are read; matters for the improvement alone
   */
  public Reading reading() {
    return reading;
  }

  /**
   * @return the name as it is typed
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
