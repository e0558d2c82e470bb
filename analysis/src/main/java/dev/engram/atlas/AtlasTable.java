package dev.engram.atlas;

import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a query, column by column.
 *
 * @param columns in their order, all of one length
 */
public record AtlasTable(List<Column> columns) implements AtlasAnswer {
  /** Keeps a copy. */
  public AtlasTable {
    columns = List.copyOf(columns);
  }

  /** What the values of a column are. */
  public enum Kind {
    /** Long. */
    INTEGER,
    /** Double. */
    NUMBER,
    /** Boolean. */
    TRUTH,
    /** String; of a list what DuckDB writes of it. */
    TEXT
  }

  /**
   * @param name as the query calls it
   * @param kind of its values
   * @param values of the type that the kind names; null where there is none
   */
  public record Column(String name, Kind kind, List<@Nullable Object> values) {
    /** Forbids changes. */
    public Column {
      values = Collections.unmodifiableList(values);
    }
  }

  /** How many rows there are. */
  public int rows() {
    return columns.isEmpty() ? 0 : columns.get(0).values().size();
  }
}
