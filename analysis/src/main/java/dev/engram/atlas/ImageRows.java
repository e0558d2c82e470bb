package dev.engram.atlas;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * What is kept of each image, on disk: a record of fixed length at the place of its number, so that
 * nothing of it stays in memory and an image that passes again is written over.
 */
final class ImageRows implements RowSink, AutoCloseable {
  private static final int HASH = 32;

  private final Format format;
  private final FileChannel channel;

  /**
   * Numbers with a value each, the largest first.
   *
   * @param owners −1 where there are fewer
   */
  record Ranked(int[] owners, float[] values) {
    /** How many there are. */
    int size() {
      int size = 0;
      while (size < owners.length && owners[size] >= 0) {
        size++;
      }
      return size;
    }

    /** The largest of some values; of equal ones the first. */
    static Ranked of(float[] values, int count) {
      int[] owners = new int[count];
      float[] best = new float[count];
      Arrays.fill(owners, -1);
      Arrays.fill(best, Float.NEGATIVE_INFINITY);
      for (int i = 0; i < values.length; i++) {
        int at = count;
        while (at > 0 && values[i] > best[at - 1]) {
          at--;
        }
        if (at < count) {
          System.arraycopy(best, at, best, at + 1, count - 1 - at);
          System.arraycopy(owners, at, owners, at + 1, count - 1 - at);
          best[at] = values[i];
          owners[at] = i;
        }
      }
      return new Ranked(owners, best);
    }
  }

  /**
   * @param hash SHA-256 of the file, in hexadecimal
   * @param embedding M_image, not normalised (D)
   * @param nearest classes whose labels are nearest, with the cosines
   * @param improved neurons that bring it closest to its own label; of an image without a class
   *     none
   * @param strongest neurons with the largest coefficients
   */
  record Row(String hash, float[] embedding, Ranked nearest, Ranked improved, Ranked strongest) {}

  /**
   * How a row is written.
   *
   * @param width of an embedding, D
   * @param nearest how many labels an image keeps
   * @param top how many neurons it keeps of each kind
   */
  record Format(int width, int nearest, int top) {
    /** Bytes of a row. */
    int size() {
      return HASH + Float.BYTES * width + 8 * nearest + 16 * top;
    }

    ByteBuffer write(Row row) {
      ByteBuffer record = ByteBuffer.allocate(size());
      record.put(HexFormat.of().parseHex(row.hash));
      put(record, row.embedding);
      for (Ranked each : new Ranked[] {row.nearest, row.improved, row.strongest}) {
        for (int owner : each.owners) {
          record.putInt(owner);
        }
        put(record, each.values);
      }
      return record.flip();
    }

    private static void put(ByteBuffer record, float[] values) {
      for (float x : values) {
        record.putFloat(x);
      }
    }

    Row read(ByteBuffer record) {
      byte[] hash = new byte[HASH];
      record.get(hash);
      return new Row(
          HexFormat.of().formatHex(hash),
          floats(record, width),
          ranked(record, nearest),
          ranked(record, top),
          ranked(record, top));
    }

    private static Ranked ranked(ByteBuffer record, int count) {
      int[] owners = new int[count];
      Arrays.setAll(owners, i -> record.getInt());
      return new Ranked(owners, floats(record, count));
    }

    private static float[] floats(ByteBuffer record, int count) {
      float[] out = new float[count];
      for (int i = 0; i < count; i++) {
        out[i] = record.getFloat();
      }
      return out;
    }
  }

  ImageRows(Path file, Format format) throws IOException {
    this.format = format;
    channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public void write(int image, Row row) throws IOException {
    write(image, format.write(row));
  }

  /** Writes a row as {@link Format#write} has it. */
  void write(int image, ByteBuffer record) throws IOException {
    long at = (long) image * format.size();
    while (record.hasRemaining()) {
      at += channel.write(record, at);
    }
  }

  Row read(int image) throws IOException {
    ByteBuffer record = ByteBuffer.allocate(format.size());
    long at = (long) image * format.size();
    while (record.hasRemaining()) {
      int read = channel.read(record, at);
      if (read < 0) {
        throw new IOException("the row of image " + image + " is missing");
      }
      at += read;
    }
    return format.read(record.flip());
  }

  @Override
  public void force() throws IOException {
    channel.force(false);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
