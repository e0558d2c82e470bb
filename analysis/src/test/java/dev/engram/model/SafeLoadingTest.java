package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Progress;
import dev.engram.Refusal;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model's folder from a stranger: nothing outside it is read, and no more than makes sense. */
class SafeLoadingTest {
  @TempDir Path temp = Path.of("");

  private static void loads(Path directory) {
    try (Clip clip = Clip.from(directory).device("cpu").load()) {
      assertEquals(1, clip.embedTexts(List.of("a panda"), Progress.NONE).length);
    }
  }

  private static void refused(Path directory, String... parts) {
    Refusal.holds(() -> loads(directory), parts);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "preprocessor_config.json",
        "words.txt",
        "LICENSE"
      })
  void aLinkOutOfTheFolderIsRefused(String name) throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    Path file = folder.resolve(name);
    if (!Files.exists(file)) {
      Files.writeString(file, "dog\n");
    }
    Path outside = Files.move(file, temp.resolve("outside"));
    Files.createSymbolicLink(file, outside);
    refused(folder, name, "is a link to", outside.toString(), "copy the file into the folder");
    Files.delete(file);
    Files.move(outside, folder.resolve("inside"));
    Files.createSymbolicLink(file, Path.of("inside"));
    loads(folder);
  }

  @Test
  void aFolderMayItselfBeALink() throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    loads(Files.createSymbolicLink(temp.resolve("link"), folder));
  }

  @Test
  void theLinksOfTheHubsCacheAreFollowed() throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    Path repository = temp.resolve("hub/models--someone--clip");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots/0123abcd"));
    Path blobs = Files.createDirectories(repository.resolve("blobs"));
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        Files.move(file, blobs.resolve("hash-of-" + name));
        Files.createSymbolicLink(
            snapshot.resolve(name), Path.of("../../blobs").resolve("hash-of-" + name));
      }
    }
    loads(snapshot);
    Path config = snapshot.resolve("config.json");
    Files.move(blobs.resolve("hash-of-config.json"), repository.resolve("refs"));
    Files.delete(config);
    Files.createSymbolicLink(config, Path.of("../../refs"));
    refused(snapshot, "config.json", "outside of the model's folder");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "preprocessor_config.json"
      })
  void whatIsLargerThanItCanBeIsNotRead(String name) throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    try (RandomAccessFile file = new RandomAccessFile(folder.resolve(name).toFile(), "rw")) {
      file.setLength(20_000_000_000L);
    }
    refused(folder, name, "20000000000 bytes", "at most 64000000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\": 1, \"a\": 2} | Duplicate field 'a'",
        "{\"a\": {\"b\": [1, 2], \"b\": 3}} | Duplicate field 'b'",
        "{} {} | Trailing token",
        "[1] | JSON object",
        "3 | JSON object"
      })
  void jsonThatSaysTwoThingsIsRefused(String text, String part) throws IOException {
    for (String name :
        List.of(
            "config.json", "tokenizer.json", "tokenizer_config.json", "preprocessor_config.json")) {
      DamagedModel model = DamagedModel.of("fp16", Files.createDirectory(temp.resolve(name)));
      refused(model.write(name, text).directory, name, part);
    }
  }

  @Test
  void deepJsonIsRefused() throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    for (String name : List.of("tokenizer.json", "preprocessor_config.json", "config.json")) {
      Files.writeString(folder.resolve(name), "{\"a\":".repeat(100_000));
      refused(folder, name, "nesting depth");
    }
  }

  @Test
  void aHeaderOfAMillionNothingsIsRefused() throws IOException {
    StringBuilder header = new StringBuilder("{\"a\":{\"dtype\":\"F32\",\"shape\":[");
    header.append("1,".repeat(1_000_000)).append("1],\"data_offsets\":[0,4]}}");
    Path file = temp.resolve("x.safetensors");
    Files.write(file, SafetensorsFile.bytes(header.toString(), new byte[4]));
    Refusal.holds(
        () -> Safetensors.open(file), "tensor a has 1000001 dimensions, expected at most 8");
    String many = "{\"a\":[" + "[],".repeat(3_000_000) + "[]]}";
    Files.write(file, SafetensorsFile.bytes(many, new byte[0]));
    Refusal.holds(() -> Safetensors.open(file), "header is not valid JSON");
  }

  @Test
  void anImageFileOfManyGigabytesIsNotRead() throws IOException {
    Path file = temp.resolve("x.png");
    Files.write(file, new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(20_000_000_000L);
    }
    Refusal.holds(() -> ImageReader.read(file), "x.png", "limit of 540,000,000 bytes");
  }

  /** The cosine with an embedding of zeros is NaN, which would be shown as a result. */
  @Test
  void weightsThatAreAllZeroAreRefusedWhereSomethingIsEmbedded() throws IOException {
    Path folder = DamagedModel.of("fp16", temp).directory;
    Path weights = folder.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    long header = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
    java.util.Arrays.fill(bytes, 8 + (int) header, bytes.length, (byte) 0);
    Files.write(weights, bytes);
    try (Clip clip = Clip.from(folder).device("cpu").load()) {
      int side = clip.config().imageSize();
      List<float[]> image = List.of(new float[3 * side * side]);
      Refusal.holds(
          () -> clip.embedImages(image, Progress.NONE), "embeds an image as zeros", "fp16");
      Refusal.holds(
          () -> clip.embedTexts(List.of("a panda"), Progress.NONE), "embeds a text as zeros");
    }
  }
}
