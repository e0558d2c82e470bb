package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a stranger writes into a file, it is read or refused in one sentence ({@link
 * FuzzOracle}). The build fuzzes all files together; {@code -Dengram.fuzz.seconds=600} goes on for
 * so long with each, from where the last such run ended. What was found stays in {@code
 * src/test/resources/fuzz} and is tried in every build.
 */
class FuzzTest {
  private static final int SECONDS_IN_THE_BUILD = 45;
  private static final int TOKENIZER_SECONDS_IN_THE_BUILD = 8;
  private static final int SECONDS = Integer.getInteger("engram.fuzz.seconds", 0);
  private static final Path FOUND = Path.of("src", "test", "resources", "fuzz");
  private static final Path WORK = Path.of("target", "fuzz");

  @ParameterizedTest
  @EnumSource
  void whatWasFoundIsReadOrRefused(UntrustedFile file, @TempDir Path folder) throws Exception {
    if (file.isNative()) { // a panic of the tokenizer library ends the JVM
      try (ChildJvm child = new ChildJvm(TokenizerFuzz.class, file, folder, FOUND)) {
        assertEquals(0, child.await(), () -> file + ": " + child.printed());
      }
      return;
    }
    byte[] good = file.prepare(folder);
    assertTrue(FuzzOracle.isRead(file, folder, good));
    for (byte[] found : found(file)) {
      FuzzOracle.isRead(file, folder, found);
    }
  }

  /** Jazzer seldom puts together a component that the library knows: {@link TokenizerFuzz} does. */
  @ParameterizedTest
  @EnumSource(names = {"TOKENIZER", "SENTENCE_PIECE"})
  void tokenizersAreReadOrRefused(UntrustedFile file, @TempDir Path folder) throws Exception {
    long seed = Long.getLong("engram.fuzz.seed", 1);
    int seconds = SECONDS > 0 ? SECONDS : TOKENIZER_SECONDS_IN_THE_BUILD;
    try (ChildJvm child = new ChildJvm(TokenizerFuzz.class, file, folder, FOUND, seed, seconds)) {
      int status = child.await();
      if (status != 0) {
        Path kept = file.keep(file.content(folder), FOUND);
        throw new AssertionError(
            "neither read nor refused: %s; the JVM ended with %d and printed %s"
                .formatted(kept, status, child.printed()));
      }
      assertTrue(
          child.printed().stream().anyMatch(l -> l.matches("[1-9]\\d+ read, [1-9]\\d+ refused")),
          () -> "too little was tried: " + child.printed());
    }
  }

  @ParameterizedTest
  @MethodSource("runs")
  void isReadOrRefused(List<UntrustedFile> files, @TempDir Path temp) throws Exception {
    JazzerRun run = new JazzerRun(files, Long.getLong("engram.fuzz.seed", 1), temp, WORK);
    for (UntrustedFile file : files) {
      for (byte[] found : found(file)) {
        run.addSeed(file, found);
      }
    }
    JazzerRun.Summary summary =
        SECONDS > 0
            ? run.fuzz(SECONDS, WORK.resolve("corpus").resolve(files.get(0).name()), FOUND)
            : run.fuzz(SECONDS_IN_THE_BUILD, temp.resolve("corpus"), FOUND);
    assertTrue(summary.branches() > 0, "Jazzer was not guided by coverage");
    for (UntrustedFile file : files) {
      assertTrue(summary.of(file).refused() > 0, "nothing was refused as " + file + ": " + summary);
    }
  }

  /** All files in one JVM, where branches are learnt and compiled once; for a long run, each. */
  private static Stream<List<UntrustedFile>> runs() {
    String named = System.getProperty("engram.fuzz.files", "");
    List<UntrustedFile> files =
        named.isEmpty()
            ? List.of(UntrustedFile.values())
            : Arrays.stream(named.split(",")).map(UntrustedFile::valueOf).toList();
    return SECONDS > 0 ? files.stream().map(List::of) : Stream.of(files);
  }

  private static List<byte[]> found(UntrustedFile file) throws IOException {
    return found(file, FOUND);
  }

  static List<byte[]> found(UntrustedFile file, Path folder) throws IOException {
    try (var all = Files.newDirectoryStream(folder, file + "-*")) {
      List<byte[]> found = new ArrayList<>();
      for (Path each : all) {
        found.add(Files.readAllBytes(each));
      }
      return found;
    }
  }
}
