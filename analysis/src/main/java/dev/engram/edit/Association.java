package dev.engram.edit;

import dev.engram.EngramException;
import java.util.List;

/**
 * What is to be taught (Sec. 4.4, A.7): images of a thing that the model does not recognise, and
 * guides that it does, as the same images with the name written on them. The block's input for the
 * images is to give its output for the guides.
 *
 * @param name the thing's name
 * @param source where the images and guides come from, for provenance
 * @param images as the processor makes them, each (3, S, S); at least one
 * @param guides likewise; at least one
 */
public record Association(String name, String source, List<float[]> images, List<float[]> guides) {
  /** Refuses what is empty. */
  public Association {
    if (images.isEmpty() || guides.isEmpty()) {
      throw new EngramException(
          "Teaching '%s' needs images and guides, got %d and %d."
              .formatted(name, images.size(), guides.size()));
    }
  }
}
