package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a stranger writes into a file, it is read or refused in one sentence ({@link
 * FuzzOracle}). The build fuzzes each file for a few seconds; {@code -Dengram.fuzz.seconds=600}
 * goes on for so long, from what such a run has learnt before. What was found stays in {@code
 * src/test/resources/fuzz} and is tried each time.
 */
class FuzzTest {
  private static final int SECONDS_IN_THE_BUILD = 3;
  private static final Path FOUND = Path.of("src", "test", "resources", "fuzz");
  private static final Path WORK = Path.of("target", "fuzz");

  @ParameterizedTest
  @MethodSource("files")
  void isReadOrRefused(UntrustedFile file, @TempDir Path temp) throws Exception {
    Path folder = Files.createDirectory(temp.resolve("folder")).toRealPath();
    Path seeds = Files.createDirectory(temp.resolve("seeds"));
    byte[] good = file.prepare(folder);
    file.read(folder, good);
    Files.write(seeds.resolve("good"), good);
    for (Path found : found(file)) {
      FuzzOracle.check(file, folder, Files.readAllBytes(found));
      Files.copy(found, seeds.resolve(found.getFileName()));
    }
    int seconds = Integer.getInteger("engram.fuzz.seconds", 0);
    Path corpus = (seconds > 0 ? WORK : temp).resolve("corpus").resolve(file.name());
    JazzerRun.Summary run =
        new JazzerRun(file, folder, seeds, WORK)
            .fuzz(
                Files.createDirectories(corpus),
                seconds > 0 ? seconds : SECONDS_IN_THE_BUILD,
                Long.getLong("engram.fuzz.seed", 1),
                FOUND);
    assertTrue(run.inputs() > 100 && run.branches() > 0, run.toString());
  }

  private static Stream<UntrustedFile> files() {
    String named = System.getProperty("engram.fuzz.files", "");
    return named.isEmpty()
        ? Stream.of(UntrustedFile.values())
        : Arrays.stream(named.split(",")).map(UntrustedFile::valueOf);
  }

  private static List<Path> found(UntrustedFile file) throws IOException {
    try (Stream<Path> all = Files.list(FOUND)) {
      return all.filter(p -> p.getFileName().toString().startsWith(file + "-")).sorted().toList();
    }
  }
}
