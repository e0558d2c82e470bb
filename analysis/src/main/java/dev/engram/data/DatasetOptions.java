package dev.engram.data;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How a data set is opened.
 *
 * @param skipUnreadable whether images that are missing, listed twice or of an unknown class are
 *     left out and counted; otherwise they are refused
 * @param classes names of the classes of ImageNet-style folders, in the place of those that Engram
 *     knows: lines {@code n01440764 tench, Tinca tinca}, or {@code imagenet_class_index.json}
 * @param split which images will be asked for, null for those on which accuracy is reported; only
 *     ImageNet's million training images are not listed where nobody asks for them
 */
public record DatasetOptions(
    boolean skipUnreadable, @Nullable Path classes, @Nullable String split) {
  /** Images on which accuracy is reported. */
  public DatasetOptions(boolean skipUnreadable, @Nullable Path classes) {
    this(skipUnreadable, classes, null);
  }

  /** Everything has to be there, names as Engram knows them. */
  public static DatasetOptions standard() {
    return new DatasetOptions(false, null);
  }
}
