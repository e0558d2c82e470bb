package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.UpToRounding;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints that PyTorch itself has written ({@code make.py} beside them) have the values of the
 * same tensors in safetensors, and whatever else a pickle asks for is refused in one sentence.
 */
class PyTorchFileTest {
  private static final Path FILES = Path.of("src", "test", "resources", "pytorch");
  private static final String FLOATS = "FloatStorage";

  /** Of the heap, for a file of some thousand bytes. */
  private static final long MOST_ALLOCATED = 200_000_000;

  @TempDir Path temp = Path.of("");

  private Path file(byte[] content) throws IOException {
    return Files.write(temp.resolve("x.bin"), content);
  }

  /** Refused, and without the memory that the file claims. */
  private void refused(byte[] content, String... parts) throws IOException {
    Path file = file(content);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Refusal.holds(() -> PyTorchFile.open(file), parts);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(allocated < MOST_ALLOCATED, () -> allocated + " bytes were allocated");
  }

  private static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(FILES.resolve(name));
  }

  // ---------------------------------------------------------------- PyTorch's own files

  @ParameterizedTest
  @CsvSource({
    "zip.bin, tensors",
    "legacy.bin, tensors",
    "protocol4.bin, tensors",
    "training.pt, tensors",
    "script.pt, script"
  })
  void everyFormatHoldsTheValuesOfSafetensors(String name, String expected) {
    TensorFile written = TensorFile.open(FILES.resolve(name));
    TensorFile same = TensorFile.open(FILES.resolve(expected + ".safetensors"));
    assertEquals(new TreeSet<>(same.names()), new TreeSet<>(written.names()));
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (String tensor : same.names()) {
        assertEquals(same.dtype(tensor), written.dtype(tensor), tensor);
        assertArrayEquals(same.shape(tensor), written.shape(tensor), tensor);
        assertArrayEquals(same.doubles(tensor), written.doubles(tensor), tensor);
        if (same.dtype(tensor).contains("F")) {
          NDArray floats = written.floats(manager, tensor);
          assertArrayEquals(same.floats(manager, tensor).toFloatArray(), floats.toFloatArray());
          assertEquals(same.floats(manager, tensor).getShape(), floats.getShape());
        } else {
          Refusal.holds(() -> written.floats(manager, tensor), tensor, "expected a float type");
        }
      }
    }
  }

  @Test
  void whatLiesBesideTheWeightsIsNamed() {
    assertEquals(
        Optional.of(
            "training.pt holds besides the weights what is not read: epoch, name, args, dtype, device."),
        PyTorchFile.open(FILES.resolve("training.pt")).note());
    assertEquals(Optional.empty(), PyTorchFile.open(FILES.resolve("zip.bin")).note());
  }

  @Test
  void tensorsThatShareAStorageStaySharedInTheFileAlone() throws IOException {
    Path file = file(bytes("zip.bin"));
    PyTorchFile open = PyTorchFile.open(file);
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        NDArray weight = open.floats(manager, "weight");
        NDArray rows = open.floats(manager, "rows")) {
      float before = rows.toFloatArray()[0];
      weight.addi(1);
      assertEquals(before, rows.toFloatArray()[0]);
    }
    assertArrayEquals(bytes("zip.bin"), Files.readAllBytes(file));
  }

  @Test
  void aFileThatMayNotBeWrittenIsRead() throws IOException {
    Path file = file(bytes("legacy.bin"));
    assertTrue(file.toFile().setReadOnly());
    assertArrayEquals(
        TensorFile.open(FILES.resolve("tensors.safetensors")).doubles("transposed"),
        PyTorchFile.open(file).doubles("transposed"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"zip.bin", "legacy.bin", "script.pt"})
  void noBeginningOfAFileIsTakenForTheFile(String name) throws IOException {
    byte[] whole = bytes(name);
    for (int n = 0; n < whole.length; n += 3) {
      Path file = file(Arrays.copyOf(whole, n));
      Refusal.holds(() -> PyTorchFile.open(file), "x.bin");
    }
  }

  // ---------------------------------------------------------------- what pickles ask for

  @ParameterizedTest
  @CsvSource({
    "system, posix.system",
    "getattr, __builtin__.getattr",
    "class, __main__.Holder",
    "module, __main__.Script",
    "legacy, posix.system",
    "bare, posix.system"
  })
  void whatAPickleAsksForIsNamedAndNotGiven(String name, String asked) throws IOException {
    refused(bytes("hostile-" + name + ".pt"), "x.bin asks for " + asked, "runs no code");
    assertFalse(Files.exists(Path.of("/tmp/engram-was-here")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "os.system",
        "builtins.eval",
        "builtins.getattr",
        "torch.load",
        "torch.storage._load_from_bytes",
        "torch._utils._rebuild_tensor_v3",
        "torch.jit._pickle.build_intlist",
        "__torch__.Module",
        "numpy.core.multiarray._reconstruct",
        "java.lang.Runtime",
        "collections.OrderedDict.fromkeys",
        "torch.FloatStorage.from_file"
      })
  void whatIsNotOnTheListIsRefused(String name) throws IOException {
    int dot = name.lastIndexOf('.');
    String module = name.substring(0, dot);
    String last = name.substring(dot + 1);
    byte[] global = new PickleBytes().global(module, last).codes(")R").end();
    refused(PickleBytes.archive(global), "asks for " + name);
    byte[] onStack = new PickleBytes().text(module).text(last).code(0x93).codes(")R").end();
    refused(PickleBytes.archive(onStack), "asks for " + name);
  }

  @Test
  void whatIsAskedForIsShownInOneLine() throws IOException {
    byte[] hidden = new PickleBytes().global("os\u202e\u0007", "x".repeat(900)).end();
    refused(PickleBytes.archive(hidden), "asks for os\\u202e\\u0007.xxx", "…");
    byte[] endless = new PickleBytes().global("o".repeat(5000), "x").end();
    refused(PickleBytes.archive(endless), "names something with more than");
  }

  @Test
  void whatIsOnTheListIsNotCalledOtherwise() throws IOException {
    Map<String, Consumer<PickleBytes>> pickles = new LinkedHashMap<>();
    pickles.put("calls what is no function", p -> p.global("torch", FLOATS).codes(")R"));
    pickles.put(
        "makes an object of what is no class", p -> p.global("torch", "Size").code(')').code(0x81));
    pickles.put(
        "makes an object of arguments", p -> p.global("torch", "Size").numbers(1).code(0x81));
    pickles.put("gives attributes to what has none", p -> p.text("a").codes("}b"));
    pickles.put(
        "without a storage", p -> p.global("torch._utils", "_rebuild_tensor_v2").codes(")R"));
    pickles.put(
        "parameter without a tensor",
        p -> p.global("torch._utils", "_rebuild_parameter").codes(")R"));
    pickles.put("Size without sizes", p -> p.global("torch", "Size").codes(")R"));
    pickles.put(
        "OrderedDict of what are no pairs",
        p -> p.global("collections", "OrderedDict").numbers(1).code('R'));
    pickles.put("refers to what is no storage", p -> p.text("module").code('Q'));
    pickles.put("has the length -1", p -> p.storage(FLOATS, "0", -1));
    pickles.put(
        "0 is said to hold 1 values of F32 and 2 of F32",
        p -> p.storage(FLOATS, "0", 1).storage(FLOATS, "0", 2));
    pickles.put("neither a text nor a whole number", p -> p.codes("}(").numbers(1).codes("Nu"));
    pickles.put("the code 0x69", p -> p.codes("(ios\nsystem\n")); // INST
    pickles.put("the code 0x82", p -> p.code(0x82).code(1)); // EXT1
    pickles.put("the protocol 9", p -> p.code(0x80).code(9));
    pickles.put("damaged", p -> p.codes("R"));
    pickles.put("the code 0x31", p -> p.codes("(1u")); // POP_MARK
    pickles.forEach(
        (part, pickle) -> {
          PickleBytes bytes = new PickleBytes();
          pickle.accept(bytes);
          try {
            refused(PickleBytes.archive(bytes.end()), part);
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        });
  }

  // ---------------------------------------------------------------- tensors and storages

  private static byte[] tensor(long length, long offset, long[] shape, long[] strides)
      throws IOException {
    byte[] pickle =
        new PickleBytes()
            .codes("}")
            .text("weight")
            .tensor(FLOATS, "0", length, offset, shape, strides)
            .code('s')
            .end();
    return PickleBytes.archive(pickle, new byte[24]);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "6 | 1 | 2,3 | 3,1 | does not fit its storage of 6 values",
        "6 | 0 | 2,4 | 3,1 | does not fit",
        "6 | 0 | 2,3 | 4,1 | does not fit",
        "6 | 0 | 2,3 | -3,1 | does not fit",
        "6 | -1 | 2,3 | 3,1 | does not fit",
        "6 | 0 | -2,-3 | 3,1 | does not fit",
        "6 | 0 | 1000000000,3 | 0,1 | does not fit", // a view that repeats its values
        "6 | 0 | 4294967296,4294967296 | 1,1 | does not fit", // 2^64 values are 0
        "6 | 0 | 0,9223372036854775807,9 | 1,1,1 | does not fit",
        "6 | 0 | 2,2 | 9223372036854775807,1 | does not fit",
        "6 | 9223372036854775807 | 2,2 | 1,1 | does not fit",
        "6 | 0 | 2,3 | 3 | 2 dimensions and 1 strides",
        "6 | 0 | 1,1,1,1,1,1,1,1,1 | 1,1,1,1,1,1,1,1,1 | at most 8",
        "7 | 0 | 2,3 | 3,1 | has 24 bytes and is said to hold 7 values of F32",
        "5 | 0 | 1,3 | 3,1 | has 24 bytes and is said to hold 5 values",
        "9223372036854775807 | 0 | 2,3 | 3,1 | has 24 bytes and is said to hold 9223372036854775807"
      })
  void aTensorThatIsNotInItsStorageIsRefused(
      long length, long offset, String shape, String strides, String part) throws IOException {
    refused(tensor(length, offset, longs(shape), longs(strides)), part);
  }

  private static long[] longs(String list) {
    return Arrays.stream(list.split(",")).mapToLong(Long::parseLong).toArray();
  }

  @Test
  void aViewIsReadRowByRow() throws IOException {
    ByteBuffer values = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 6; i++) {
      values.putFloat(i);
    }
    byte[] pickle =
        new PickleBytes()
            .codes("}")
            .text("a")
            .tensor(FLOATS, "0", 6, 1, new long[] {2, 1, 2}, new long[] {2, 77, 1})
            .codes("s")
            .text("b")
            .tensor(FLOATS, "0", 6, 0, new long[] {3, 2}, new long[] {1, 3})
            .codes("s")
            .end();
    PyTorchFile open = PyTorchFile.open(file(PickleBytes.archive(pickle, values.array())));
    assertArrayEquals(new double[] {1, 2, 3, 4}, open.doubles("a"));
    assertArrayEquals(new double[] {0, 3, 1, 4, 2, 5}, open.doubles("b"));
    Files.write(temp.resolve("x.bin"), new byte[10]);
    Refusal.holds(() -> open.doubles("a"), "became shorter");
    Refusal.holds(() -> open.doubles("none"), "no tensor none in x.bin");
  }

  @Test
  void storagesOfOldFilesThatLieAreRefused() throws IOException {
    byte[] good = bytes("legacy.bin");
    // the first storage: its number of values stands in 8 bytes before them
    int at =
        indexOf(good, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(24).array());
    for (long lie : new long[] {23, 25, -1, Long.MAX_VALUE}) {
      byte[] bad = good.clone();
      ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putLong(at, lie);
      refused(bad, "is said to hold 24 values of F32 and to be followed by " + lie);
    }
  }

  private static int indexOf(byte[] in, byte[] part) {
    for (int i = 0; ; i++) {
      if (Arrays.equals(in, i, i + part.length, part, 0, part.length)) {
        return i;
      }
    }
  }

  // ---------------------------------------------------------------- pickles without end

  @Test
  void aPickleThatHoldsItselfEnds() throws IOException {
    byte[] list = new PickleBytes().codes("]q\0h\0ah\0a").end();
    refused(PickleBytes.archive(list), "it holds no map of tensors");
    byte[] map = new PickleBytes().codes("}q\0").text("state_dict").codes("h\0s").end();
    refused(PickleBytes.archive(map), "it holds no tensors", "state_dict");
    refused(script(p -> p.codes("q\0}").text("a").codes("h\0sb")), "more than 64 deep");
    refused(
        script( // 2^60 ways through 60 modules
            p -> {
              for (int i = 0; i < 60; i++) {
                p.codes("}(").text("a");
                p.global("__torch__", "A").code(')').code(0x81).code('q').code(i);
              }
              p.code('}').code('b');
              for (int i = 59; i >= 0; i--) {
                p.text("b").code('h').code(i).codes("ub");
              }
            }),
        "more than 200,000 values");
  }

  /** A module, and what follows it. */
  private static byte[] script(Consumer<PickleBytes> then) throws IOException {
    PickleBytes pickle = new PickleBytes().global("__torch__", "A").code(')').code(0x81);
    then.accept(pickle);
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/data.pkl", pickle.end());
    entries.put("a/constants.pkl", new byte[0]);
    return PickleBytes.zip(entries);
  }

  @Test
  void aPickleOfManyStepsEnds() throws IOException {
    byte[] many = new PickleBytes().codes("}".repeat(1_600_000)).end();
    refused(PickleBytes.archive(many), "takes more than 1,500,000 steps");
    byte[] claimed = {(byte) 0x80, 2, 'X', -1, -1, -1, 127, 'a'};
    refused(PickleBytes.archive(claimed), "more than 32,000,000 bytes");
    claimed[6] = 0;
    refused(PickleBytes.archive(claimed), "in the middle of its pickle");
  }

  // ---------------------------------------------------------------- archives

  private static byte[] deflated(String name, byte[] head, long zeros) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      out.putNextEntry(new ZipEntry(name));
      out.write(head);
      byte[] chunk = new byte[1 << 20];
      for (long n = 0; n < zeros; n += chunk.length) {
        out.write(chunk);
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void aZipBombIsNotUnpacked() throws IOException {
    byte[] text = {(byte) 0x80, 2, 'X', 0, 0, 0, 64}; // a text of 2^30 letters
    refused(deflated("a/data.pkl", text, 1L << 25), "more than 32,000,000 bytes");
    byte[] lesser = {(byte) 0x80, 2, 'X', 0, 0, -128, 1}; // of 25 million
    refused(deflated("a/data.pkl", lesser, 1L << 25), "the code 0x00");
    byte[] pickle =
        new PickleBytes()
            .codes("}")
            .text("a")
            .tensor(FLOATS, "0", 1 << 24, 0, new long[] {1 << 24}, new long[] {1})
            .code('s')
            .end();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream out = new ZipOutputStream(bytes)) {
      out.putNextEntry(new ZipEntry("a/data.pkl"));
      out.write(pickle);
      out.putNextEntry(new ZipEntry("a/data/0"));
      byte[] chunk = new byte[1 << 20];
      for (int i = 0; i < 1 << 6; i++) {
        out.write(chunk);
      }
    }
    refused(bytes.toByteArray(), "a/data/0 is compressed or encrypted");
  }

  @Test
  void aDeflatedPickleIsRead() throws IOException {
    byte[] pickle = new PickleBytes().codes("}").text("epoch").number(3).code('s').end();
    refused(deflated("a/data.pkl", pickle, 0), "it holds no tensors", "[epoch]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../../tmp/evil",
        "/etc/passwd",
        "archive/../../x",
        "archive\\..\\x",
        "C:/x",
        "archive/data/..",
        ".."
      })
  void aPathThatLeadsOutOfTheArchiveIsRefused(String name) throws IOException {
    byte[] pickle = new PickleBytes().code('}').end();
    refused(
        PickleBytes.zip(Map.of("archive/data.pkl", pickle, name, new byte[1])),
        "has the entry " + name,
        "leads out of it");
  }

  @Test
  void aStorageIsAnEntryAndNoPath() throws IOException {
    byte[] pickle =
        new PickleBytes()
            .codes("}")
            .text("a")
            .tensor(FLOATS, "../../../etc/passwd", 6, 0, new long[] {6}, new long[] {1})
            .code('s')
            .end();
    refused(PickleBytes.archive(pickle), "no entry archive/data/../../../etc/passwd");
  }

  @Test
  void anArchiveThatContradictsItselfIsRefused() throws IOException {
    byte[] pickle = new PickleBytes().code('}').end();
    refused(PickleBytes.zip(Map.of("a/x", pickle)), "this one has none");
    refused(PickleBytes.zip(Map.of("a/data.pkl", pickle, "b/data.pkl", pickle)), "has 2 of them");
    Map<String, byte[]> big = Map.of("a/data.pkl", pickle, "a/byteorder", "big".getBytes(UTF_8));
    refused(PickleBytes.zip(big), "big endian");
    byte[] good = tensor(6, 0, new long[] {2, 3}, new long[] {3, 1});
    assertEquals(6, PyTorchFile.open(file(good)).doubles("weight").length);

    byte[] twice = good.clone();
    int directory = indexOf(good, new byte[] {'P', 'K', 1, 2});
    byte[] same = "archive/data/0".getBytes(UTF_8);
    byte[] renamed = PickleBytes.zip(Map.of("archive/data/0", pickle, "archive/data/1", pickle));
    for (int i = 0; i + same.length <= renamed.length; i++) {
      if (Arrays.equals(
          renamed, i, i + same.length, "archive/data/1".getBytes(UTF_8), 0, same.length)) {
        renamed[i + same.length - 1] = '0';
      }
    }
    refused(renamed, "the entry archive/data/0 twice");

    twice[directory + 46 - 4] = 1; // where the entry begins
    refused(twice, "does not lie where the archive's directory says");
    byte[] far = good.clone();
    Arrays.fill(far, directory + 42, directory + 46, (byte) 0x7f);
    refused(far, "claims more bytes than the file has");
    byte[] encrypted = good.clone();
    encrypted[directory + 8] |= 1;
    refused(encrypted, "encrypted");
    byte[] count = good.clone();
    count[count.length - 22 + 10] = 9;
    refused(count, "the directory of its archive is damaged");
  }

  @Test
  void whatIsNoCheckpointIsRefused() throws IOException {
    refused(new byte[0], "neither a zip archive nor a pickle");
    refused("<html>Sign in</html>".getBytes(UTF_8), "neither a zip archive nor a pickle");
    refused(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n".getBytes(UTF_8),
        "x.bin is a pointer of Git LFS",
        "git lfs pull");
    refused(new byte[] {(byte) 0x80, 2, '}', '.'}, "not one that torch.save wrote");
    Refusal.holds(() -> PyTorchFile.open(temp), "is a folder");
    Refusal.holds(() -> PyTorchFile.open(temp.resolve("none.bin")), "no file", "none.bin");
  }

  // ---------------------------------------------------------------- whole models

  private static double[] embedding(Path directory) {
    try (Clip clip = Clip.from(directory).device("cpu").load()) {
      float[] text = clip.embedTexts(List.of("a panda"), Progress.NONE)[0];
      int side = clip.config().imageSize();
      float[] pixels = new float[3 * side * side];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (i % 17) / 17f;
      }
      float[] image = clip.embedImages(List.of(pixels), Progress.NONE)[0];
      double[] both = new double[text.length + image.length];
      for (int i = 0; i < both.length; i++) {
        both[i] = i < text.length ? text[i] : image[i - text.length];
      }
      return both;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "quick_gelu_p8, pytorch_model.bin, false",
    "fp16, pytorch_model.bin, false",
    "bf16, anything.ckpt, false",
    "openclip_naming, open_clip_pytorch_model.bin, false",
    "openai_naming, ViT-L-14.pt, true",
    "openai_naming_width64, model.pt, false"
  })
  void aModelIsTheSameInEveryFormat(String name, String file, boolean script) throws IOException {
    DamagedModel model = DamagedModel.of(name, temp);
    double[] expected = embedding(model.directory);
    Path safetensors;
    try (var files = Files.list(model.directory)) {
      safetensors =
          files.filter(f -> f.toString().endsWith(".safetensors")).findFirst().orElseThrow();
    }
    SafetensorsFile weights = SafetensorsFile.read(safetensors);
    if (script) {
      PickleBytes.saveScript(weights, model.directory.resolve(file));
    } else {
      PickleBytes.save(weights, model.directory.resolve(file));
    }
    Files.delete(safetensors);
    Files.write(model.directory.resolve("training_args.bin"), new byte[3]);
    assertArrayEquals(expected, embedding(model.directory), UpToRounding.MOST);
  }

  @Test
  void shardsOfPyTorchAreRead() throws IOException {
    DamagedModel model = DamagedModel.of("sharded", temp);
    double[] expected = embedding(model.directory);
    String index = Files.readString(model.directory.resolve("model.safetensors.index.json"));
    try (var files = Files.list(model.directory)) {
      for (Path shard : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        String to = shard.getFileName().toString().replace("model-", "pytorch_model-");
        PickleBytes.save(
            SafetensorsFile.read(shard),
            model.directory.resolve(to.replace(".safetensors", ".bin")));
        Files.delete(shard);
      }
    }
    model.delete("model.safetensors.index.json");
    String list = index.replace("model-", "pytorch_model-").replace(".safetensors", ".bin");
    model.write("pytorch_model.bin.index.json", list);
    assertArrayEquals(expected, embedding(model.directory), UpToRounding.MOST);
    model.write(
        "pytorch_model.bin.index.json",
        list.replaceFirst("pytorch_model-00001[^\"]*", "x.safetensors"));
    Refusal.holds(() -> Clip.from(model.directory).load(), "'x.safetensors' as a shard");
  }

  @Test
  void safetensorsComeFirstAndSeveralAreNotGuessed() throws IOException {
    DamagedModel model = DamagedModel.of("quick_gelu_p8", temp);
    double[] expected = embedding(model.directory);
    Files.write(model.directory.resolve("pytorch_model.bin"), bytes("hostile-system.pt"));
    assertArrayEquals(expected, embedding(model.directory));
    model.delete("model.safetensors");
    Refusal.holds(() -> Clip.from(model.directory).load(), "asks for posix.system");
    model.delete("pytorch_model.bin");
    Files.write(model.directory.resolve("a.pt"), new byte[3]);
    Files.write(model.directory.resolve("b.pth"), new byte[3]);
    Refusal.holds(
        () -> Clip.from(model.directory).load(), "several files of weights", "a.pt, b.pth");
  }

  @Test
  void theFileOfATrainingLoadsWithANote() throws IOException {
    DamagedModel model = DamagedModel.of("quick_gelu_p8", temp);
    SafetensorsFile weights = SafetensorsFile.read(model.directory.resolve("model.safetensors"));
    PickleBytes.save(weights, temp.resolve("plain.bin"));
    model.delete("model.safetensors");
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (var zip = new java.util.zip.ZipFile(temp.resolve("plain.bin").toFile())) {
      for (ZipEntry e : java.util.Collections.list(zip.entries())) {
        entries.put(e.getName(), zip.getInputStream(e).readAllBytes());
      }
    }
    byte[] plain = java.util.Objects.requireNonNull(entries.get("archive/data.pkl"));
    PickleBytes outer =
        new PickleBytes().code('}').text("epoch").number(9).code('s').text("state_dict");
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    byte[] head = outer.end();
    joined.write(head, 0, head.length - 1);
    joined.write(plain, 2, plain.length - 3);
    joined.write('s');
    joined.write('.');
    entries.put("archive/data.pkl", joined.toByteArray());
    Files.write(model.directory.resolve("epoch_9.pt"), PickleBytes.zip(entries));
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      assertTrue(
          clip.config()
              .notes()
              .contains("epoch_9.pt holds besides the weights what is not read: epoch."),
          () -> clip.config().notes().toString());
    }
  }
}
