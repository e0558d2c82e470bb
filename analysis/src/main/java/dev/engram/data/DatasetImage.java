package dev.engram.data;

import static dev.engram.data.SpilledRecords.text;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Path;

/**
 * One image file of a {@link Dataset}; it has not been opened.
 *
 * @param file where it lies
 * @param name its path within the data set, with slashes
 * @param classIndex which class it shows, from 0
 * @param split {@code train}, {@code val}, {@code test}, or what a list says; empty if there are
 *     none
 */
public record DatasetImage(Path file, String name, int classIndex, String split) {
  /** On the disk. */
  static final SpilledRecords.Format<DatasetImage> FORMAT =
      new SpilledRecords.Format<>() {
        @Override
        public void write(DatasetImage image, DataOutput out) throws IOException {
          text(image.file.toString(), out);
          text(image.name, out);
          out.writeInt(image.classIndex);
          text(image.split, out);
        }

        @Override
        public DatasetImage read(DataInput in) throws IOException {
          return new DatasetImage(Path.of(text(in)), text(in), in.readInt(), text(in));
        }
      };
}
