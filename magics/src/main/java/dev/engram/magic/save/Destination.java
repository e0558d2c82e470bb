package dev.engram.magic.save;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** A file of the user's to be: refused before the work, and written whole or not at all. */
final class Destination {
  private static final int HEAD = 1 << 16;

  private final Path file;

  /**
   * @throws EngramException if nothing can be written there
   */
  Destination(Path given) {
    file = given.toAbsolutePath().normalize();
    Path folder = file.getParent();
    if (folder == null || Files.isDirectory(file)) {
      throw new EngramException("--save takes a file, and " + given + " is a folder.");
    }
    if (!Files.isDirectory(folder)) {
      throw new EngramException(
          "There is no folder %s to write %s into; make it first."
              .formatted(folder, file.getFileName()));
    }
    if (!Files.isWritable(folder)) {
      throw new EngramException("The folder %s cannot be written to.".formatted(folder));
    }
  }

  Path path() {
    return file;
  }

  /** Whether the beginning of a file is that of one that may be replaced. */
  interface Known {
    boolean by(byte[] head) throws IOException;
  }

  /** Writes to a file that is not there yet. */
  interface Writer {
    void to(Path target) throws IOException;
  }

  void write(byte[] bytes, Known known, String what) {
    write(target -> AtomicFile.write(target, bytes), known, what);
  }

  /**
   * @param known which file that lies there may be replaced
   * @param what a file would be that may, with its article
   * @throws EngramException if another file lies there, or it cannot be written
   */
  void write(Writer writer, Known known, String what) {
    try {
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isReplaced(known)) {
        throw new EngramException(
            "The file %s exists and is no %s; give another name or delete it."
                .formatted(file, what));
      }
      writer.to(file);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException("The file %s cannot be written: %s.".formatted(file, e), e);
    }
  }

  private boolean isReplaced(Known known) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return known.by(in.readNBytes(HEAD));
    }
  }
}
