package dev.engram.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/** A safetensors file in memory, to be damaged and written; knows nothing of our reader. */
final class SafetensorsFile {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A tensor as its bytes lie in the file. */
  record Tensor(String dtype, long[] shape, byte[] data) {}

  final Map<String, Tensor> tensors = new LinkedHashMap<>();

  static SafetensorsFile read(Path file) throws IOException {
    ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) all.getLong()];
    all.get(header);
    int start = all.position();
    SafetensorsFile read = new SafetensorsFile();
    JSON.readTree(header)
        .properties()
        .forEach(
            e -> {
              if (e.getKey().equals("__metadata__")) {
                return;
              }
              long[] shape = JSON.convertValue(e.getValue().get("shape"), long[].class);
              int begin = e.getValue().get("data_offsets").get(0).asInt();
              int end = e.getValue().get("data_offsets").get(1).asInt();
              byte[] data = new byte[end - begin];
              all.get(start + begin, data);
              read.tensors.put(
                  e.getKey(), new Tensor(e.getValue().get("dtype").asText(), shape, data));
            });
    return read;
  }

  SafetensorsFile with(String name, String dtype, long[] shape, byte[] data) {
    tensors.put(name, new Tensor(dtype, shape, data));
    return this;
  }

  /** Puts a tensor of float32 zeros. */
  SafetensorsFile zeros(String name, long... shape) {
    long n = 4;
    for (long s : shape) {
      n *= s;
    }
    return with(name, "F32", shape, new byte[Math.toIntExact(n)]);
  }

  /** Makes the first value of a float32 tensor NaN. */
  SafetensorsFile spoil(String name) {
    Arrays.fill(Objects.requireNonNull(tensors.get(name)).data(), 0, 4, (byte) 0xff);
    return this;
  }

  byte[] bytes() throws IOException {
    ObjectNode header = JSON.createObjectNode();
    int at = 0;
    for (Map.Entry<String, Tensor> e : tensors.entrySet()) {
      ObjectNode node = header.putObject(e.getKey());
      node.put("dtype", e.getValue().dtype());
      ArrayNode shape = node.putArray("shape");
      for (long s : e.getValue().shape()) {
        shape.add(s);
      }
      node.putArray("data_offsets").add(at).add(at + e.getValue().data().length);
      at += e.getValue().data().length;
    }
    ByteBuffer data = ByteBuffer.allocate(at);
    tensors.values().forEach(t -> data.put(t.data()));
    return bytes(JSON.writeValueAsString(header), data.array());
  }

  void write(Path file) throws IOException {
    Files.write(file, bytes());
  }

  /** A file of this header, whatever it says, and these data. */
  static byte[] bytes(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }
}
