package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.ImageSet;
import dev.engram.data.UserPath;
import dev.engram.iconclip.Iconclip;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a user may call images: the embedded set, a folder, a list, or a data set. */
final class ImageNames {
  /** The name of the embedded default set. */
  static final String VISENT_MINI = "visent-mini";

  private ImageNames() {}

  /**
   * @param name {@value #VISENT_MINI}, a folder or a list
   * @param split of a data set that has splits, see {@link Datasets#imageSet}
   * @return an image set, not yet that of the session
   */
  static ImageSet read(String name, @Nullable String split) {
    if (!name.equals(VISENT_MINI)) {
      return Datasets.imageSet(UserPath.of(name), split);
    }
    if (split != null) {
      ImageSet part = Datasets.imageSet(Iconclip.entities(), split);
      return part.named(part.name().replaceFirst("^entities", VISENT_MINI)); // as its folder is
    }
    return ImageSet.read(Iconclip.entities())
        .named(VISENT_MINI)
        .withBackground(ImageSet.read(Iconclip.background()));
  }

  /**
   * Images with classes as they lie there.
   *
   * @param name {@value #VISENT_MINI}, a folder or a list; null for the entities of the open images
   * @param open the open images
   */
  static Dataset dataset(@Nullable String name, Supplier<ImageSet> open) {
    return dataset(name, false, null, null, open);
  }

  /**
   * Images with classes, on which accuracy is measured.
   *
   * @param name {@value #VISENT_MINI}, a folder or a list; null for the entities of the open images
   * @param classes names of classes, for ImageNet's folders
   * @param split what will be asked for, see {@link DatasetOptions}
   * @param open the open images
   */
  static Dataset dataset(
      @Nullable String name,
      boolean skipUnreadable,
      @Nullable Path classes,
      @Nullable String split,
      Supplier<ImageSet> open) {
    if (name != null && !name.equals(VISENT_MINI)) {
      return Datasets.open(
          UserPath.of(name),
          new DatasetOptions(
              skipUnreadable, classes == null ? null : UserPath.home(classes), split));
    }
    if (classes != null) {
      throw new EngramException("A file of class names is for ImageNet's folders; leave it out.");
    }
    return Dataset.of(name == null ? open.get() : read(name, null));
  }
}
