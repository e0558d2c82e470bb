package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDManager;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.data.DatasetOptions;
import dev.engram.data.Datasets;
import dev.engram.data.ImageSet;
import dev.engram.data.SmallDatasets;
import dev.engram.edit.EditFile;
import dev.engram.edit.Removal;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** A file that strangers write: what lies around it, a good content, and how Engram reads it. */
enum UntrustedFile {
  SAFETENSORS("x.safetensors", UntrustedFile::tensors, UntrustedFile::readTensors),
  PYTORCH("x.bin", f -> pyTorch("zip.bin", f), UntrustedFile::readPyTorch),
  PYTORCH_LEGACY("x.bin", f -> pyTorch("legacy.bin", f), UntrustedFile::readPyTorch),
  TORCH_SCRIPT("x.bin", f -> pyTorch("script.pt", f), UntrustedFile::readPyTorch),
  CONFIG("config.json", f -> model("quick_gelu_p8", f), UntrustedFile::readConfig),
  OPEN_CLIP("open_clip_config.json", f -> model("openclip_naming", f), UntrustedFile::readConfig),
  INDEX("model.safetensors.index.json", f -> model("sharded", f), Checkpoint::open),
  TOKENIZER("tokenizer.json", f -> model("fp16", f), UntrustedFile::readTokenizer),
  SENTENCE_PIECE("tokenizer.json", UntrustedFile::sentencePiece, UntrustedFile::readSentencePiece),
  VOCABULARY("vocab.json", UntrustedFile::vocabulary, UntrustedFile::readTokenizer),
  MERGES("merges.txt", UntrustedFile::vocabulary, UntrustedFile::readTokenizer),
  PADDING("tokenizer_config.json", f -> model("fp16", f), UntrustedFile::readTokenizer),
  PREPROCESSOR("preprocessor_config.json", f -> model("fp16", f), UntrustedFile::readProcessor),
  PNG("x.png", f -> picture("png", f), f -> ImageReader.read(f.resolve("x.png"))),
  JPEG("x.jpg", f -> picture("jpg", f), f -> ImageReader.read(f.resolve("x.jpg"))),
  GIF("x.gif", f -> picture("gif", f), f -> ImageReader.read(f.resolve("x.gif"))),
  WEBP(
      "x.webp",
      f -> sample("anim_offset_lossy.webp", f),
      f -> ImageReader.read(f.resolve("x.webp"))),
  WEBP_LOSSLESS(
      "x.webp", f -> sample("palette.webp", f), f -> ImageReader.read(f.resolve("x.webp"))),
  TIFF("x.tiff", f -> picture("tiff", f), f -> ImageReader.read(f.resolve("x.tiff"))),
  BMP("x.bmp", f -> picture("bmp", f), f -> ImageReader.read(f.resolve("x.bmp"))),
  MATLAB_NUMBERS("imagelabels.mat", SmallDatasets::flowers, UntrustedFile::readDataset),
  MATLAB_STRUCT(
      "ILSVRC2012_devkit_t12/data/meta.mat",
      SmallDatasets::imageNetFlat,
      UntrustedFile::readDataset),
  IMAGE_IDS("CUB_200_2011/images.txt", SmallDatasets::cub, UntrustedFile::readDataset),
  MANIFEST("manifest.csv", UntrustedFile::manifest, ImageSet::read),
  LIST("list.csv", UntrustedFile::list, f -> readDataset(f.resolve("list.csv"))),
  EDITS("x.safetensors", UntrustedFile::edits, f -> EditFile.read(f.resolve("x.safetensors")));

  private static final Path FAMILIES = Path.of("src", "test", "resources", "families");

  /** Among them none, one of blanks, and what normalizers and byte-level splitting care for. */
  private static final List<String> TEXTS =
      List.of(
          "it's a photo of 2 dogs, \u00e9\ud83d\ude00!",
          "",
          " \t\u00a0 ",
          "\ufb01\uff21e\u0301\u0000 <|endoftext|> </s>",
          "ab \u2581".repeat(300));

  private static final Path MODELS = Path.of("src", "test", "resources", "reference", "models");

  private final String file;
  private final Step making;
  private final Step reading;

  /** Something done in a folder. */
  private interface Step {
    void in(Path folder) throws IOException;
  }

  UntrustedFile(String file, Step making, Step reading) {
    this.file = file;
    this.making = making;
    this.reading = reading;
  }

  /** Fills an empty folder; returns the good content of the file. */
  byte[] prepare(Path folder) throws IOException {
    making.in(folder);
    return Files.readAllBytes(folder.resolve(file));
  }

  /**
   * Reads all that depends on the file.
   *
   * @param folder that was prepared
   * @throws dev.engram.EngramException if the content is refused
   */
  void read(Path folder, byte[] content) throws IOException {
    Files.write(folder.resolve(file), content);
    read(folder);
  }

  /** What lies there now. */
  byte[] content(Path folder) throws IOException {
    return Files.readAllBytes(folder.resolve(file));
  }

  /**
   * Puts a content where each build tries it again.
   *
   * @return where
   */
  Path keep(byte[] content, Path found) throws IOException {
    return Files.write(found.resolve(this + "-" + Sha256.of(content).substring(0, 12)), content);
  }

