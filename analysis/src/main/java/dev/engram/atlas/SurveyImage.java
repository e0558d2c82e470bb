package dev.engram.atlas;

import static dev.engram.data.SpilledRecords.text;

import dev.engram.data.SpilledRecords;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.List;

/**
 * Where an image of a survey lies: a file of its own, or a part of one, as in a tar file.
 *
 * @param name its path within the set, with slashes
 * @param classIndex −1 for none
 * @param place the path or the address of the file
 * @param offset where it begins in the file; −1 for the whole file
 * @param bytes how long it is; {@link #UNKNOWN} if nobody has looked yet, or it is not there
 * @param modified when the file was written last, in milliseconds since 1970
 */
public record SurveyImage(
    String name, int classIndex, String place, long offset, long bytes, long modified) {
  /** Of an image at which nobody has looked. */
  public static final long UNKNOWN = -1;

  /** On the disk. */
  static final SpilledRecords.Format<SurveyImage> FORMAT =
      new SpilledRecords.Format<>() {
        @Override
        public void write(SurveyImage image, DataOutput out) throws IOException {
          text(image.name, out);
          out.writeInt(image.classIndex);
          text(image.place, out);
          out.writeLong(image.offset);
          out.writeLong(image.bytes);
          out.writeLong(image.modified);
        }

        @Override
        public SurveyImage read(DataInput in) throws IOException {
          return new SurveyImage(
              text(in), in.readInt(), text(in), in.readLong(), in.readLong(), in.readLong());
        }
      };

  /** An empty list to add to, which goes to the disk where it is long. */
  public static List<SurveyImage> list() {
    return new SpilledRecords<>(FORMAT);
  }

  /** The same image in a class; −1 for none. */
  public SurveyImage of(int newClass) {
    return new SurveyImage(name, newClass, place, offset, bytes, modified);
  }

  /** A file of its own. */
  static SurveyImage file(String name, int classIndex, String place) {
    return new SurveyImage(name, classIndex, place, -1, UNKNOWN, 0);
  }

  /** Whether it is a part of a file. */
  public boolean isPart() {
    return offset >= 0;
  }

  /** What it is called in a sentence: a file by its path, a part of one by its name. */
  String title() {
    return isPart() ? name : place;
  }
}
