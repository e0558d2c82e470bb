package dev.engram.lab;

import dev.engram.attribution.Method;
import dev.engram.attribution.Reading;
import org.jspecify.annotations.Nullable;

/**
 * Asks which neurons bring images closest to a text (Sec. 3.2, Eq. 11 and 12).
 *
 * @param target the images; an entity means the mean over its images
 * @param label the text; null for the images' own
 * @param method what neurons are scored by
 * @param reading of the improvement, for that method
 */
public record Attribute(Target target, @Nullable String label, Method method, Reading reading) {
  /**
   * By the improvement of the alignment, as the paper prints it.
   *
   * @param target the images
   */
  public static Attribute of(Target target) {
    return new Attribute(target, null, Method.IMPROVEMENT, Reading.LITERAL);
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
    return new Attribute(target, text, method, reading);
  }

  /**
   * @param by what neurons are scored by
   */
  public Attribute method(Method by) {
    return new Attribute(target, label, by, reading);
  }

  /**
   * @param of the improvement
   */
  public Attribute reading(Reading of) {
    return new Attribute(target, label, method, of);
  }
}
