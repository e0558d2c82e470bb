package dev.engram.lab;

import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import org.jspecify.annotations.Nullable;

/**
 * Asks which neurons bring images closest to a text (Sec. 3.2, Eq. 11 and 12).
 *
 * @param target the images; an entity means the mean over its images
 * @param label the text; null for the images' own
 * @param by what neurons are scored by
 */
public record Attribute(Target target, @Nullable String label, Score by) {
  /**
   * By the improvement of the alignment, as the paper prints it.
   *
   * @param target the images
   */
  public static Attribute of(Target target) {
    return new Attribute(target, null, Reading.LITERAL);
  }

  /**
   * By the improvement of the alignment, as the paper prints it.
   *
   * @param targets names of entities, images, files or folders
   */
  public static Attribute of(String... targets) {
    return of(Target.of(targets));
  }

  /**
   * @param text that the images are held against; null for their own label
   */
  public Attribute label(@Nullable String text) {
    return new Attribute(target, text, by);
  }

  /**
   * @param score what neurons are scored by: a reading of the improvement, or a baseline
   */
  public Attribute by(Score score) {
    return new Attribute(target, label, score);
  }
}
