package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * A list that goes to the disk where it is long: records are added one after another, and read in
 * blocks of sixteen. In memory it takes half a byte a record, and a megabyte. The file has no name
 * for long; it is gone when this list is, or the process.
 */
public final class SpilledRecords<T> extends AbstractList<T> implements RandomAccess {
  private static final int BLOCK = 16;
  private static final int BUFFER = 1 << 20;

  /** How a record is written. */
  public interface Format<T> {
    /** Writes all of a record. */
    void write(T value, DataOutput out) throws IOException;

    /** Reads what {@link #write} wrote. */
    T read(DataInput in) throws IOException;
  }

  /** What is not on the disk yet. */
  static final class Pending extends ByteArrayOutputStream {
    /** A part of it, from a position on. */
    InputStream from(int start) {
      return new ByteArrayInputStream(buf, start, count - start);
    }

    /** Writes it to a place of a file, and empties it. */
    int drainTo(FileChannel file, long at) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(buf, 0, count);
      while (bytes.hasRemaining()) {
        file.write(bytes, at + bytes.position());
      }
      reset();
      return bytes.position();
    }
  }

  /** A block that was read last: most are read from their first record to the last. */
  private record Last<T>(int index, List<T> values) {}

  private final Format<T> format;
  private final int buffer;
  private final Pending pending = new Pending();
  private final DataOutputStream out = new DataOutputStream(pending);
  private long[] starts = new long[64]; // of each block, in the file and what follows it
  private long written;
  private int size;
  private @Nullable FileChannel file;
  private volatile @Nullable Last<T> last;

  /** An empty list, which keeps a megabyte in memory. */
  public SpilledRecords(Format<T> format) {
    this(format, BUFFER);
  }

  /**
   * @param buffer bytes that are not on the disk
   */
  public SpilledRecords(Format<T> format, int buffer) {
    this.format = format;
    this.buffer = buffer;
  }

  /** Texts of any length. */
  public static final Format<String> TEXT =
      new Format<>() {
        @Override
        public void write(String value, DataOutput out) throws IOException {
          text(value, out);
        }

        @Override
        public String read(DataInput in) throws IOException {
          return text(in);
        }
      };

  /** Writes a text of any length. */
  public static void text(String text, DataOutput out) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  /** Reads what {@link #text(String, DataOutput)} wrote. */
  public static String text(DataInput in) throws IOException {
    byte[] bytes = new byte[in.readInt()];
    in.readFully(bytes);
    return new String(bytes, UTF_8);
  }

  /** A file that nobody has to delete. */
  static FileChannel temporary() throws IOException {
    Path path = Files.createTempFile("engram-list", ".tmp");
    return FileChannel.open(
        path,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  /**
   * @throws EngramException if the disk is full
   */
  @Override
  public boolean add(T value) {
    try {
      if (size % BLOCK == 0) {
        if (pending.size() >= buffer) {
          file = file == null ? temporary() : file;
          written += pending.drainTo(file, written);
        }
        int index = size / BLOCK;
        starts = index == starts.length ? Arrays.copyOf(starts, 2 * index) : starts;
        starts[index] = written + pending.size();
      }
      format.write(value, out);
      size++;
      last = null;
      return true;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** One sentence, or the interrupt that closed the file. */
  public static EngramException failed(IOException e) {
    Progress.checkInterrupt();
    return new EngramException(
        "The list of images cannot be kept in %s: %s."
            .formatted(System.getProperty("java.io.tmpdir"), Json.why(e)),
        e);
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public T get(int index) {
    Objects.checkIndex(index, size);
    Last<T> block = last;
    if (block == null || block.index != index / BLOCK) {
      block = new Last<>(index / BLOCK, read(index / BLOCK));
      last = block;
    }
    return block.values.get(index % BLOCK);
  }

  private List<T> read(int index) {
    int count = Math.min(BLOCK, size - index * BLOCK);
    List<T> values = new ArrayList<>(count);
    try (DataInputStream in = new DataInputStream(from(starts[index]))) {
      for (int i = 0; i < count; i++) {
        values.add(format.read(in));
      }
      return values;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** A block lies in the file or after it, and not in both. */
  private InputStream from(long start) {
    return start >= written
        ? pending.from((int) (start - written))
        : from(Objects.requireNonNull(file), start, written, 1 << 12);
  }

  /** A part of a file. Several may be read at once. */
  static InputStream from(FileChannel file, long start, long end, int atOnce) {
    return new BufferedInputStream(
        new InputStream() {
          private long at = start;

          @Override
          public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
          }

          @Override
          public int read(byte[] into, int offset, int count) throws IOException {
            int most = (int) Math.min(count, end - at);
            int read = most == 0 ? -1 : file.read(ByteBuffer.wrap(into, offset, most), at);
            at += Math.max(0, read);
            return read;
          }
        },
        atOnce);
  }
}
