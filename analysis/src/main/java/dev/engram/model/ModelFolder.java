package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder that somebody else has made: no link in it may make Engram read, or copy into a saved
 * model, what lies elsewhere. The cache of the Hugging Face hub is made of links, from {@code
 * models--owner--name/snapshots} into {@code blobs} beside it; these are followed.
 */
final class ModelFolder {
  /** Of settings, tokenizers and words; the largest tokenizers have 35 million. */
  private static final long MOST_BYTES = 64_000_000;

  private ModelFolder() {}

  /**
   * @param directory a model's folder, itself perhaps a link
   * @throws EngramException if a file that Engram reads is a link out of it, a pipe, a socket or a
   *     device, or is too large
   */
  static void check(Path directory) {
    for (Path file : list(directory)) {
      if (isRead(file) && Files.exists(file)) {
        checkPlace(directory, file);
        checkSize(file);
      }
    }
  }

  /**
   * Checks one file that is read because others are not there.
   *
   * @throws EngramException if it is a link out of the folder, a pipe, a socket or a device
   */
  static void checkPlace(Path directory, Path file) {
    if (Files.isSymbolicLink(file)) {
      checkLink(directory, file);
    }
    RegularFile.check(file);
  }

  private static void checkSize(Path file) {
    try {
      long size = Files.size(file);
      if (size > MOST_BYTES && !file.toString().endsWith(".safetensors")) {
        throw new EngramException(
            "%s has %d bytes; of files beside the weights Engram reads at most %d."
                .formatted(file, size, MOST_BYTES));
      }
    } catch (IOException e) {
      throw new EngramException("The file " + file + " cannot be read: " + e + ".", e);
    }
  }

  /** Weights in safetensors, settings, tokenizers, words, licences. */
  private static boolean isRead(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return name.matches(".*\\.(safetensors|json|txt)|(licen[cs]e|notice)s?(\\.\\w+)?");
  }

  private static void checkLink(Path directory, Path file) {
    try {
      Path root = directory.toRealPath();
      Path target = file.toRealPath();
      Path blobs = blobs(root);
      if (!target.startsWith(root) && (blobs == null || !target.startsWith(blobs))) {
        throw new EngramException(
            "%s is a link to %s, outside of the model's folder; copy the file into the folder if it belongs to the model."
                .formatted(file, target));
      }
    } catch (IOException e) {
      throw new EngramException("The link " + file + " cannot be followed: " + e + ".", e);
    }
  }

  /** Where the links of a snapshot of the hub's cache lead; null if the folder is none. */
  private static @Nullable Path blobs(Path root) {
    for (Path at = root; at != null; at = at.getParent()) {
      Path repository = at.getParent();
      if (repository != null
          && at.endsWith("snapshots")
          && String.valueOf(repository.getFileName()).startsWith("models--")) {
        return repository.resolve("blobs");
      }
    }
    return null;
  }

  /** What lies in a folder, sorted. */
  static List<Path> list(Path directory) {
    try (Stream<Path> all = Files.list(directory)) {
      return all.sorted().toList();
    } catch (IOException e) {
      throw new EngramException("Cannot list " + directory + ": " + e.getMessage() + ".", e);
    }
  }
}
