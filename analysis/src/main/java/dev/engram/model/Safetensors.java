package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Printable;
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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A reader of one safetensors file: the header is checked against the file before anything is
 * allocated, tensors are mapped into memory on demand. Our own, because DJL's {@code NDList.decode}
 * copies everything and aborts the JVM on bf16.
 */
public final class Safetensors {
  /** Largest header that is read; the format's own limit. */
  private static final long MAX_HEADER = 100_000_000L;

  /** A tensor takes about twelve; the largest CLIPs have some 2,000 tensors. */
  private static final long MOST_TOKENS = 1_500_000;

  /** No weight has more than 5. */
  private static final int MOST_DIMENSIONS = 8;

  private static final int MOST_SHOWN = 120;

  private static final Map<String, Integer> BYTES =
      Map.of("F64", 8, "F32", 4, "F16", 2, "BF16", 2, "I64", 8, "I32", 4, "U8", 1, "BOOL", 1);

  /** Largest tensor, stored or as float32: what one Java buffer holds. */
  private static final long MAX_TENSOR = Integer.MAX_VALUE;

  /**
   * Where a tensor lies.
   *
   * @param dtype the format's name of the type: F32, F16, BF16, …
   * @param shape dimensions, outermost first
   * @param begin offset of the first byte in the file
   * @param end offset behind the last byte in the file
   */
  public record Entry(String dtype, long[] shape, long begin, long end) {
    long elements() {
      return (end - begin) / bytes(dtype);
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
        throw bad(file, "it has " + size + " bytes, fewer than the 8 of a header's length");
      }
      ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      channel.read(length, 0);
      long n = length.getLong(0);
      if (n <= 1 || n > MAX_HEADER || n > size - 8) {
        throw bad(
            file, "its header claims " + Long.toUnsignedString(n) + " bytes in a file of " + size);
      }
      byte[] header = new byte[(int) n];
      ByteBuffer target = ByteBuffer.wrap(header);
      while (target.hasRemaining() && channel.read(target, 8 + target.position()) > 0) {}
      return parse(file, header, 8 + n, size);
    } catch (java.nio.file.NoSuchFileException e) {
      throw new EngramException("There is no file " + file + ".", e);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static Safetensors parse(Path file, byte[] header, long start, long size) {
    JsonNode root;
    try {
      root =
          new ObjectMapper(
                  JsonFactory.builder()
                      .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                      // Names that come once: the JVM's own table of them is only slow.
                      .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                      .streamReadConstraints(
                          StreamReadConstraints.builder()
                              .maxNestingDepth(8)
                              .maxTokenCount(MOST_TOKENS)
                              .build())
                      .build())
              .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .readTree(header);
    } catch (JsonProcessingException e) {
      throw bad(file, "its header is not valid JSON (" + shown(e.getOriginalMessage()) + ")");
    } catch (IOException e) { // the bytes are there already: they are no UTF-8
      throw bad(file, "its header is not valid JSON (" + shown(e.getMessage()) + ")");
    }
    if (root == null || !root.isObject()) {
      throw bad(file, "its header is not a JSON object");
    }
    Map<String, Entry> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : root.properties()) {
      if (e.getKey().equals("__metadata__")) {
        e.getValue().properties().forEach(m -> metadata.put(m.getKey(), m.getValue().asText("")));
      } else {
        entries.put(e.getKey(), entry(file, e.getKey(), e.getValue(), start, size));
      }
    }
    checkOverlaps(file, entries);
    return new Safetensors(file, entries, metadata);
  }

  /** Two names for the same bytes: no writer makes them, and one of the two is a lie. */
  private static void checkOverlaps(Path file, Map<String, Entry> entries) {
    String before = "";
    long end = 0;
    for (Map.Entry<String, Entry> e :
        entries.entrySet().stream()
            .filter(e -> e.getValue().end() > e.getValue().begin())
            .sorted(Comparator.comparingLong(e -> e.getValue().begin()))
            .toList()) {
      if (e.getValue().begin() < end) {
        throw bad(
            file, "tensors " + shown(before) + " and " + shown(e.getKey()) + " share their bytes");
      }
      before = e.getKey();
      end = e.getValue().end();
    }
  }

