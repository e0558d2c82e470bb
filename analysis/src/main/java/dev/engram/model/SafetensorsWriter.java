package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A writer of one safetensors file, tensor by tensor, so that no more than one is in Java's memory.
 * The file appears under its name only when it is whole.
 */
public final class SafetensorsWriter {
  /** Bytes that are written at once. */
  private static final int CHUNK = 1 << 20;

  /** The start of the data is a multiple of it, as the format's own writer does. */
  private static final int ALIGNMENT = 8;

  private record Tensor(
      String dtype, long[] shape, int bytes, Supplier<?> values, long begin, long end) {}

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private long size;

  /**
   * @param name of an entry of {@code __metadata__}
   * @return this
   */
  public SafetensorsWriter metadata(String name, String value) {
    metadata.put(name, value);
    return this;
  }

  /**
   * Adds a tensor of float32.
   *
   * @param values row-major; asked for when the file is written
   * @return this
   */
  public SafetensorsWriter floats(String name, long[] shape, Supplier<float[]> values) {
    return add(name, "F32", shape, 4, values);
  }

  /**
   * Adds a tensor of float16.
   *
   * @param values row-major, rounded to the nearest float16; asked for when the file is written
   * @return this
   */
  public SafetensorsWriter halves(String name, long[] shape, Supplier<float[]> values) {
    return add(name, "F16", shape, 2, values);
  }

  /**
   * Adds a tensor of float64.
   *
   * @param values row-major; asked for when the file is written
   * @return this
   */
  public SafetensorsWriter doubles(String name, long[] shape, Supplier<double[]> values) {
    return add(name, "F64", shape, 8, values);
  }

  private SafetensorsWriter add(
      String name, String dtype, long[] shape, int bytes, Supplier<?> values) {
    long length = bytes;
    for (long n : shape) {
      length *= n;
    }
    if (tensors.put(name, new Tensor(dtype, shape, bytes, values, size, size + length)) != null) {
      throw new IllegalArgumentException("two tensors of the name " + name);
    }
    size += length;
    return this;
  }

  /**
   * Writes the file, in the place of one that may be there.
   *
   * @throws EngramException if it cannot be written; what was there is there still
   */
  public void write(Path file, Progress progress) {
    try {
      AtomicFile.write(file, channel -> write(channel, file.getFileName().toString(), progress));
    } catch (IOException e) {
      Progress.checkInterrupt(); // an interrupt closes the channel
      throw new EngramException("Cannot write %s: %s.".formatted(file, e.getMessage()), e);
    }
  }

  private void write(FileChannel channel, String name, Progress progress) throws IOException {
    byte[] header = header();
    write(
        channel,
        ByteBuffer.allocate(8 + header.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(header.length)
            .put(header)
            .flip());
    int done = 0;
    for (Tensor t : tensors.values()) {
      progress.step("writing " + name, done++, tensors.size());
      write(channel, t);
    }
    progress.step("writing " + name, tensors.size(), tensors.size());
  }

  private byte[] header() throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    ObjectNode meta = root.putObject("__metadata__").put("format", "pt");
    metadata.forEach(meta::put);
    tensors.forEach(
        (name, t) -> {
          ObjectNode node = root.putObject(name).put("dtype", t.dtype);
          var shape = node.putArray("shape");
          for (long n : t.shape) {
            shape.add(n);
          }
          node.putArray("data_offsets").add(t.begin).add(t.end);
        });
    StringBuilder text = new StringBuilder(json.writeValueAsString(root));
    while (text.toString().getBytes(UTF_8).length % ALIGNMENT != 0) {
      text.append(' ');
    }
    return text.toString().getBytes(UTF_8);
  }

  private static void write(FileChannel channel, Tensor t) throws IOException {
    Object values = t.values.get();
    int n = values instanceof float[] f ? f.length : ((double[]) values).length;
    if ((long) n * t.bytes != t.end - t.begin) {
      throw new IllegalArgumentException(
          "a tensor of %d bytes got %d values".formatted(t.end - t.begin, n));
    }
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < n; i += CHUNK / t.bytes) {
      int count = Math.min(CHUNK / t.bytes, n - i);
      if (t.dtype.equals("F16")) {
        chunk.clear();
        for (int j = i; j < i + count; j++) {
          chunk.putShort(half(((float[]) values)[j]));
        }
        chunk.rewind();
      } else if (values instanceof float[] f) {
        chunk.clear().asFloatBuffer().put(f, i, count);
      } else {
        chunk.clear().asDoubleBuffer().put((double[]) values, i, count);
      }
      write(channel, chunk.limit(count * t.bytes));
    }
  }

  /** The nearest float16, of two equally near ones the even one. */
  static short half(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 16 & 0x8000;
    if (Float.isNaN(value)) {
      return (short) (sign | 0x7e00);
    }
    float size = Math.abs(value);
    if (size >= 65520f) {
      return (short) (sign | 0x7c00);
    }
    int exponent = Math.max(Math.getExponent(size), -14); // below it the steps stay as they are
    int steps = (int) Math.rint(Math.scalb((double) size, 10 - exponent));
    return (short) (sign | (exponent + 14 << 10) + steps);
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
