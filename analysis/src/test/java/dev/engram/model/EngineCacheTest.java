package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import ai.djl.engine.Engine;
import dev.engram.ChildJvm;
import dev.engram.Refusal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a kernel leaves that is killed while the engine's libraries are unpacked. */
class EngineCacheTest {
  /** Unpacks until it is killed. */
  public static final class Unpacking {
    private Unpacking() {}

    public static void main(String[] args) {
      EngineCache.whileLocked(
          Path.of(args[0]),
          () -> {
            System.out.println("unpacking");
            try {
              Thread.sleep(600_000);
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return EngineCache.engine();
          });
    }
  }

  @Test
  void leftoversAreSweptWhenNoKernelUnpacks(@TempDir Path folder) throws Exception {
    Engine engine = EngineCache.engine();
    List<String> others = List.of("2.7.1-cpu-linux-x86_64", "tmp", "tmp12x", "tmpfiles");
    for (String name : others) {
      idle(folder.resolve(name), Duration.ofDays(1));
    }
    idle(folder.resolve("tmp123"), Duration.ofMinutes(1));
    idle(folder.resolve("tmp456"), Duration.ZERO); // somebody else's program may be writing it
    try (ChildJvm kernel = new ChildJvm(Unpacking.class, folder)) {
      kernel.awaitLine("unpacking");
      // The child swept when it began; what is idle since then may be its own.
      idle(folder.resolve("tmp789"), Duration.ofMinutes(1));
      assertSame(engine, EngineCache.whileLocked(folder, () -> engine));
      assertEquals(names(others, "tmp456", "tmp789"), names(folder));
    }
    assertSame(engine, EngineCache.whileLocked(folder, () -> engine));
    assertEquals(names(others, "tmp456"), names(folder));
  }

  private static void idle(Path made, Duration idle) throws IOException {
    Files.createDirectories(made);
    Path file = Files.writeString(made.resolve("libtorch.so"), "half");
    for (Path path : List.of(file, made)) {
      Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(idle)));
    }
  }

  private static List<String> names(List<String> others, String... more) {
    return Stream.of(others.stream(), Stream.of(more), Stream.of("engram.lock"))
        .flatMap(s -> s)
        .sorted()
        .toList();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anEmptyVariableIsRefused() {
    Refusal.holds(() -> EngineCache.requireName(""), "DJL_CACHE_DIR is set and empty");
    Refusal.holds(() -> EngineCache.requireName(" "), "unset it");
    EngineCache.requireName(null);
    EngineCache.requireName("/somewhere");
  }
}
