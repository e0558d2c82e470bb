package dev.engram.experiment;

/** What a computed number says of a sentence of the paper. */
public enum Verdict {
  /** The whole interval lies where the sentence puts it. */
  HOLDS("holds"),
  /** The whole interval lies elsewhere. */
  DOES_NOT_HOLD("does not hold"),
  /** The border is within the interval, or there is no interval. */
  CANNOT_BE_SAID("cannot be said");

  private final String title;

  Verdict(String title) {
    this.title = title;
  }

  /** As it is written beside a number. */
  @Override
  public String toString() {
    return title;
  }
}
