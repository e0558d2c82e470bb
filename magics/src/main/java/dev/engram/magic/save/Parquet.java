package dev.engram.magic.save;

import dev.engram.EngramException;
import dev.engram.atlas.DuckDb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.duckdb.DuckDBAppender;
import org.duckdb.DuckDBConnection;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Writes a table as Parquet, through DuckDB; a missing cell is a null. */
final class Parquet {
  private Parquet() {}

  static byte[] of(Table table) {
    try {
      Path folder = Files.createTempDirectory("engram");
      Path file = folder.resolve("table.parquet");
      try {
        write(table, file);
        return Files.readAllBytes(file);
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    } catch (IOException e) {
      throw new EngramException("The temporary folder cannot be written to: " + e + ".", e);
    } catch (SQLException e) {
      throw new EngramException("DuckDB cannot write the table: " + DuckDb.why(e) + ".", e);
    }
  }

  private static void write(Table table, Path file) throws SQLException {
    List<String> names = table.columnNames();
    String columns =
        IntStream.range(0, names.size())
            .mapToObj(i -> identifier(names.get(i)) + " " + type(table.column(i)))
            .collect(Collectors.joining(", "));
    try (Connection connection = DuckDb.open();
        Statement s = connection.createStatement()) {
      s.execute("CREATE TEMP TABLE saved (" + columns + ")");
      DuckDBConnection duck = connection.unwrap(DuckDBConnection.class);
      try (DuckDBAppender out = duck.createAppender("temp", "main", "saved")) {
        for (int row = 0; row < table.rowCount(); row++) {
          out.beginRow();
          for (Column<?> column : table.columns()) {
            append(out, column, row);
          }
          out.endRow();
        }
      }
      s.execute(
          "COPY saved TO %s (FORMAT parquet, COMPRESSION zstd)"
              .formatted(DuckDb.quoted(file.toString())));
    }
  }

  private static void append(DuckDBAppender out, Column<?> column, int row) throws SQLException {
    if (column.isMissing(row)) {
      out.appendNull();
      return;
    }
    switch (type(column)) {
      case "BIGINT" -> out.append(((Number) column.get(row)).longValue());
      case "DOUBLE" -> out.append(((Number) column.get(row)).doubleValue());
      default -> out.append(String.valueOf(column.get(row)));
    }
  }

  private static String type(Column<?> column) {
    if (!TableFormat.isNumber(column)) {
      return "VARCHAR";
    }
    return switch (column.type().name()) {
      case "DOUBLE", "FLOAT" -> "DOUBLE";
      default -> "BIGINT";
    };
  }

  /** The names of the columns of a file; none if it is no Parquet. */
  static List<String> names(Path file) {
    List<String> names = new ArrayList<>();
    try (Connection connection = DuckDb.open();
        Statement s = connection.createStatement();
        ResultSet rows =
            s.executeQuery(
                "SELECT name FROM parquet_schema(%s) WHERE num_children IS NULL"
                    .formatted(DuckDb.quoted(plain(file))))) {
      while (rows.next()) {
        names.add(rows.getString(1));
      }
    } catch (SQLException e) {
      return List.of(); // no Parquet, or a damaged one
    }
    return names;
  }

  /** Where files are read, a path is a pattern. */
  private static String plain(Path file) {
    return file.toString().replaceAll("([\\[*?])", "[$1]");
  }

  private static String identifier(String name) {
    return "\"" + name.replace("\"", "\"\"") + "\"";
  }
}
