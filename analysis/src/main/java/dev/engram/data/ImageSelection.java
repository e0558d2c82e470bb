package dev.engram.data;

import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Images that are looked at together: one image, all images of an entity, or those of a folder. It
 * knows how a caption calls them and, where they have one in common, the text that stands for them.
 *
 * @param title for captions
 * @param images in a stable order
 * @param label the text that belongs to all of them, "" if none is known
 */
public record ImageSelection(String title, List<LabelledImage> images, String label) {
  /** Keeps a copy. */
  public ImageSelection {
    images = List.copyOf(images);
  }

  /** All images of an entity, under its caption. */
  public static ImageSelection of(Entity entity) {
    return new ImageSelection(entity.title(), entity.images(), entity.label());
  }

  /** The images' files, in their order. */
  public List<Path> files() {
    return images.stream().map(LabelledImage::file).toList();
  }

  /** Whether it has no image. */
  public boolean isEmpty() {
    return images.isEmpty();
  }

  /**
   * @param given a text that takes the place of their own label; null for their own
   * @return the text that the images are held against
   * @throws EngramException if there is neither
   */
  public String text(@Nullable String given) {
    if (given == null && label.isEmpty()) {
      throw new EngramException(
          "The image "
              + title
              + " belongs to no entity, so it has no label; give one with --label TEXT.");
    }
    return given == null ? label : given;
  }

  /**
   * @param from first image, from 0
   * @param to after the last one
   * @return a part of it, under no label
   */
  public ImageSelection part(int from, int to) {
    return new ImageSelection(title, images.subList(from, to), "");
  }

  /**
   * @param most how many images
   * @return at most so many, evenly spread over all; itself where there are no more
   */
  public ImageSelection spread(int most) {
    int n = images.size();
    return n <= most
        ? this
        : new ImageSelection(
            String.format(java.util.Locale.ROOT, "%s (%,d of %,d)", title, most, n),
            Spread.of(images, most),
            "");
  }

  /** The images of several selections, each once. */
  public static Set<LabelledImage> union(List<ImageSelection> selections) {
    Set<LabelledImage> all = new HashSet<>();
    selections.forEach(s -> all.addAll(s.images));
    return all;
  }
}
