package dev.engram.iconclip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files are found in a folder and in a jar, whatever happened to the cache before. */
class IconclipTest {
  private static final String PREFIX = "dev/engram/iconclip/";

  private Path temp;
  private Path jar;
  private Path cache;

  @BeforeEach
  void makeJar(@TempDir Path folder) throws IOException {
    temp = folder;
    jar = temp.resolve("some jar.jar");
    cache = temp.resolve("cache");
    writeJar(jar, "");
  }

  @Test
  void aFolderOnTheClassPathIsUsedInPlace() {
    assertTrue(Iconclip.root().endsWith(PREFIX), Iconclip.root().toString());
    assertTrue(Files.isRegularFile(Iconclip.model().resolve("model.safetensors")));
    assertTrue(Files.isRegularFile(Iconclip.entities().resolve("manifest.csv")));
    assertTrue(Files.isRegularFile(Iconclip.background().resolve("labels.csv")));
    assertTrue(Iconclip.words().size() > 4000, "words: " + Iconclip.words().size());
  }

  @Test
  void aJarIsUnpackedOnceAndWhole() throws IOException {
    Path folder = Unpacking.unpack(jar, PREFIX, cache, "iconclip");
    assertEquals(contents(Iconclip.root()), contents(folder));
    Object key = Files.getLastModifiedTime(folder.resolve("words.txt"));
    assertEquals(folder, Unpacking.unpack(jar, PREFIX, cache, "iconclip"));
    assertEquals(key, Files.getLastModifiedTime(folder.resolve("words.txt")));
  }

  @Test
  void anotherContentGetsAnotherFolder() throws IOException {
    Path other = temp.resolve("other.jar");
    writeJar(other, "one more word\n");
    assertNotEquals(
        Unpacking.unpack(jar, PREFIX, cache, "iconclip"),
        Unpacking.unpack(other, PREFIX, cache, "iconclip"));
  }

  @Test
  void damagedFilesAreRepaired() throws IOException {
    Path folder = Unpacking.unpack(jar, PREFIX, cache, "iconclip");
    Files.delete(folder.resolve("entities/manifest.csv"));
    Files.write(folder.resolve("words.txt"), new byte[0]);
    Path weights = folder.resolve("model/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    byte[] right = bytes.clone();
    bytes[bytes.length / 2] ^= 1;
    Files.write(weights, bytes);
    Files.delete(folder.resolve("golden.json"));
    Files.createDirectory(folder.resolve("golden.json"));

    Unpacking.unpack(jar, PREFIX, cache, "iconclip");
    assertArrayEquals(right, Files.readAllBytes(weights));
    assertEquals(contents(Iconclip.root()), contents(folder));
  }

  @Test
  void whatADeadJvmLeftIsNeitherSeenNorKept() throws IOException {
    Path folder = Unpacking.unpack(jar, PREFIX, cache, "iconclip");
    Path dead = cache.resolve(folder.getFileName() + ".tmp123");
    Files.move(folder, dead);
    Files.delete(dead.resolve("words.txt"));
    Files.setLastModifiedTime(
        dead,
        java.nio.file.attribute.FileTime.from(java.time.Instant.parse("2020-01-01T00:00:00Z")));
    assertEquals(
        contents(Iconclip.root()), contents(Unpacking.unpack(jar, PREFIX, cache, "iconclip")));
    assertFalse(Files.exists(dead));
  }

  @Test
  void whatAKilledJvmLeftIsSweptByTheNextThatUnpacks() throws IOException {
    Path whole = Unpacking.unpack(jar, PREFIX, cache, "iconclip");
    Path left = cache.resolve(whole.getFileName() + ".tmp123");
    Files.move(whole, left);
    Path mine = Files.createDirectory(cache.resolve("mine.tmp123"));
    assertEquals(
        contents(Iconclip.root()), contents(Unpacking.unpack(jar, PREFIX, cache, "iconclip")));
    assertFalse(Files.exists(left));
    assertTrue(Files.exists(mine));
  }

  @Test
  void jvmsThatStartAtOnceAgree() throws Exception {
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Dengram.cache=" + cache,
                  "-cp",
                  jar.toString(),
                  "dev.engram.iconclip.IconclipTest$Main")
              .redirectErrorStream(true)
              .start());
    }
    for (Process p : all) {
      String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      assertEquals(0, p.waitFor(), out);
      assertEquals(contents(Iconclip.root()), contents(Path.of(out)));
    }
    try (Stream<Path> left = Files.list(cache)) {
      assertEquals(
          1,
          left.filter(p -> !p.toString().endsWith(".lock")).count(),
          "one folder, and the file whose lock says who unpacks");
    }
  }

  /** An installed kernel brings a default along; what the user's environment says comes before. */
  @ParameterizedTest
  @CsvSource({
    "named, default, property, property",
    "named, default, '', named",
    "named, '', '', named",
    "'', 'x/../default', '', default",
  })
  void theUsersEnvironmentNamesTheCache(
      String variable, String installed, String property, String expected) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dengram.cache=" + inTemp(property),
            "-Dengram.cache.default=" + inTemp(installed),
            "-cp",
            jar.toString(),
            "dev.engram.iconclip.IconclipTest$Main");
    builder.environment().put("ENGRAM_CACHE", inTemp(variable));
    Process process = builder.redirectErrorStream(true).start();
    String out =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertEquals(0, process.waitFor(), out);
    assertEquals(temp.resolve(expected), Path.of(out).getParent());
  }

  private String inTemp(String name) {
    return name.isEmpty() ? "" : temp.resolve(name).toString();
  }

  @Test
  void aCacheThatCannotBeWrittenIsAnError() throws IOException {
    Path file = Files.createFile(temp.resolve("a file"));
    assertThrows(IOException.class, () -> Unpacking.unpack(jar, PREFIX, file, "iconclip"));
  }

  /** Prints where another JVM finds the files. */
  static final class Main {
    public static void main(String[] args) {
      System.out.println(Iconclip.root());
    }
  }

  private static TreeMap<String, Long> contents(Path folder) throws IOException {
    TreeMap<String, Long> sizes = new TreeMap<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path p : all.filter(Files::isRegularFile).toList()) {
        String name = folder.relativize(p).toString();
        if (!name.endsWith(".class")) {
          sizes.put(name, Files.size(p));
        }
      }
    }
    return sizes;
  }

  private static void writeJar(Path to, String moreWords) throws IOException {
    Path classes = Iconclip.root().resolve("../../..").normalize();
    Path tests = Path.of(System.getProperty("basedir", ""), "target", "test-classes");
    try (OutputStream out = Files.newOutputStream(to);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      zip.setLevel(1);
      for (Path folder : List.of(classes, tests)) {
        try (Stream<Path> all = Files.walk(folder)) {
          for (Path p : all.filter(Files::isRegularFile).toList()) {
            String name = folder.relativize(p).toString().replace('\\', '/');
            zip.putNextEntry(new ZipEntry(name));
            try (InputStream in = Files.newInputStream(p)) {
              in.transferTo(zip);
            }
            if (name.endsWith("iconclip/words.txt")) {
              zip.write(moreWords.getBytes(StandardCharsets.UTF_8));
            }
          }
        }
      }
    }
  }
}
