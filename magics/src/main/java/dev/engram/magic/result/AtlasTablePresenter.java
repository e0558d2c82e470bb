package dev.engram.magic.result;

import dev.engram.atlas.AtlasTable;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.BooleanColumn;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.LongColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Shows the answer to a query: as a table, whatever its columns are. */
final class AtlasTablePresenter implements Presenter<AtlasTable> {
  @Override
  public View view(AtlasTable t, DisplayLimits shown) {
    return TableView.of(table(t, shown));
  }

  /** The columns of the query; of a list what DuckDB writes of it. */
  @Override
  public Table table(AtlasTable t, DisplayLimits shown) {
    List<Column<?>> columns = new ArrayList<>();
    for (AtlasTable.Column c : t.columns()) {
      columns.add(column(c, free(c.name(), columns)));
    }
    return Table.create("", columns);
  }

  /** Tablesaw refuses a name that comes twice, and SQL does not. */
  private static String free(String name, List<Column<?>> taken) {
    String free = name;
    for (int n = 2; isTaken(free, taken); n++) {
      free = name + " " + n;
    }
    return free;
  }

  private static boolean isTaken(String name, List<Column<?>> taken) {
    return taken.stream().anyMatch(c -> c.name().equalsIgnoreCase(name));
  }

  private static Column<?> column(AtlasTable.Column from, String name) {
    return switch (from.kind()) {
      case INTEGER -> {
        LongColumn column = LongColumn.create(name);
        for (@Nullable Object value : from.values()) {
          if (value == null) {
            column.appendMissing();
          } else {
            column.append((Long) value);
          }
        }
        yield column;
      }
      case NUMBER -> {
        DoubleColumn column = DoubleColumn.create(name);
        for (@Nullable Object value : from.values()) {
          if (value == null) {
            column.appendMissing();
          } else {
            column.append((Double) value);
          }
        }
        yield column;
      }
      case TRUTH -> {
        BooleanColumn column = BooleanColumn.create(name);
        for (@Nullable Object value : from.values()) {
          if (value == null) {
            column.appendMissing();
          } else {
            column.append((Boolean) value);
          }
        }
        yield column;
      }
      case TEXT -> {
        StringColumn column = StringColumn.create(name);
        for (@Nullable Object value : from.values()) {
          if (value == null) {
            column.appendMissing();
          } else {
            column.append((String) value);
          }
        }
        yield column;
      }
    };
  }
}
