package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The expected tensors of {@code preprocess/}, read with as little code as possible. */
final class ReferenceImages {
  /** The root of the reference set; the same property as in the parity test. */
  static final Path ROOT =
      Path.of(System.getProperty("engram.reference", "src/test/resources/reference"));

  static final Path FOLDER = ROOT.resolve("preprocess");

  private final ByteBuffer data;
  private final JsonNode header;

  ReferenceImages() {
    try {
      byte[] all = Files.readAllBytes(FOLDER.resolve("expected.safetensors"));
      ByteBuffer buffer = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
      int length = Math.toIntExact(buffer.getLong(0));
      header = new ObjectMapper().readTree(all, 8, length);
      data = buffer.slice(8 + length, all.length - 8 - length).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names that end in this, "" for the plain ones without a '#'. */
  List<String> names(String suffix) {
    return header.properties().stream()
        .map(java.util.Map.Entry::getKey)
        .filter(n -> !n.startsWith("__"))
        .filter(n -> suffix.isEmpty() ? !n.contains("#") : n.endsWith(suffix))
        .toList();
  }

  boolean has(String name) {
    return header.has(name);
  }

  int dimension(String name, int axis) {
    return header.path(name).path("shape").path(axis).asInt();
  }

  float[] floats(String name) {
    JsonNode offsets = header.path(name).path("data_offsets");
    int from = offsets.path(0).asInt();
    float[] result = new float[(offsets.path(1).asInt() - from) / 4];
    for (int i = 0; i < result.length; i++) {
      result[i] = data.getFloat(from + 4 * i);
    }
    return result;
  }

  byte[] bytes(String name) {
    JsonNode offsets = header.path(name).path("data_offsets");
    byte[] result = new byte[offsets.path(1).asInt() - offsets.path(0).asInt()];
    data.get(offsets.path(0).asInt(), result);
    return result;
  }
}
