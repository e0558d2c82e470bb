package dev.engram.lab;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks where a token of an image attends to, in every head.
 *
 * @param target one image; of several the first is taken
 * @param layers from 0; empty for the last one
 * @param head from 0; null for all
 * @param patch the token that attends; null for the class token
 */
public record Attend(
    Target target, List<Integer> layers, @Nullable Integer head, @Nullable Cell patch) {
  /** Keeps a copy. */
  public Attend {
    layers = List.copyOf(layers);
  }

  /**
   * The class token in all heads of the last layer.
   *
   * @param image name of an image, an entity or a file
   */
  public static Attend of(String image) {
    return new Attend(Target.of(image), List.of(), null, null);
  }

  /**
   * @param which from 0; empty for the last one
   */
  public Attend layers(List<Integer> which) {
    return new Attend(target, which, head, patch);
  }

  /**
   * @param which from 0; null for all
   */
  public Attend head(@Nullable Integer which) {
    return new Attend(target, layers, which, patch);
  }

  /**
   * @param token the one that attends; null for the class token
   */
  public Attend patch(@Nullable Cell token) {
    return new Attend(target, layers, head, token);
  }
}
