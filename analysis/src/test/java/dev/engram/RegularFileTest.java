package dev.engram;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.engram.data.ImageSet;
import dev.engram.edit.EditFile;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.model.Safetensors;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A pipe, a socket or a device is refused, whatever it is called; none is waited for. */
@SuppressWarnings("NullAway.Init")
class RegularFileTest {
  private static final Path MODEL = Path.of("src/test/resources/reference/models/fp16");

  @TempDir private Path folder;

  /** A pipe that nobody writes to; there are none on Windows. */
  private static Path pipe(Path file) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "mkfifo is needed");
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).start().waitFor());
    return file;
  }

  private static void refused(Executable code, String... parts) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          Refusal.holds(code, "is no regular file");
          Refusal.holds(code, parts);
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "preprocessor_config.json",
        "merges.txt"
      })
  void inAModelsFolder(String name) throws Exception {
    try (var files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    Files.deleteIfExists(folder.resolve(name));
    pipe(folder.resolve(name));
    refused(() -> Clip.from(folder).device("cpu").load().close(), name);
  }

  @Test
  void whereOneFileIsNamed() throws Exception {
    Path pipe = pipe(folder.resolve("x.png"));
    Path device = Path.of("/dev/zero");
    refused(() -> ImageReader.read(pipe), "x.png");
    refused(() -> EditFile.read(pipe), "x.png");
    refused(() -> Safetensors.open(pipe), "x.png");
    refused(() -> Json.object(pipe), "x.png");
    if (Files.exists(device)) {
      refused(() -> ImageReader.read(device), "/dev/zero");
      refused(() -> Json.object(device), "/dev/zero");
    }
    Path set = Files.createDirectory(folder.resolve("set"));
    pipe(set.resolve("manifest.csv"));
    refused(() -> ImageSet.read(set), "manifest.csv");
  }

  @Test
  void aSocket() throws Exception {
    // A short path: the name of a socket has at most 100 bytes or so.
    Path file = Files.createTempDirectory("s").resolve("s.json");
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      socket.bind(UnixDomainSocketAddress.of(file));
      refused(() -> Json.object(file), "s.json");
    } catch (UnsupportedOperationException e) {
      assumeTrue(false, "this system has no such sockets");
    } finally {
      Files.deleteIfExists(file);
      Files.delete(file.getParent());
    }
  }

  @Test
  void whatIsReadIsBoundedAndInterruptible() throws IOException {
    Path file = Files.write(folder.resolve("f"), "12345".repeat(50_000).getBytes(UTF_8));
    assertArrayEquals(Files.readAllBytes(file), RegularFile.read(file, 250_000));
    Refusal.holds(
        () -> RegularFile.read(file, 249_999), "more than 249,999 bytes", file.toString());
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> RegularFile.read(file, 250_000));
    assertEquals(false, Thread.interrupted(), "the next cell is not touched");
  }
}
