package dev.engram.data;

import java.nio.file.Path;

/** One way in which people have a data set on disk. */
interface Layout {
  /** Which one it is. */
  DatasetLayout layout();

  /** Whether this is such a data set, by the names of a few files. */
  boolean matches(Path path);

  /** Reads names and classes; opens no image. */
  Dataset read(Path path, DatasetOptions options);
}