  private static Entry entry(Path file, String key, JsonNode node, long start, long size) {
    String name = shown(key);
    String dtype = node.path("dtype").asText("");
    Integer bytes = BYTES.get(dtype);
    if (bytes == null) {
      throw bad(
          file,
          "tensor %s has the type '%s', expected one of %s"
              .formatted(
                  name, shown(dtype), String.join(", ", new java.util.TreeSet<>(BYTES.keySet()))));
    }
    JsonNode dims = node.path("shape");
    JsonNode range = node.path("data_offsets");
    if (!dims.isArray() || !range.isArray() || range.size() != 2) {
      throw bad(file, "tensor " + name + " has no shape or no pair of offsets");
    }
    if (dims.size() > MOST_DIMENSIONS) {
      throw bad(
          file,
          "tensor %s has %d dimensions, expected at most %d"
              .formatted(name, dims.size(), MOST_DIMENSIONS));
    }
    long[] shape = new long[dims.size()];
    long total = bytes;
    boolean empty = false;
    try {
      for (int i = 0; i < shape.length; i++) {
        shape[i] = whole(dims.get(i));
        if (shape[i] < 0) {
          throw bad(
              file,
              "tensor %s has the dimension %s, expected a whole number from 0"
                  .formatted(name, shown(dims.get(i).toString())));
        }
        total = Math.multiplyExact(total, Math.max(1, shape[i]));
        empty |= shape[i] == 0;
      }
    } catch (ArithmeticException e) {
      throw bad(file, "tensor " + name + " claims more bytes than can be counted");
    }
    total = empty ? 0 : total;
    long begin = whole(range.get(0));
    long end = whole(range.get(1));
    if (begin < 0 || end < begin || end > size - start || end - begin != total) {
      throw bad(
          file,
          ("tensor %s of shape %s needs %d bytes, but its offsets are %s in %d bytes of data: the"
                  + " file is truncated or its header is wrong")
              .formatted(
                  name,
                  shown(Arrays.toString(shape)),
                  total,
                  shown(range.toString()),
                  size - start));
    }
    return new Entry(dtype, shape, start + begin, start + end);
  }

  private static int bytes(String dtype) {
    return java.util.Objects.requireNonNull(BYTES.get(dtype));
  }

  /** A whole number from 0, or -1: 3.5, "3" and 10³⁰ are none. */
  private static long whole(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() ? Math.max(-1, node.longValue()) : -1;
  }

  /** What came from the file, fit for a sentence: one line, not too long. */
  private static String shown(@Nullable String text) {
    String line = Printable.line(String.valueOf(text));
    return line.length() <= MOST_SHOWN ? line : line.substring(0, MOST_SHOWN) + "…";
  }

  private static EngramException unreadable(Path file, IOException e) {
    Progress.checkInterrupt(); // an interrupt closes the channel
    String why = e instanceof AccessDeniedException ? "access is denied" : shown(e.getMessage());
    return new EngramException("Cannot read " + file + ": " + why + ".", e);
  }

  private static EngramException bad(Path file, String why) {
    return new EngramException(
        "Not a usable safetensors file, "
            + file.getFileName()
            + ": "
            + why
            + "; download it again.");
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
          "There is no tensor " + shown(name) + " in " + file.getFileName() + ".");
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
    if (e.elements() > MAX_TENSOR / Math.max(width, bytes(e.dtype()))) {
      throw new EngramException(
          "Tensor %s of shape %s in %s is too large: Engram reads tensors of up to 2 GiB."
              .formatted(shown(name), shown(Arrays.toString(e.shape())), file.getFileName()));
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
        throw bad(file, "it became shorter since it was opened");
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
