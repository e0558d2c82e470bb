package dev.engram.magic.save;

import dev.engram.AtomicFile;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import tech.tablesaw.api.Table;

/**
 * A file that a table is written to, in the format that its name ends with. A table of the same
 * columns is replaced, no other file.
 */
public final class TableFile {
  /** The formats, as in a sentence. */
  public static final String SUFFIXES = TableFormat.suffixes();

  private static final int HEAD = 1 << 16;

  private final Path file;
  private final TableFormat format;

  /**
   * Refuses, before anything is computed, what cannot be written.
   *
   * @param file where the table shall lie
   * @throws EngramException if its name ends with no format, or its folder is not there
   */
  public TableFile(Path file) {
    this.file = file.toAbsolutePath().normalize();
    this.format = TableFormat.of(String.valueOf(file.getFileName()));
    Path folder = this.file.getParent();
    if (folder == null || Files.isDirectory(this.file)) {
      throw new EngramException("A table is written to a file, and " + file + " is a folder.");
    }
    if (!Files.isDirectory(folder)) {
      throw new EngramException(
          "There is no folder %s to write %s into; make it first."
              .formatted(folder, this.file.getFileName()));
    }
  }

  /**
   * Writes the table whole or not at all.
   *
   * @return one sentence for the user
   * @throws EngramException if another file lies there, or it cannot be written
   */
  public String write(Table table) {
    if (table.columnCount() == 0) {
      throw new EngramException("The table has no columns, so there is nothing to write.");
    }
    byte[] bytes = format.bytes(table);
    try {
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !isReplaced(bytes)) {
        throw new EngramException(
            "The file %s exists and is no table with these columns; give another name or delete it."
                .formatted(file));
      }
      AtomicFile.write(file, bytes);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException("The table cannot be written to " + file + ": " + e + ".", e);
    }
    return String.format(
        Locale.ROOT,
        "Wrote %s: %,d rows of %d columns.",
        file,
        table.rowCount(),
        table.columnCount());
  }

  private boolean isReplaced(byte[] fresh) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return format.signature(in.readNBytes(HEAD)).equals(format.signature(fresh));
    }
  }
}
