package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
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
import java.util.Objects;

/**
 * One tensor of a file, mapped into memory when its values are asked for. Who makes one has held
 * its bytes against the file.
 *
 * @param name for sentences
 * @param dtype the type as safetensors names it: F32, F16, BF16, …
 * @param shape dimensions, outermost first
 * @param strides how many values lie between neighbours of each dimension; 0 or more
 * @param begin offset of its first byte in the file
 * @param end offset after its last byte in the file
 */
public record MappedTensor(
    Path file, String name, String dtype, long[] shape, long[] strides, long begin, long end) {
  /** Largest tensor, stored or as float32: what one Java buffer holds. */
  private static final long MOST_BYTES = Integer.MAX_VALUE;

  private static final Map<String, Integer> BYTES =
      Map.of(
          "F64", 8, "F32", 4, "F16", 2, "BF16", 2, "I64", 8, "I32", 4, "I16", 2, "I8", 1, "U8", 1,
          "BOOL", 1);

  /** The types that are known. */
  static Iterable<String> types() {
    return new java.util.TreeSet<>(BYTES.keySet());
  }

  static boolean isType(String dtype) {
    return BYTES.containsKey(dtype);
  }

  /** Bytes of one value of a known type. */
  static int bytes(String dtype) {
    return Objects.requireNonNull(BYTES.get(dtype));
  }

  /** A tensor whose values lie row by row without a gap. */
  static MappedTensor contiguous(
      Path file, String name, String dtype, long[] shape, long begin, long end) {
    return new MappedTensor(file, name, dtype, shape, rows(shape), begin, end);
  }

  private static long[] rows(long[] shape) {
    long[] strides = new long[shape.length];
    long step = 1;
    for (int i = shape.length - 1; i >= 0; i--) {
      strides[i] = step;
      step *= Math.max(1, shape[i]);
    }
    return strides;
  }

  private long elements() {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /** See {@link TensorFile#floats}. */
  NDArray floats(NDManager manager) {
    Shape sizes = new Shape(shape);
    ByteBuffer bytes = values(Float.BYTES);
    switch (dtype) {
      case "F32":
        return manager.create(aligned(bytes), sizes, DataType.FLOAT32);
      case "F16":
        try (NDArray half = manager.create(aligned(bytes), sizes, DataType.FLOAT16)) {
          return half.toType(DataType.FLOAT32, true);
        }
      case "BF16":
      case "F64":
        int n = Math.toIntExact(elements());
        ByteBuffer wide =
            ByteBuffer.allocateDirect(Math.multiplyExact(4, n)).order(ByteOrder.nativeOrder());
        for (int i = 0; i < n; i++) {
          // bf16 is the upper half of a float32
          wide.putFloat(
              4 * i,
              dtype.equals("F64")
                  ? (float) bytes.getDouble(8 * i)
                  : Float.intBitsToFloat((bytes.getShort(2 * i) & 0xffff) << 16));
        }
        return manager.create(wide, sizes, DataType.FLOAT32);
      default:
        throw new EngramException(
            "Tensor " + name + " holds " + dtype + ", expected a float type.");
    }
  }

  /** See {@link TensorFile#doubles}. */
  double[] doubles() {
    ByteBuffer b = values(Double.BYTES);
    double[] out = new double[Math.toIntExact(elements())];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (dtype) {
            case "F64" -> b.getDouble(8 * i);
            case "F32" -> b.getFloat(4 * i);
            case "F16" -> halfToFloat(b.getShort(2 * i));
            case "BF16" -> Float.intBitsToFloat((b.getShort(2 * i) & 0xffff) << 16);
            case "I64" -> b.getLong(8 * i);
            case "I32" -> b.getInt(4 * i);
            case "I16" -> b.getShort(2 * i);
            case "I8" -> b.get(i);
            default -> b.get(i) & 0xff;
          };
    }
    return out;
  }

  /** The stored values, row by row, of a width that fits a Java buffer. */
  private ByteBuffer values(int width) {
    if (elements() == 0) {
      return ByteBuffer.allocateDirect(0);
    }
    long most = MOST_BYTES / Math.max(width, bytes(dtype));
    if (elements() > most || end - begin > MOST_BYTES) {
      throw new EngramException(
          "Tensor %s of shape %s in %s is too large: Engram reads tensors of up to 2 GiB."
              .formatted(
                  SafetensorsHeader.shown(name),
                  SafetensorsHeader.shown(Arrays.toString(shape)),
                  file.getFileName()));
    }
    ByteBuffer mapped = map();
    return Arrays.equals(strides, rows(shape)) || isRow() ? mapped : gathered(mapped);
  }

  /** Dimensions of size 1 have strides that say nothing. */
  private boolean isRow() {
    long[] rows = rows(shape);
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] != 1 && strides[i] != rows[i]) {
        return false;
      }
    }
    return true;
  }

  /** A copy row by row of a view, as of a transposed matrix. */
  private ByteBuffer gathered(ByteBuffer from) {
    int n = Math.toIntExact(elements());
    int width = bytes(dtype);
    ByteBuffer to = ByteBuffer.allocateDirect(n * width).order(ByteOrder.LITTLE_ENDIAN);
    long[] at = new long[shape.length];
    long place = 0;
    for (int i = 0; i < n; i++) {
      to.put(i * width, from, Math.toIntExact(place * width), width);
      for (int d = shape.length - 1; d >= 0; d--) {
        place += strides[d];
        if (++at[d] < shape[d]) {
          break;
        }
        place -= at[d] * strides[d];
        at[d] = 0;
      }
    }
    return to;
  }

  private ByteBuffer map() {
    // PRIVATE, not READ_ONLY: an in-place operation on a read-only page would kill the JVM. Java
    // asks for a writable channel for it; where the file allows none, the pages are copied.
    boolean writable = Files.isWritable(file);
    try (FileChannel channel =
        writable
            ? FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)
            : FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() < end) {
        // Java would make the file longer to map it.
        throw new EngramException(
            "%s became shorter since it was opened; download it again."
                .formatted(file.getFileName()));
      }
      long n = end - begin;
      if (writable) {
        return channel.map(FileChannel.MapMode.PRIVATE, begin, n).order(ByteOrder.LITTLE_ENDIAN);
      }
      ByteBuffer copy =
          ByteBuffer.allocateDirect(Math.toIntExact(n)).order(ByteOrder.LITTLE_ENDIAN);
      while (copy.hasRemaining() && channel.read(copy, begin + copy.position()) > 0) {}
      return copy.flip().order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException ex) {
      throw unreadable(file, ex);
    }
  }

  static EngramException unreadable(Path file, IOException e) {
    Progress.checkInterrupt(); // an interrupt closes the channel
    String why =
        e instanceof AccessDeniedException
            ? "access is denied"
            : SafetensorsHeader.shown(e.getMessage());
    return new EngramException("Cannot read " + file + ": " + why + ".", e);
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
