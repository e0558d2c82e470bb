package dev.engram.data;

import java.util.Locale;
import java.util.Set;

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

  private static final Set<String> KEPT_BACK =
      Set.of("heldout", "test", "val", "valid", "validation", "dev", "eval");

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
    return key.equals("train") || key.equals("training")
        ? TRAIN
        : KEPT_BACK.contains(key) ? HELD_OUT : UNKNOWN;
  }

  /** As a list says it; "" for {@link #UNKNOWN}. */
  @Override
  public String toString() {
    return name;
  }
}
