package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever a stranger writes into a file, it is read or refused in one sentence: no other
 * exception, no allocation by what a header claims, no hang. The build tries a few hundred changes
 * of each file; {@code -Dengram.fuzz.seconds=600} goes on for so long, from {@code
 * -Dengram.fuzz.seed}. What was found stays in {@code src/test/resources/fuzz}.
 */
class FuzzTest {
  private static final int TRIALS = 150;
  private static final long SECONDS = Long.getLong("engram.fuzz.seconds", 0);
  private static final long SEED = Long.getLong("engram.fuzz.seed", 1);
  private static final Path FOUND = Path.of("src", "test", "resources", "fuzz");

  /** Of one input. A picture that claims the most pixels there may be takes several seconds. */
  private static final double MOST_SECONDS = 20;

  /** Of one input that is no picture. */
  private static final long MOST_ALLOCATED = 400_000_000;

  @ParameterizedTest
  @EnumSource
  void isReadOrRefused(UntrustedFile file, @TempDir Path folder) throws IOException {
    byte[] good = file.prepare(folder);
    file.read(folder, good);
    for (Path found : found(file)) {
      holds(file, folder, Files.readAllBytes(found));
    }
    Mutations mutations = new Mutations(SEED);
    long end = System.nanoTime() + SECONDS * 1_000_000_000L;
    int refused = 0;
    for (int i = 0; i < TRIALS || System.nanoTime() < end; i++) {
      refused += holds(file, folder, mutations.of(good)) ? 0 : 1;
    }
    assertTrue(refused > 0, "no change of " + file + " was refused");
  }

  private static List<Path> found(UntrustedFile file) throws IOException {
    try (Stream<Path> all = Files.list(FOUND)) {
      return all.filter(p -> p.getFileName().toString().startsWith(file + "-")).sorted().toList();
    }
  }

  /** Whether it was read; keeps what breaks the promise. */
  private static boolean holds(UntrustedFile file, Path folder, byte[] bad) throws IOException {
    long begin = System.nanoTime();
    long before = allocated();
    boolean read = false;
    try {
      file.read(folder, bad);
      read = true;
    } catch (EngramException e) {
      String sentence = String.valueOf(e.getMessage());
      if (sentence.lines().count() != 1 || sentence.length() > 1000) {
        throw finding(file, bad, "no sentence: " + sentence, e);
      }
    } catch (Throwable t) { // whatever it is, it is what this test looks for
      throw finding(file, bad, t.toString(), t);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (seconds > MOST_SECONDS) {
      throw finding(file, bad, "it took " + seconds + " s", null);
    }
    if (!file.isPicture() && allocated() - before > MOST_ALLOCATED) {
      throw finding(file, bad, "it allocated " + (allocated() - before) + " bytes", null);
    }
    return read;
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean)
            java.lang.management.ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }

  private static AssertionError finding(
      UntrustedFile file, byte[] bad, String what, @Nullable Throwable cause) throws IOException {
    Path kept = Path.of("target", "fuzz", file + "-" + Sha256.of(bad).substring(0, 12));
    Files.createDirectories(kept.getParent());
    Files.write(kept, bad);
    return new AssertionError(
        "%s: %s; the content is in %s, to be copied into %s".formatted(file, what, kept, FOUND),
        cause);
  }
}
