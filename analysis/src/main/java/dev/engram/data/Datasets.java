package dev.engram.data;

import dev.engram.EngramException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The way in to images on disk, whatever their layout: ImageNet's validation set, CUB-200-2011,
 * Flowers-102, a list in CSV, folders named by splits, or folders named by what they show. {@code
 * docs/datasets.md} says where each is had and which files belong to it.
 */
public final class Datasets {
  private static final List<Layout> LAYOUTS =
      List.of(
          new CsvLayout(),
          new CubLayout(),
          new FlowersLayout(),
          new ImageNetFoldersLayout(),
          new ImageNetFlatLayout(),
          new SplitFoldersLayout());

  private Datasets() {}

  /**
   * Recognises the layout and reads the names of classes and images; {@link Dataset#layout} says
   * which it is.
   *
   * @param path a folder, or a list in CSV with the columns {@code file}, {@code label} and perhaps
   *     {@code split}; it may go by the other names of these columns, and semicolons or tabs
   * @throws EngramException if it is not there, or lists and files do not fit each other
   */
  public static Dataset open(Path path, DatasetOptions options) {
    Path real = real(path);
    return open(path, real, options).held();
  }

  private static Dataset open(Path path, Path real, DatasetOptions options) {
    Layout layout = layout(real).orElse(null);
    if (options.classes() != null
        && !(layout instanceof ImageNetFoldersLayout)
        && !(layout instanceof ImageNetFlatLayout)) {
      throw new EngramException(
          "%s names its classes itself; a file of class names is for ImageNet's layouts."
              .formatted(path));
    }
    return layout == null ? Dataset.of(ImageSet.read(path)) : layout.read(real, options);
  }

  /**
   * @param path as in {@link #open}, or any folder that {@link ImageSet#read(Path)} takes
   * @param split which images, {@link Dataset#ALL} for all of them; null for those on which
   *     accuracy is reported, see {@link Dataset#heldOut}
   * @return the images as entities
   * @throws EngramException if there is no such folder, split, or nothing in it
   */
  public static ImageSet imageSet(Path path, @Nullable String split) {
    if (split == null && layout(real(path)).isEmpty()) {
      return ImageSet.read(path); // which keeps categories and background images
    }
    return dataset(path, split).imageSet();
  }

  private static Dataset dataset(Path path, @Nullable String split) {
    Dataset dataset = open(path, real(path), new DatasetOptions(false, null, split));
    return split == null ? dataset.heldOut() : dataset.split(split);
  }

  /**
   * As {@link #imageSet}, for more images than should be held.
   *
   * @param sink gets the images, those of entities first
   * @return the set without its images
   */
  public static ImageSet stream(Path path, @Nullable String split, ImageSink sink) {
    if (split == null && layout(real(path)).isEmpty()) {
      return ImageSet.stream(path, sink);
    }
    return dataset(path, split).stream(sink);
  }

  private static Optional<Layout> layout(Path path) {
    return LAYOUTS.stream().filter(l -> l.matches(path)).findFirst();
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException e) {
      throw new EngramException(
          Files.exists(path)
              ? path + " cannot be read: " + e + "."
              : "There is no folder or list " + path.toAbsolutePath() + ".",
          e);
    }
  }
}
