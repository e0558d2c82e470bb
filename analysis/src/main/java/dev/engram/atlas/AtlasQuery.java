package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.atlas.AtlasTable.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * Runs a query on a thread of its own, since DuckDB's native code hears no interrupt: the caller
 * does, and cancels it.
 */
final class AtlasQuery {
  private static final int MOST_ROWS = 1_000_000;

  /** Of all texts of a table: a list of 768 numbers is a text of 10 kB. */
  private static final long MOST_CHARACTERS = 100_000_000;

  private final Connection connection;

  AtlasQuery(Connection connection) {
    this.connection = connection;
  }

  /** The answer to a user's query, which may be too large for a table. */
  AtlasTable run(String query) throws SQLException {
    return run(query, MOST_ROWS, MOST_CHARACTERS);
  }

  /** The answer to one of our own, as large as it is. */
  AtlasTable runWhole(String query) throws SQLException {
    return run(query, Integer.MAX_VALUE, Long.MAX_VALUE);
  }

  AtlasTable run(String query, int mostRows, long mostCharacters) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      FutureTask<AtlasTable> work =
          new FutureTask<>(() -> read(statement, query, mostRows, mostCharacters));
      Thread thread = new Thread(work, "engram atlas query");
      thread.setDaemon(true);
      thread.start();
      try {
        return work.get();
      } catch (InterruptedException e) {
        statement.cancel();
        throw (CancellationException)
            new CancellationException("Interrupted: nothing was changed.").initCause(e);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof SQLException wrong) {
          throw wrong;
        }
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw e.getCause() instanceof RuntimeException failure
            ? failure
            : new IllegalStateException(e);
      }
    }
  }

  private static AtlasTable read(
      Statement statement, String query, int mostRows, long mostCharacters) throws SQLException {
    long characters = 0;
    try (ResultSet rows = statement.executeQuery(query)) {
      ResultSetMetaData about = rows.getMetaData();
      int n = about.getColumnCount();
      List<Kind> kinds = new ArrayList<>();
      List<List<@Nullable Object>> values = new ArrayList<>();
      for (int c = 1; c <= n; c++) {
        kinds.add(kind(about.getColumnType(c), about.getColumnTypeName(c)));
        values.add(new ArrayList<>());
      }
      for (int row = 0; rows.next(); row++) {
        if (row == mostRows) {
          throw new EngramException(
              "The query gives more than %,d rows, which is the most that a table takes; add a LIMIT, or count in the query."
                  .formatted(mostRows));
        }
        for (int c = 1; c <= n; c++) {
          Object value = value(rows, c, kinds.get(c - 1));
          values.get(c - 1).add(value);
          characters += value instanceof String text ? text.length() : 0;
        }
        if (characters > mostCharacters) {
          throw new EngramException(
              "The query gives more than %,d characters of text and lists in %,d rows; add a LIMIT, or name the columns that you need instead of *."
                  .formatted(mostCharacters, row + 1));
        }
      }
      List<AtlasTable.Column> columns = new ArrayList<>();
      for (int c = 0; c < n; c++) {
        columns.add(
            new AtlasTable.Column(about.getColumnLabel(c + 1), kinds.get(c), values.get(c)));
      }
      return new AtlasTable(columns);
    }
  }

  /** DuckDB's sums of whole numbers are HUGEINT, for which JDBC has no type. */
  private static Kind kind(int type, String name) {
    if (name.equals("HUGEINT") || name.equals("UHUGEINT") || name.equals("UBIGINT")) {
      return Kind.NUMBER;
    }
    return switch (type) {
      case Types.TINYINT, Types.SMALLINT, Types.INTEGER, Types.BIGINT -> Kind.INTEGER;
      case Types.FLOAT, Types.REAL, Types.DOUBLE, Types.DECIMAL, Types.NUMERIC -> Kind.NUMBER;
      case Types.BOOLEAN -> Kind.TRUTH;
      default -> Kind.TEXT;
    };
  }

  private static @Nullable Object value(ResultSet rows, int c, Kind kind) throws SQLException {
    Object value =
        switch (kind) {
          case INTEGER -> rows.getLong(c);
          case NUMBER -> rows.getDouble(c);
          case TRUTH -> rows.getBoolean(c);
          case TEXT -> rows.getString(c);
        };
    return rows.wasNull() ? null : value;
  }
}
