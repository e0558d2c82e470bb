package dev.engram.data;

import dev.engram.EngramException;
import java.util.List;

/** Templates of prompts: texts in which <code>{}</code> (or {@code {name}}) stands for a class. */
public final class Templates {
  /** What CLIP is asked where nobody says otherwise. */
  public static final String PHOTO = "a photo of a {}.";

  /** What CLIP is asked of birds. */
  static final String BIRD = "a photo of a {}, a type of bird.";

  /** What CLIP is asked of flowers. */
  static final String FLOWER = "a photo of a {}, a type of flower.";

  private Templates() {}

  /** The 80 templates that CLIP averages over for ImageNet. */
  public static List<String> imageNet() {
    return Resource.lines("imagenet-templates.txt");
  }

  /**
   * @param name of a class, as people write it
   * @throws EngramException if the template has no place for a name
   */
  public static String fill(String template, String name) {
    if (!template.contains("{}") && !template.contains("{name}")) {
      throw new EngramException(
          "A template needs {} where the name of a class stands, as in \"%s\"; got \"%s\"."
              .formatted(PHOTO, template));
    }
    return template.replace("{}", name).replace("{name}", name);
  }
}
