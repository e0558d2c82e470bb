package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.trace.Feature;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks for linked pages of features: with images, those that bring these closest to their label;
 * with features alone, these, and the best of the entity that the first one improves most.
 *
 * @param images what is looked at; null for that entity
 * @param features that are there in any case, first
 * @param label the text that the images are held against; null for their own
 * @param top how many features in all, from 1; all of {@code features} if these are more
 * @param words the dictionary; null for the model's own
 */
public record ExploreFeatures(
    @Nullable Target images,
    List<Feature> features,
    @Nullable String label,
    int top,
    @Nullable Vocabulary words) {
  /** Refuses what cannot be explored. */
  public ExploreFeatures {
    features = List.copyOf(features);
    if (top < 1) {
      throw new EngramException(
          "An exploration takes a number of features from 1; got " + top + ".");
    }
    if (images == null && features.isEmpty()) {
      throw new EngramException(
          "An exploration of features needs an entity, images or features; name some.");
    }
    if (label != null && images == null) {
      throw new EngramException(
          "The label \"%s\" needs images that are held against it; name some.".formatted(label));
    }
  }

  /** The best features of an entity or of an image. */
  public static ExploreFeatures of(Target images) {
    return new ExploreFeatures(images, List.of(), null, Explore.TOP, null);
  }

  /** Features, and the best of the entity that the first one improves most. */
  public static ExploreFeatures of(Feature... features) {
    return new ExploreFeatures(null, List.of(features), null, Explore.TOP, null);
  }

  /**
   * Fewer or more of them.
   *
   * @param count from 1
   */
  public ExploreFeatures top(int count) {
    return new ExploreFeatures(images, features, label, count, words);
  }
}
