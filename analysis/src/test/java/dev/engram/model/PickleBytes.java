package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles and archives as PyTorch does, or as it would not; knows nothing of our reader. */
public final class PickleBytes {
  private static final Map<String, String> STORAGES =
      Map.of(
          "F32",
          "FloatStorage",
          "F16",
          "HalfStorage",
          "BF16",
          "BFloat16Storage",
          "I64",
          "LongStorage");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** Begins with protocol 2. */
  PickleBytes() {
    code(0x80).code(2);
  }

  PickleBytes code(int b) {
    out.write(b);
    return this;
  }

  PickleBytes codes(String letters) {
    out.writeBytes(letters.getBytes(UTF_8));
    return this;
  }

  PickleBytes text(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    out.write('X');
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(bytes.length).array());
    out.writeBytes(bytes);
    return this;
  }

  PickleBytes number(long n) {
    byte[] big = BigInteger.valueOf(n).toByteArray();
    code(0x8a).code(big.length);
    for (int i = big.length - 1; i >= 0; i--) {
      out.write(big[i]);
    }
    return this;
  }

  PickleBytes numbers(long... all) {
    code('(');
    for (long n : all) {
      number(n);
    }
    return code('t');
  }

  PickleBytes global(String module, String name) {
    return codes("c" + module + "\n" + name + "\n");
  }

  PickleBytes storage(String type, String key, long length) {
    return code('(')
        .text("storage")
        .global("torch", type)
        .text(key)
        .text("cpu")
        .number(length)
        .codes("tQ");
  }

  /** A tensor of a storage. */
  PickleBytes tensor(
      String type, String key, long length, long offset, long[] shape, long[] strides) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .code('(')
        .storage(type, key, length)
        .number(offset)
        .numbers(shape)
        .numbers(strides)
        .code(0x89)
        .global("collections", "OrderedDict")
        .codes(")RtR");
  }

  byte[] end() {
    out.write('.');
    return out.toByteArray();
  }

  /** An archive with these pickled data and these storages, each as it is. */
  static byte[] archive(byte[] pickle, byte[]... storages) throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", pickle);
    for (int i = 0; i < storages.length; i++) {
      entries.put("archive/data/" + i, storages[i]);
    }
    return zip(entries);
  }

  /** All entries as they are, without compression. */
  static byte[] zip(Map<String, byte[]> entries) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    zip(entries, bytes);
    return bytes.toByteArray();
  }

  private static void zip(Map<String, byte[]> entries, OutputStream to) throws IOException {
    try (ZipOutputStream out = new ZipOutputStream(to)) {
      for (Map.Entry<String, byte[]> e : entries.entrySet()) {
        ZipEntry entry = new ZipEntry(e.getKey());
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(e.getValue().length);
        CRC32 crc = new CRC32();
        crc.update(e.getValue());
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(e.getValue());
      }
    }
  }

  // ---------------------------------------------------------------- whole checkpoints

  /** Writes the tensors of a safetensors file as {@code torch.save} does. */
  public static void convert(Path safetensors, Path file) throws IOException {
    save(SafetensorsFile.read(safetensors), file);
  }

  /** The same tensors as torch.save writes a state_dict. */
  static void save(SafetensorsFile weights, Path file) throws IOException {
    PickleBytes pickle = new PickleBytes().global("collections", "OrderedDict").codes(")R(");
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", new byte[0]);
    weights.tensors.forEach(
        (name, t) -> {
          pickle.text(name);
          put(pickle, entries, t);
        });
    entries.put("archive/data.pkl", pickle.code('u').end());
    write(entries, file);
  }

  /** The same tensors as torch.jit.save writes a module: each part of a name is a module. */
  static void saveScript(SafetensorsFile weights, Path file) throws IOException {
    Map<String, Object> root = new TreeMap<>();
    weights.tensors.forEach(
        (name, t) -> {
          Map<String, Object> at = root;
          String[] parts = name.split("\\.");
          for (int i = 0; i + 1 < parts.length; i++) {
            at = child(at, parts[i]);
          }
          at.put(parts[parts.length - 1], t);
        });
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("archive/data.pkl", new byte[0]);
    PickleBytes pickle = new PickleBytes();
    module(pickle, entries, root);
    entries.put("archive/data.pkl", pickle.end());
    entries.put("archive/code/__torch__.py", "raise SystemExit".getBytes(UTF_8));
    entries.put("archive/constants.pkl", new PickleBytes().code(')').end());
    write(entries, file);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> child(Map<String, Object> at, String name) {
    return (Map<String, Object>) at.computeIfAbsent(name, n -> new TreeMap<String, Object>());
  }

  @SuppressWarnings("unchecked")
  private static void module(
      PickleBytes pickle, Map<String, byte[]> entries, Map<String, Object> attributes) {
    pickle.global("__torch__.multimodal", "Part").code(')').code(0x81).codes("}(");
    pickle.text("training").code(0x88);
    attributes.forEach(
        (name, value) -> {
          pickle.text(name);
          if (value instanceof SafetensorsFile.Tensor t) {
            put(pickle, entries, t);
          } else {
            module(pickle, entries, (Map<String, Object>) value);
          }
        });
    pickle.codes("ub");
  }

  private static void put(
      PickleBytes pickle, Map<String, byte[]> entries, SafetensorsFile.Tensor t) {
    String key = String.valueOf(entries.size());
    String type = STORAGES.get(t.dtype());
    long[] strides = new long[t.shape().length];
    long n = 1;
    for (int i = strides.length - 1; i >= 0; i--) {
      strides[i] = n;
      n *= t.shape()[i];
    }
    pickle.tensor(String.valueOf(type), key, n, 0, t.shape(), strides);
    entries.put("archive/data/" + key, t.data());
  }

  private static void write(Map<String, byte[]> entries, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      zip(entries, out);
    }
  }
}
