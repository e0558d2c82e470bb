package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.RegularFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * A reader of one safetensors file: the header is checked against the file before anything is
 * allocated, tensors are mapped into memory on demand. Our own, because DJL's {@code NDList.decode}
 * copies everything and aborts the JVM on bf16.
 */
public final class Safetensors {
  /** Largest header that is read; the format's own limit. */
  private static final long MAX_HEADER = 100_000_000L;

  /** Largest tensor, stored or as float32: what one Java buffer holds. */
  private static final long MAX_TENSOR = Integer.MAX_VALUE;

  /**
   * Where a tensor lies.
   *
   * @param dtype the format's name of the type: F32, F16, BF16, …
   * @param shape dimensions, outermost first
   * @param begin offset of the first byte in the file
   * @param end offset after the last byte in the file
   */
  public record Entry(String dtype, long[] shape, long begin, long end) {
    long elements() {
      return (end - begin) / SafetensorsHeader.bytes(dtype);
    }
  }

  private final Path file;
  private final Map<String, Entry> entries;
  private final Map<String, String> metadata;

  private Safetensors(Path file, Map<String, Entry> entries, Map<String, String> metadata) {
    this.file = file;
    this.entries = entries;
    this.metadata = metadata;
  }

  /**
   * Reads and checks the header.
   *
   * @throws EngramException if the file is missing, truncated or not what its header says
   */
  public static Safetensors open(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; a safetensors file is needed.");
    }
    RegularFile.check(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < 8) {
        throw SafetensorsHeader.bad(
            file, "it has " + size + " bytes, fewer than the 8 of a header's length");
      }
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(length, 0);
      long n = length.getLong(0);
      if (n <= 1 || n > MAX_HEADER || n > size - 8) {
        throw SafetensorsHeader.bad(
            file, "its header claims " + Long.toUnsignedString(n) + " bytes in a file of " + size);
      }
      byte[] header = new byte[(int) n];
      ByteBuffer target = ByteBuffer.wrap(header);
      while (target.hasRemaining() && channel.read(target, 8 + target.position()) > 0) {}
      SafetensorsHeader read = SafetensorsHeader.parse(file, header, 8 + n, size);
      return new Safetensors(file, read.entries(), read.metadata());
    } catch (java.nio.file.NoSuchFileException e) {
      throw new EngramException("There is no file " + file + ".", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static EngramException unreadable(Path file, IOException e) {
    Progress.checkInterrupt(); // an interrupt closes the channel
    String why =
        e instanceof AccessDeniedException
            ? "access is denied"
            : SafetensorsHeader.shown(e.getMessage());
    return new EngramException("Cannot read " + file + ": " + why + ".", e);
  }

  /**
   * @return names of the tensors, in the order of the header
   */
  public Set<String> names() {
    return java.util.Collections.unmodifiableSet(entries.keySet());
  }

  /**
   * @return the texts that the file's writer put beside the tensors; often none
   */
  public Map<String, String> metadata() {
    return java.util.Collections.unmodifiableMap(metadata);
  }

  /**
   * @return the shape of a tensor
   * @throws EngramException if there is none of that name
   */
  public long[] shape(String name) {
    return entry(name).shape().clone();
  }

  /**
   * @return the stored type of a tensor: F32, F16, BF16, …
   */
  public String dtype(String name) {
    return entry(name).dtype();
  }

  private Entry entry(String name) {
    Entry e = entries.get(name);
    if (e == null) {
      throw new EngramException(
          "There is no tensor "
              + SafetensorsHeader.shown(name)
              + " in "
              + file.getFileName()
              + ".");
    }
    return e;
  }

  /**
   * Maps a tensor as float32. F32 is not copied on the CPU: the pages come from the file, and
   * writing to them never changes it. F16 is widened by the engine, bf16 and F64 by us.
   *
   * @param manager owner of the array, whose device it is put on
   * @throws EngramException for integer types
   */
  public NDArray floats(NDManager manager, String name) {
    Entry e = entry(name);
    Shape shape = new Shape(e.shape());
    ByteBuffer bytes = map(name, e, 4);
    switch (e.dtype()) {
      case "F32":
        return manager.create(aligned(bytes), shape, DataType.FLOAT32);
      case "F16":
        try (NDArray half = manager.create(aligned(bytes), shape, DataType.FLOAT16)) {
          return half.toType(DataType.FLOAT32, true);
        }
      case "BF16":
      case "F64":
        int n = Math.toIntExact(e.elements());
        ByteBuffer wide =
            ByteBuffer.allocateDirect(Math.multiplyExact(4, n)).order(ByteOrder.nativeOrder());
        for (int i = 0; i < n; i++) {
          // bf16 is the upper half of a float32
          wide.putFloat(
              4 * i,
              e.dtype().equals("F64")
                  ? (float) bytes.getDouble(8 * i)
                  : Float.intBitsToFloat((bytes.getShort(2 * i) & 0xffff) << 16));
        }
        return manager.create(wide, shape, DataType.FLOAT32);
      default:
        throw new EngramException(
            "Tensor " + name + " holds " + e.dtype() + ", expected a float type.");
    }
  }

  /**
   * @return the values of a tensor of any type, row-major, in float64
   */
  public double[] doubles(String name) {
    Entry e = entry(name);
    ByteBuffer b = map(name, e, 8);
    double[] out = new double[Math.toIntExact(e.elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (e.dtype()) {
            case "F64" -> b.getDouble(8 * i);
            case "F32" -> b.getFloat(4 * i);
            case "F16" -> halfToFloat(b.getShort(2 * i));
            case "BF16" -> Float.intBitsToFloat((b.getShort(2 * i) & 0xffff) << 16);
            case "I64" -> b.getLong(8 * i);
            case "I32" -> b.getInt(4 * i);
            default -> b.get(i) & 0xff;
          };
    }
    return out;
  }

  private ByteBuffer map(String name, Entry e, int width) {
    if (e.end() == e.begin()) {
      return ByteBuffer.allocateDirect(0);
    }
    if (e.elements() > MAX_TENSOR / Math.max(width, SafetensorsHeader.bytes(e.dtype()))) {
      throw new EngramException(
          "Tensor %s of shape %s in %s is too large: Engram reads tensors of up to 2 GiB."
              .formatted(
                  SafetensorsHeader.shown(name),
                  SafetensorsHeader.shown(Arrays.toString(e.shape())),
                  file.getFileName()));
    }
    // PRIVATE, not READ_ONLY: an in-place operation on a read-only page would kill the JVM. Java
    // asks for a writable channel for it; where the file allows none, the pages are copied.
    boolean writable = Files.isWritable(file);
    try (FileChannel channel =
        writable
            ? FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
            : FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() < e.end()) {
        // Java would make the file longer to map it.
        throw SafetensorsHeader.bad(file, "it became shorter since it was opened");
      }
      long n = e.end() - e.begin();
      if (writable) {
        return channel
            .map(FileChannel.MapMode.PRIVATE, e.begin(), n)
            .order(ByteOrder.LITTLE_ENDIAN);
      }
      ByteBuffer copy =
          ByteBuffer.allocateDirect(Math.toIntExact(n)).order(ByteOrder.LITTLE_ENDIAN);
      while (copy.hasRemaining() && channel.read(copy, e.begin() + copy.position()) > 0) {}
      return copy.flip().order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException ex) {
      throw unreadable(file, ex);
    }
  }

  /**
   * The engine reads whole words: a buffer that starts between them is copied to one that does not.
   */
  private static ByteBuffer aligned(ByteBuffer b) {
    if (b.alignmentOffset(0, 8) == 0) {
      return b;
    }
    ByteBuffer copy = ByteBuffer.allocateDirect(b.capacity()).order(ByteOrder.LITTLE_ENDIAN);
    copy.put(b.duplicate().rewind());
    return copy.flip().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static float halfToFloat(short h) {
    int exponent = (h >> 10) & 0x1f;
    int fraction = h & 0x3ff;
    double magnitude =
        exponent == 0
            ? fraction * 0x1p-24
            : exponent == 31
                ? (fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN)
                : (1 + fraction * 0x1p-10) * Math.scalb(1.0, exponent - 15);
    return (float) (h < 0 ? -magnitude : magnitude);
  }
}
