package dev.engram.atlas;

import java.io.IOException;

/** Takes what is kept of each image. */
@FunctionalInterface
interface RowSink {
  /**
   * @param image its number
   */
  void write(int image, ImageRows.Row row) throws IOException;

  /** What was written is on the disk afterwards. */
  default void force() throws IOException {}
}
