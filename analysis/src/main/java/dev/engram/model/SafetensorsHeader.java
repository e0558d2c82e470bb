package dev.engram.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import dev.engram.Printable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of a safetensors file, held against the file's size: which tensors there are, and
 * where.
 *
 * @param entries by the names of the tensors, in order
 * @param metadata the texts that the file's writer put beside them
 */
record SafetensorsHeader(Map<String, MappedTensor> entries, Map<String, String> metadata) {
  /** A tensor takes about twelve; the largest CLIPs have some 2,000 tensors. */
  private static final long MOST_TOKENS = 1_500_000;

  /** No weight has more than 5. */
  private static final int MOST_DIMENSIONS = 8;

  private static final int MOST_SHOWN = 120;

  /**
   * @param start offset of the first byte after the header
   * @param size of the file in bytes
   * @throws EngramException if the header is damaged, or claims what the file has not
   */
  static SafetensorsHeader parse(Path file, byte[] header, long start, long size) {
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
    Map<String, MappedTensor> entries = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> e : root.properties()) {
      if (e.getKey().equals("__metadata__")) {
        e.getValue().properties().forEach(m -> metadata.put(m.getKey(), m.getValue().asText("")));
      } else {
        entries.put(e.getKey(), entry(file, e.getKey(), e.getValue(), start, size));
      }
    }
    checkOverlaps(file, entries);
    return new SafetensorsHeader(entries, metadata);
  }

  /** Two names for the same bytes: no writer makes them, and one of the two is a lie. */
  private static void checkOverlaps(Path file, Map<String, MappedTensor> entries) {
    String before = "";
    long end = 0;
    for (Map.Entry<String, MappedTensor> e :
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

  private static MappedTensor entry(Path file, String key, JsonNode node, long start, long size) {
    String name = shown(key);
    String dtype = node.path("dtype").asText("");
    if (!MappedTensor.isType(dtype)) {
      throw bad(
          file,
          "tensor %s has the type '%s', expected one of %s"
              .formatted(name, shown(dtype), String.join(", ", MappedTensor.types())));
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
    long total = MappedTensor.bytes(dtype);
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
    return MappedTensor.contiguous(file, key, dtype, shape, start + begin, start + end);
  }

  /** A whole number from 0, or -1: 3.5, "3" and 10³⁰ are none. */
  private static long whole(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() ? Math.max(-1, node.longValue()) : -1;
  }

  /** What came from the file, fit for a sentence: one line, not too long. */
  static String shown(@Nullable String text) {
    String line = Printable.line(String.valueOf(text));
    return line.length() <= MOST_SHOWN ? line : line.substring(0, MOST_SHOWN) + "…";
  }

  static EngramException bad(Path file, String why) {
    return new EngramException(
        "Not a usable safetensors file, "
            + file.getFileName()
            + ": "
            + why
            + "; download it again.");
  }
}
