package dev.engram.data;

import java.util.List;

/**
 * Something with a name and several images, such as a landmark or a person. A number for an entity
 * is, as in the paper, the mean over its images.
 *
 * @param name the folder's name, unique within its set: {@code statue_of_liberty}
 * @param title the name as people write it: {@code Statue of Liberty}
 * @param category what kind of thing it is; empty where the folders do not say
 * @param label the text that stands for it: {@code a picture of Statue of Liberty}
 * @param images at least one, in a stable order
 */
public record Entity(
    String name, String title, String category, String label, List<LabelledImage> images) {
  /** Keeps a copy of the list. */
  public Entity {
    images = List.copyOf(images);
  }

  /** An entity whose title is its folder's name with spaces. */
  public Entity(String name, String category, String label, List<LabelledImage> images) {
    this(name, ImageSet.words(name), category, label, images);
  }
}
