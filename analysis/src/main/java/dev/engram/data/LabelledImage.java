package dev.engram.data;

import java.nio.file.Path;

/**
 * One image file and the text that says what it shows.
 *
 * @param file where it lies
 * @param name its path within the set, with slashes: {@code landmarks/moai/noto__moai.png}
 * @param entity name of its entity; for a background image what it shows; empty if unknown
 * @param category what kind of thing it shows; empty if unknown
 * @param label the text that stands for it; empty if unknown
 * @param split what it was to a training, where a list says it
 */
public record LabelledImage(
    Path file, String name, String entity, String category, String label, Split split) {
  /** An image of which nobody says whether a model was trained on it. */
  public LabelledImage(Path file, String name, String entity, String category, String label) {
    this(file, name, entity, category, label, Split.UNKNOWN);
  }
}
