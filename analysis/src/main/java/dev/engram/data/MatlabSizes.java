package dev.engram.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Holds the sizes that a MATLAB file states against the bytes that it has, before a library
 * allocates what they say: elements lie within their file or matrix, matrices have no more entries
 * than bytes, and what is compressed unpacks to a bounded size.
 */
final class MatlabSizes {
  private static final int HEADER = 128;
  private static final int MATRIX = 14;
  private static final int COMPRESSED = 15;
  private static final int INT8 = 1;
  private static final int INT32 = 5;

  /**
   * Of a matrix: flags, dimensions, name, and of a struct the length and the list of its fields.
   */
  private static final int DIMENSIONS = 1;

  private static final int FIELD_LENGTH = 3;
  private static final int FIELDS = 4;

  /** Unpacked bytes of a whole file. */
  private static final int MOST_UNPACKED = 64_000_000;

  private static final int DEEPEST = 16;

  private final ByteOrder order;
  private int unpacked;

  private MatlabSizes(ByteOrder order) {
    this.order = order;
  }

  /**
   * @param file all its bytes
   * @throws IOException if a size cannot be true
   */
  static void check(byte[] file) throws IOException {
    if (file.length < HEADER) {
      throw new IOException("it is shorter than a header");
    }
    boolean little = file[HEADER - 2] == 'I' && file[HEADER - 1] == 'M';
    ByteBuffer content = ByteBuffer.wrap(file, HEADER, file.length - HEADER).slice();
    new MatlabSizes(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN).elements(content, 0);
  }

  /**
   * Elements one after the other: a type, a size, the data, and what fills it up to 8 bytes; of up
   * to 4 bytes all in one word.
   */
  private void elements(ByteBuffer in, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("its elements are nested too deep");
    }
    in.order(order);
    int at = 0;
    long entries = 0;
    int fieldLength = 0;
    for (int child = 0; at + 8 <= in.limit(); child++) {
      int word = in.getInt(at);
      boolean small = word >>> 16 != 0;
      int type = small ? word & 0xffff : word;
      int size = small ? word >>> 16 : in.getInt(at + 4);
      int from = small ? at + 4 : at + 8;
      if (size < 0 || size > (small ? 4 : in.limit() - from)) {
        throw new IOException("an element claims %d bytes of %d".formatted(size, in.limit() - at));
      }
      ByteBuffer data = in.slice(from, size);
      if (type == MATRIX) {
        elements(data, depth + 1);
      } else if (type == COMPRESSED && depth == 0) {
        elements(unpack(data), depth + 1);
      } else if (type == INT32 && child == DIMENSIONS) {
        entries = entries(data, in.limit());
      } else if (type == INT32 && child == FIELD_LENGTH && size == 4) {
        fieldLength = data.order(order).getInt(0);
      } else if (type == INT8 && child == FIELDS && fieldLength > 0) {
        claim(entries * (size / fieldLength), in.limit() / 8); // each is a matrix of 8 bytes
      }
      boolean filled = type != MATRIX && type != COMPRESSED;
      at = small ? at + 8 : from + (filled ? (size + 7) / 8 * 8 : size);
    }
  }

  /** The product of the dimensions. */
  private long entries(ByteBuffer dimensions, int bytes) throws IOException {
    dimensions.order(order);
    long entries = 1;
    for (int i = 0; i + 4 <= dimensions.limit(); i += 4) {
      int n = dimensions.getInt(i);
      entries *= Math.max(0, n);
      claim(n < 0 ? Long.MAX_VALUE : entries, bytes);
    }
    return entries;
  }

  private static void claim(long entries, int most) throws IOException {
    if (entries > most) {
      throw new IOException("a matrix claims more entries than its bytes can hold");
    }
  }

  private ByteBuffer unpack(ByteBuffer packed) throws IOException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(packed);
      byte[] out = new byte[Math.min(MOST_UNPACKED, 64 + 8 * packed.limit())];
      int n = 0;
      while (!inflater.finished()) {
        if (n == out.length) {
          if (unpacked + n >= MOST_UNPACKED) {
            throw new IOException("it unpacks to more than %d bytes".formatted(MOST_UNPACKED));
          }
          out = java.util.Arrays.copyOf(out, Math.min(MOST_UNPACKED, 2 * n));
        }
        int more = inflater.inflate(out, n, out.length - n);
        if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
          throw new IOException("its compressed data end too early");
        }
        n += more;
      }
      unpacked += n;
      return ByteBuffer.wrap(out, 0, n).slice();
    } catch (DataFormatException e) {
      throw new IOException("its compressed data are damaged", e);
    } finally {
      inflater.end();
    }
  }
}
