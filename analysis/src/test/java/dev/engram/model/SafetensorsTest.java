package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Refusal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
  private static final double[] VALUES = {0, 1, 2, 3, 100, 255};

  @TempDir Path temp = Path.of("");

  private Path file(byte[] bytes) throws IOException {
    return Files.write(temp.resolve("x.safetensors"), bytes);
  }

  private void refused(byte[] bytes, String... parts) throws IOException {
    Path file = file(bytes);
    Refusal.holds(() -> Safetensors.open(file), parts);
    assertArrayEquals(bytes, Files.readAllBytes(file));
  }

  private static byte[] length(long n, int rest) {
    return ByteBuffer.allocate(8 + rest).order(ByteOrder.LITTLE_ENDIAN).putLong(n).array();
  }

  /** Every float16 is written as itself, and what lies between two as the nearer one. */
  @Test
  void halvesAreRoundedToTheNearest(@TempDir Path folder) {
    int finite = 0x7c00;
    float[] all = new float[finite];
    Path file = folder.resolve("halves.safetensors");
    for (int i = 0; i < finite; i++) {
      int exponent = i >> 10;
      int fraction = i & 0x3ff;
      all[i] =
          exponent == 0
              ? fraction * 0x1p-24f
              : (float) Math.scalb(1 + fraction / 1024.0, exponent - 15);
      assertEquals((short) i, SafetensorsWriter.half(all[i]));
      assertEquals((short) (i | 0x8000), SafetensorsWriter.half(-all[i]));
      if (i > 0) {
        float middle = (all[i - 1] + all[i]) / 2;
        assertEquals((short) (i % 2 == 0 ? i : i - 1), SafetensorsWriter.half(middle));
        assertEquals((short) i, SafetensorsWriter.half(Math.nextUp(middle)));
      }
    }
    assertEquals((short) 0x7c00, SafetensorsWriter.half(1e6f));
    assertEquals((short) 0x7e00, SafetensorsWriter.half(Float.NaN));
    new SafetensorsWriter()
        .halves("x", new long[] {4, finite / 4}, () -> all)
        .write(file, Progress.NONE);
    double[] read = Safetensors.open(file).doubles("x");
    for (int i = 0; i < finite; i++) {
      assertEquals(all[i], read[i]);
    }
  }

  @Test
  void refusesWhatIsNoFile() throws IOException {
    Refusal.holds(() -> Safetensors.open(temp), temp.toString(), "is a folder");
    Refusal.holds(() -> Safetensors.open(temp.resolve("none")), "no file", "none");
    refused(new byte[0], "x.safetensors", "0 bytes");
    refused(new byte[7], "7 bytes");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1, Long.MIN_VALUE, Long.MAX_VALUE, 101, 1L << 32, 100_000_001})
  void refusesALengthThatLies(long n) throws IOException {
    refused(length(n, 100), "header claims " + Long.toUnsignedString(n), "file of 108");
  }

  @Test
  void refusesAHugeHeaderOfAFileThatIsHuge() throws IOException {
    Path file = file(length(100_000_001L, 0));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(200_000_000);
    }
    Refusal.holds(() -> Safetensors.open(file), "header claims 100000001");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nonsense | not valid JSON",
        "{'a': | not valid JSON",
        "{} {} | not valid JSON",
        "[] | not a JSON object",
        "12 | not a JSON object",
        "null | not a JSON object",
        "`    ` | not a JSON object",
        "{'a':1, 'a':2} | Duplicate",
        "{'a\\nb':1, 'a\\nb':2} | Duplicate",
        "{'a': 5} | tensor a has the type ''",
        "{'a': {'shape':[1],'data_offsets':[0,4]}} | tensor a has the type ''",
        "{'a': {'dtype':'F8','shape':[1],'data_offsets':[0,4]}} | the type 'F8', expected one of BF16",
        "{'a': {'dtype':'F32','data_offsets':[0,4]}} | tensor a has no shape",
        "{'a': {'dtype':'F32','shape':1,'data_offsets':[0,4]}} | tensor a has no shape",
        "{'a': {'dtype':'F32','shape':[1]}} | tensor a has no shape or no pair of offsets",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[0]}} | no pair of offsets",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}} | no pair of offsets",
        "{'a': {'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | the dimension -1",
        "{'a': {'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}} | the dimension 1.5",
        "{'a': {'dtype':'F32','shape':['1'],'data_offsets':[0,4]}} | the dimension",
        "{'a': {'dtype':'F32','shape':[null],'data_offsets':[0,4]}} | the dimension null",
        "{'a': {'dtype':'F32','shape':[1e400],'data_offsets':[0,4]}} | the dimension",
        "{'a': {'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}} | the dimension",
        "{'a': {'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,0]}} | than can be counted",
        "{'a': {'dtype':'F32','shape':[0,4294967296,4294967296],'data_offsets':[0,0]}} | than can be counted",
        "{'a': {'dtype':'F32','shape':[9223372036854775807],'data_offsets':[0,4]}} | than can be counted",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | needs 4 bytes, but its offsets are [4,0]",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[-4,0]}} | needs 4 bytes",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[0.5,4.5]}} | needs 4 bytes",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[0,8]}} | needs 4 bytes",
        "{'a': {'dtype':'F32','shape':[3],'data_offsets':[0,4]}} | needs 12 bytes",
        "{'a': {'dtype':'F32','shape':[9],'data_offsets':[0,36]}} | in 16 bytes of data: the file is truncated",
        "{'a': {'dtype':'F32','shape':[1],'data_offsets':[16,20]}} | in 16 bytes of data",
        "{'a': {'dtype':'F32','shape':[2],'data_offsets':[0,8]}, 'b': {'dtype':'F32','shape':[2],'data_offsets':[4,12]}} | tensors a and b share their bytes",
        "{'b': {'dtype':'U8','shape':[1],'data_offsets':[3,4]}, 'a': {'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | tensors a and b share their bytes",
        "{'a\\nb\\u2028': {'dtype':'F\\n','shape':[1],'data_offsets':[0,4]}} | tensor a\\u000ab\\u2028 has the type 'F\\u000a'",
      })
  void refusesAHeaderThatLies(String header, String part) throws IOException {
    refused(SafetensorsFile.bytes(header.replace('\'', '"'), new byte[16]), "x.safetensors", part);
  }

  @Test
  void refusesDeepNestingAndBytesThatAreNoText() throws IOException {
    refused(SafetensorsFile.bytes("{\"a\":" + "[".repeat(50_000), new byte[0]), "not valid JSON");
    refused(SafetensorsFile.bytes("{\"" + "n".repeat(9_000) + "\":1}", new byte[0]), "nnn…");
    byte[] latin = SafetensorsFile.bytes("{\"_\":{}}", new byte[0]);
    latin[10] = (byte) 0xff;
    refused(latin, "not valid JSON");
    byte[] wide = "{\"a\":{}}".getBytes(java.nio.charset.Charset.forName("UTF-32BE"));
    wide[5] = (byte) 0xff;
    byte[] file = ByteBuffer.allocate(8 + wide.length).array();
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(wide.length).put(wide);
    refused(file, "not valid JSON");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F64", "F32", "F16", "BF16", "I64", "I32", "U8", "BOOL"})
  void everyTypeMakesTheRoundTrip(String dtype) throws IOException {
    byte[] data = data(dtype, VALUES);
    SafetensorsFile written = new SafetensorsFile();
    // A byte before it, so that nothing is aligned.
    written.with("before", "U8", new long[] {1}, new byte[1]);
    written.with("matrix", dtype, new long[] {2, 3}, data);
    written.with("scalar", dtype, new long[0], data(dtype, VALUES[4]));
    written.with("empty", dtype, new long[] {0, 3}, new byte[0]);
    Path file = file(written.bytes());
    for (boolean readOnly : new boolean[] {false, true}) {
      assertTrue(file.toFile().setWritable(!readOnly));
      Safetensors read = Safetensors.open(file);
      assertEquals(dtype, read.dtype("matrix"));
      assertArrayEquals(new long[] {2, 3}, read.shape("matrix"));
      assertArrayEquals(VALUES, read.doubles("matrix"));
      assertArrayEquals(new double[] {VALUES[4]}, read.doubles("scalar"));
      assertArrayEquals(new double[0], read.doubles("empty"));
      try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
        if (!dtype.matches("B?F\\d+")) {
          Refusal.holds(() -> read.floats(manager, "matrix"), "matrix", dtype, "a float type");
          continue;
        }
        NDArray matrix = read.floats(manager, "matrix");
        assertEquals("(2, 3)", matrix.getShape().toString());
        assertArrayEquals(
            VALUES, Arrays.stream(matrix.toArray()).mapToDouble(Number::doubleValue).toArray());
        assertEquals((float) VALUES[4], read.floats(manager, "scalar").toFloatArray()[0]);
        assertEquals(0, read.floats(manager, "empty").size());
        matrix.addi(1); // our pages, not the file's
      }
    }
    assertArrayEquals(written.bytes(), Files.readAllBytes(file));
  }

  private static byte[] data(String dtype, double... values) {
    ByteBuffer b = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    BiConsumer<ByteBuffer, Double> put =
        switch (dtype) {
          case "F64" -> (x, v) -> x.putDouble(v);
          case "F32" -> (x, v) -> x.putFloat(v.floatValue());
          case "F16" -> (x, v) -> x.putShort(half(v));
          case "BF16" -> (x, v) -> x.putShort((short) (Float.floatToIntBits(v.floatValue()) >> 16));
          case "I64" -> (x, v) -> x.putLong(v.longValue());
          case "I32" -> (x, v) -> x.putInt(v.intValue());
          default -> (x, v) -> x.put((byte) v.intValue());
        };
    for (double v : values) {
      put.accept(b, v);
    }
    return Arrays.copyOf(b.array(), b.position());
  }

  /** Exact for whole numbers below 2048. */
  private static short half(double v) {
    if (v == 0) {
      return 0;
    }
    int exponent = Math.getExponent(v);
    return (short) ((exponent + 15) << 10 | (int) ((v / Math.scalb(1, exponent) - 1) * 1024));
  }

  @Test
  void aFileThatBecameShorterIsRefusedAndStaysAsItIs() throws IOException {
    Path file = file(new SafetensorsFile().zeros("a", 1000).bytes());
    Safetensors open = Safetensors.open(file);
    try (RandomAccessFile f = new RandomAccessFile(file.toFile(), "rw")) {
      f.setLength(1000);
    }
    Refusal.holds(() -> open.doubles("a"), "became shorter");
    assertEquals(1000, Files.size(file));
    Files.delete(file);
    Refusal.of(() -> open.doubles("a"));
  }

  @ParameterizedTest
  @CsvSource({"F32, 600000000, 4", "BF16, 600000000, 2", "U8, 3000000000, 1"})
  void aTensorThatNoBufferHoldsIsRefused(String dtype, long n, int bytes) throws IOException {
    String header =
        "{\"big\":{\"dtype\":\"%s\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(dtype, n, n * bytes);
    Path file = file(SafetensorsFile.bytes(header, new byte[0]));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(8 + header.length() + n * bytes);
    }
    Safetensors open = Safetensors.open(file);
    Refusal.holds(() -> open.doubles("big"), "big", "too large", "2 GiB");
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      if (!dtype.equals("U8")) {
        Refusal.holds(() -> open.floats(manager, "big"), "big", "too large", "2 GiB");
      }
    }
  }

  @Test
  void anUnknownTensorIsNamed() throws IOException {
    Safetensors open = Safetensors.open(file(new SafetensorsFile().zeros("a", 2).bytes()));
    Refusal.holds(() -> open.shape("b"), "no tensor b", "x.safetensors");
    Refusal.holds(() -> open.dtype("b"), "no tensor b");
    Refusal.holds(() -> open.doubles("b"), "no tensor b");
  }

  /** Whatever one changes in a good file, it is read, or refused in a sentence. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void mutationsAreReadOrRefused(long seed) throws IOException {
    Random random = new Random(seed);
    byte[] good =
        new SafetensorsFile()
            .zeros("weight", 3, 4)
            .with("half", "F16", new long[] {2, 2}, new byte[8])
            .with("b", "BF16", new long[] {5}, new byte[10])
            .with("ids", "I64", new long[] {}, new byte[8])
            .with("double", "F64", new long[] {2}, new byte[16])
            .bytes();
    int refused = 0;
    try (NDManager root = NDManager.newBaseManager("PyTorch")) {
      for (int i = 0; i < 1000; i++) {
        byte[] bad = mutated(good, random);
        Path file = file(bad);
        try (NDManager manager = root.newSubManager()) {
          Safetensors open = Safetensors.open(file);
          for (String name : open.names()) {
            assertEquals(
                Arrays.stream(open.shape(name)).reduce(1, (a, b) -> a * b),
                open.doubles(name).length);
            if (open.dtype(name).contains("F")) {
              open.floats(manager, name);
            }
          }
        } catch (EngramException e) {
          String sentence = String.valueOf(e.getMessage());
          assertEquals(1, sentence.lines().count(), sentence);
          assertTrue(sentence.length() < 700, sentence);
          refused++;
        }
        assertArrayEquals(bad, Files.readAllBytes(file));
      }
      assertEquals(0, root.getManagedArrays().size());
    }
    assertTrue(refused > 300 && refused < 1000, "refused " + refused + " of 1000");
  }

  private static byte[] mutated(byte[] good, Random random) {
    byte[] bad = good.clone();
    int header = (int) ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getLong();
    byte[] telling = "0123456789-.eE\"[]{},:\\n\n".getBytes(StandardCharsets.US_ASCII);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(Math.min(bad.length, 8 + header));
      switch (random.nextInt(6)) {
        case 0 -> bad[at] = (byte) random.nextInt(256);
        case 1, 2 -> bad[at] = telling[random.nextInt(telling.length)];
        case 3 -> bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        case 4 -> bad = Arrays.copyOf(bad, 9 + random.nextInt(bad.length));
        default -> {
          int to = random.nextInt(bad.length);
          System.arraycopy(bad, at, bad, to, Math.min(8, bad.length - Math.max(at, to)));
        }
      }
    }
    return bad;
  }

  /** It took 36 seconds: a table of a million names that come once. */
  @Test
  void aHeaderOfAMillionEntriesIsSoonRefused(@TempDir Path temp) throws IOException {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 1_000_000; i++) {
      header
          .append(i == 0 ? "" : ",")
          .append("\"t")
          .append(i)
          .append("\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    byte[] text = header.append('}').toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    Path file = temp.resolve("x.safetensors");
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocate(8 + text.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    Files.write(file, bytes.putLong(text.length).put(text).array());
    org.junit.jupiter.api.Assertions.assertTimeoutPreemptively(
        java.time.Duration.ofSeconds(20),
        () ->
            Refusal.holds(() -> Safetensors.open(file), "its header is not valid JSON", "1500000"));
  }
}