  /** Reads all that depends on the file with the content that it has. */
  void read(Path folder) throws IOException {
    reading.in(folder);
  }

  /** Whether the tokenizer library reads it, which can end the JVM. */
  boolean isNative() {
    return List.of(TOKENIZER, SENTENCE_PIECE, VOCABULARY, MERGES, PADDING).contains(this);
  }

  /** Whether its size in memory is that of its pixels. */
  boolean isPicture() {
    return List.of(PNG, JPEG, GIF, WEBP, WEBP_LOSSLESS, TIFF, BMP).contains(this);
  }

  private static void tensors(Path folder) throws IOException {
    new SafetensorsFile()
        .zeros("weight", 3, 4)
        .with("half", "F16", new long[] {2, 2}, new byte[8])
        .with("b", "BF16", new long[] {5}, new byte[10])
        .with("ids", "I64", new long[] {}, new byte[8])
        .write(folder.resolve("x.safetensors"));
  }

  private static void pyTorch(String name, Path folder) throws IOException {
    Files.copy(Path.of("src/test/resources/pytorch").resolve(name), folder.resolve("x.bin"));
  }

  private static void readPyTorch(Path folder) {
    readTensors(PyTorchFile.open(folder.resolve("x.bin")));
  }

  private static void readTensors(Path folder) {
    readTensors(Safetensors.open(folder.resolve("x.safetensors")));
  }

  private static void readTensors(TensorFile open) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      for (String name : open.names()) {
        open.doubles(name);
        if (open.dtype(name).contains("F")) {
          open.floats(manager, name);
        }
      }
    }
  }

  private static void model(String name, Path folder) throws IOException {
    try (var files = Files.list(MODELS.resolve(name))) {
      for (Path from : files.toList()) {
        String file = from.getFileName().toString();
        if (!file.startsWith("expected") && !file.startsWith("inputs")) {
          Files.copy(from, folder.resolve(file));
        }
      }
    }
  }

  private static void readConfig(Path folder) {
    ConfigReader.read(Checkpoint.open(folder));
  }

  private static void vocabulary(Path folder) throws IOException {
    model("fp16", folder);
    Files.delete(folder.resolve("tokenizer.json"));
  }

  private static void readTokenizer(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.of(folder, 32, -1)) {
      TEXTS.forEach(tokenizer::encodeTruncated);
    }
  }

  private static void sentencePiece(Path folder) throws IOException {
    for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
      Path from = FAMILIES.resolve("siglip_b16").resolve(file);
      if (Files.exists(from)) {
        Files.copy(from, folder.resolve(file));
      }
    }
  }

  private static void readSentencePiece(Path folder) {
    try (Tokenizer tokenizer = Tokenizer.withoutStart(folder, 32, TokenizerDialect.PLAIN)) {
      TEXTS.forEach(tokenizer::encodeTruncated);
    }
  }

  private static void readProcessor(Path folder) {
    ImageProcessor.of(folder, 32, Families.plain(), Naming.OPENAI)
        .process(new BufferedImage(70, 30, BufferedImage.TYPE_INT_RGB));
  }

  private static void picture(String format, Path folder) throws IOException {
    BufferedImage image = new BufferedImage(23, 17, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(3);
    for (int y = 0; y < 17; y++) {
      for (int x = 0; x < 23; x++) {
        image.setRGB(x, y, random.nextInt(4) * 0x404010);
      }
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, format, out);
    Files.write(folder.resolve("x." + format), out.toByteArray());
  }

  private static void sample(String name, Path folder) throws IOException {
    Files.copy(Path.of("src", "test", "resources", "images", name), folder.resolve("x.webp"));
  }

  private static void readDataset(Path path) {
    Datasets.open(path, DatasetOptions.standard());
  }

  private static void manifest(Path folder) throws IOException {
    for (String file : List.of("animals/cat/0.png", "animals/cat/1.png", "places/sea/0.png")) {
      Files.createDirectories(folder.resolve(file).getParent());
      Files.write(folder.resolve(file), new byte[1]);
    }
    Files.writeString(
        folder.resolve("manifest.csv"),
        """
        file,entity,category,caption
        animals/cat/0.png,cat,animals,"a ""cat"", white"
        animals/cat/1.png,cat,animals,a cat
        places/sea/0.png,sea,places,the sea
        """,
        UTF_8);
  }

  private static void list(Path folder) throws IOException {
    Files.write(folder.resolve("a.png"), new byte[1]);
    Files.write(folder.resolve("b.png"), new byte[1]);
    Files.writeString(
        folder.resolve("list.csv"),
        "file,label,split\na.png,cat,test\n\"b.png\",\"dog, big\",train\n");
  }

  private static void edits(Path folder) throws IOException {
    try (Clip clip = Clip.from(MODELS.resolve("fp16")).device("cpu").load()) {
      List<Neuron> neurons = List.of(Neuron.ffn(1, 3), Neuron.msa(0, 0, 2));
      EditFile.write(
          folder.resolve("x.safetensors"),
          List.of(
              Removal.residual(clip, "it", neurons, Provenance.of("images", "3 of it")),
              Removal.complete(clip, "that", neurons, Provenance.of())),
          Progress.NONE);
    }
  }
}
