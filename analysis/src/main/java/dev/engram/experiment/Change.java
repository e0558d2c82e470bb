package dev.engram.experiment;

/**
 * A setting that is another one than the standard.
 *
 * @param name of the setting
 * @param text its value
 * @param standard the value that it usually has
 */
public record Change(String name, String text, String standard) {
  /** {@code steps 200 (standard: 400)}. */
  @Override
  public String toString() {
    return "%s %s (standard: %s)".formatted(name, text, standard);
  }
}
