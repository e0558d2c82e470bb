package dev.engram.benchmark;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.model.Safetensors;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A copy of a model whose weights have gone through fewer bits, as if its checkpoint had been
 * stored in them. They are written as float32 again, which changes nothing: that is what reading
 * does.
 */
final class RoundedModel implements AutoCloseable {
  /** How a float32 is rounded, to the nearest and to even. */
  enum Bits {
    /** 11 significant bits. */
    F16,
    /** 8 significant bits, the exponents of float32. */
    BF16;

    float[] round(NDArray array) {
      if (this == F16) {
        try (NDArray half = array.toType(DataType.FLOAT16, true)) {
          return half.toFloatArray();
        }
      }
      float[] values = array.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        int bits = Float.floatToRawIntBits(values[i]);
        bits += 0x7FFF + (bits >>> 16 & 1);
        values[i] = Float.intBitsToFloat(bits & 0xFFFF0000);
      }
      return values;
    }
  }

  final Path directory;

  /**
   * @param model a folder with model.safetensors
   */
  RoundedModel(Path model, Bits bits) throws IOException {
    directory = Files.createTempDirectory("engram-rounded");
    try {
      for (Path file : files(model)) {
        if (!file.toString().endsWith(".safetensors")) {
          Files.copy(file, directory.resolve(file.getFileName().toString()));
        }
      }
      write(Safetensors.open(model.resolve("model.safetensors")), bits);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(Files::isRegularFile).toList();
    }
  }

  private void write(Safetensors from, Bits bits) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode header = json.createObjectNode();
    long end = 0;
    for (String name : from.names()) {
      long size = Float.BYTES;
      ObjectNode entry = header.putObject(name).put("dtype", "F32");
      for (long n : from.shape(name)) {
        size *= n;
      }
      entry.set("shape", json.valueToTree(from.shape(name)));
      entry.putArray("data_offsets").add(end).add(end + size);
      end += size;
    }
    byte[] head = header.toString().getBytes(StandardCharsets.UTF_8);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        OutputStream out =
            new BufferedOutputStream(
                Files.newOutputStream(directory.resolve("model.safetensors")))) {
      out.write(little(Long.BYTES).putLong(head.length).array());
      out.write(head);
      for (String name : from.names()) {
        try (NDArray array = from.floats(manager, name)) {
          float[] values = bits.round(array);
          ByteBuffer bytes = little(Float.BYTES * values.length);
          bytes.asFloatBuffer().put(values);
          out.write(bytes.array());
        }
      }
    }
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
