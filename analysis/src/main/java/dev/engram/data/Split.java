package dev.engram.data;

import java.util.Locale;

/**
 * What an image was to the training of a model that a list of images goes with, as its column
 * {@code split} says. A number on images that a model was trained on is too good.
 */
public enum Split {
  /** It was trained on. */
  TRAIN("train"),
  /** It was kept back. */
  HELD_OUT("heldout"),
  /** Nobody says. */
  UNKNOWN("");

  private final String name;

  Split(String name) {
    this.name = name;
  }

  /**
   * @param written as a list says it: {@code train}, {@code test}, {@code held-out}
   * @return {@link #UNKNOWN} for a name of one's own
   */
  public static Split of(String written) {
    String key = written.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]", "");
    return key.equals(HELD_OUT.name)
        ? HELD_OUT
        : SplitRole.of(key).map(role -> role == SplitRole.TRAIN ? TRAIN : HELD_OUT).orElse(UNKNOWN);
  }

  /** As a list says it; "" for {@link #UNKNOWN}. */
  @Override
  public String toString() {
    return name;
  }
}
