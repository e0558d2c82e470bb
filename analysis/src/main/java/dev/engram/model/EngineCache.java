package dev.engram.model;

import ai.djl.engine.Engine;
import ai.djl.util.Utils;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder into which DJL unpacks the engine's native libraries, half a gigabyte of them. A
 * kernel that is killed at that leaves them in {@code pytorch/tmp…}; the next one that loads the
 * engine deletes them.
 */
final class EngineCache {
  /**
   * DJL's temporary names say nothing of their owner. Those of Engram's own kernels are told by a
   * lock; a program of somebody else that unpacks into the same folder writes all the time.
   */
  private static final Duration IDLE = Duration.ofSeconds(30);

  private static final String VARIABLE = "DJL_CACHE_DIR";
  private static final String LOCK = "engram.lock";

  private EngineCache() {}

  /**
   * Loads the engine, once a JVM.
   *
   * @throws EngramException if DJL_CACHE_DIR is set and empty, ENGRAM_PRODUCTS has no known word,
   *     or there is no native library
   */
  static Engine engine() {
    requireName(System.getenv(VARIABLE));
    OneDnn.requireWord();
    NativeLibrary.require();
    return Loaded.ENGINE;
  }

  /** DJL would take an empty name for the folder in which the notebook lies. */
  static void requireName(@Nullable String named) {
    if (named != null && named.isBlank()) {
      throw new EngramException(
          VARIABLE
              + " is set and empty; unset it, or name the folder into which the engine's native"
              + " libraries (0.5 GB) are unpacked, and restart the kernel.");
    }
  }

  /** Java loads a class once, and lets other threads wait. */
  private static final class Loaded {
    private static final Engine ENGINE =
        whileLocked(Utils.getEngineCacheDir("pytorch"), () -> Engine.getEngine("PyTorch"));
  }

  /** Work during which no other kernel sweeps the folder. */
  interface Loading {
    Engine load();
  }

  /**
   * Sweeps a folder if no kernel unpacks into it, then loads.
   *
   * @param folder need not be there
   */
  static Engine whileLocked(Path folder, Loading loading) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      return loading.load(); // DJL says what it cannot do, or has its libraries elsewhere
    }
    Path file = folder.resolve(LOCK);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      try (FileLock alone = tryLock(channel)) {
        if (alone != null) {
          sweep(folder);
        }
      }
      // Shared: several kernels may load at once.
      try (FileLock shared = share(channel)) {
        return loading.load();
      }
    } catch (IOException e) {
      Progress.checkInterrupt();
      return loading.load();
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException | OverlappingFileLockException e) {
      return null;
    }
  }

  private static @Nullable FileLock share(FileChannel channel) {
    try {
      return channel.lock(0, Long.MAX_VALUE, true);
    } catch (IOException | OverlappingFileLockException e) {
      Progress.checkInterrupt();
      return null; // a file system without locks
    }
  }

  private static void sweep(Path folder) throws IOException {
    List<Path> left;
    try (Stream<Path> all = Files.list(folder)) {
      left = all.filter(p -> p.getFileName().toString().matches("tmp\\d+|jni\\d+tmp")).toList();
    }
    Instant limit = Instant.now().minus(IDLE);
    for (Path path : left) {
      try (Stream<Path> within = Files.walk(path)) {
        List<Path> all = within.sorted(Comparator.reverseOrder()).toList();
        boolean idle = true;
        for (Path p : all) {
          idle &= Files.getLastModifiedTime(p).toInstant().isBefore(limit);
        }
        if (idle) {
          for (Path p : all) {
            Files.deleteIfExists(p);
          }
        }
      } catch (IOException | UncheckedIOException e) {
        // moved into place meanwhile, or not ours to delete
      }
    }
  }
}
