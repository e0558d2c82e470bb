package dev.engram.magic.save;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.atlas.DuckDb;
import java.nio.file.Path;
import java.util.Locale;
import tech.tablesaw.api.Table;

/**
 * A file that a table is written to, in the format that its name ends with. A table of the same
 * columns is replaced, no other file.
 */
final class TableFile {
  private final Destination file;
  private final TableFormat format;

  /**
   * Refuses, before anything is computed, what cannot be written.
   *
   * @param file where the table shall lie
   * @throws EngramException if its name ends with no format, or its folder is not there
   */
  TableFile(Path file) {
    this.format = TableFormat.of(String.valueOf(file.getFileName()));
    this.file = new Destination(file);
    if (format == TableFormat.PARQUET) {
      DuckDb.requireInstalled();
    }
  }

  /**
   * Writes the table whole or not at all.
   *
   * @return one sentence for the user
   * @throws EngramException if another file lies there, or it cannot be written
   */
  String write(Table table) {
    if (table.columnCount() == 0) {
      throw new EngramException("The table has no columns, so there is nothing to write.");
    }
    byte[] bytes = format.bytes(table);
    file.write(bytes, head -> isSame(head, table, bytes), "table with these columns");
    return String.format(
        Locale.ROOT,
        "Wrote %s: %,d rows of %d columns.",
        file.path(),
        table.rowCount(),
        table.columnCount());
  }

  private boolean isSame(byte[] head, Table table, byte[] fresh) {
    if (format == TableFormat.PARQUET) {
      return Parquet.names(file.path()).equals(table.columnNames());
    }
    if (format == TableFormat.NPZ) {
      return Npy.names(file.path()).equals(Npy.names(table));
    }
    if (format == TableFormat.JSON && new String(head, UTF_8).matches("\\[\\s*]\\s*")) {
      return true; // of a table without rows: it holds nothing that could be lost
    }
    String same = format.signature(fresh);
    return !same.isEmpty() && same.equals(format.signature(head));
  }
}
