package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Printable;
import dev.engram.RegularFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a model's maker wants under every number of the model: one sentence in a file beside the
 * weights, as that a small model's numbers are not those of the paper. It is no part of the model's
 * hash.
 */
final class Caution {
  /** The name of the file. */
  static final String FILE = "caution.txt";

  /** Enough for a long sentence, which stands below every result. */
  private static final int MOST_BYTES = 500;

  private Caution() {}

  /**
   * @param directory of the model
   * @return the sentence, printable; empty if there is no file, or nothing in it
   * @throws EngramException if the file is too long, has several lines or cannot be read
   */
  static Optional<String> read(Path directory) {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      String text = new String(RegularFile.read(file, MOST_BYTES), UTF_8).strip();
      if (text.lines().count() > 1) {
        throw new EngramException(
            "%s has %d lines; expected one sentence on one line, which is shown below every result."
                .formatted(file, text.lines().count()));
      }
      return Optional.of(Printable.line(text)).filter(t -> !t.isEmpty());
    } catch (IOException e) {
      throw new EngramException("The file " + file + " cannot be read: " + e + ".", e);
    }
  }
}
