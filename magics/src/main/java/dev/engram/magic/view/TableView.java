package dev.engram.magic.view;

import dev.engram.Digits;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import tech.tablesaw.api.ColumnType;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Shows a Tablesaw table as HTML and as text, at most a screenful of its rows; Tablesaw's own HTML
 * writer prints every row, and a table of all neurons has a hundred thousand. Where scripts run its
 * rows are sorted by a click and copied as TSV.
 */
public final class TableView {
  /** Rows that are shown unless somebody asks for more. */
  public static final int DEFAULT_ROWS = 50;

  private static final String STYLE =
      "border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5em 0";
  private static final String CELL = "padding:.2em .8em;text-align:";

  /** Lie beside this class: tables sort and copy, and their neurons answer a click. */
  static final String SCRIPTS = Html.resource("neurons.js") + Html.resource("tables.js");

  private static final String SCRIPT = Html.element("script", SCRIPTS);

  private TableView() {}

  /** The first {@value #DEFAULT_ROWS} rows. */
  public static View of(Table table) {
    return of(table, DEFAULT_ROWS);
  }

  /**
   * @param maxRows how many rows to show
   */
  public static View of(Table table, int maxRows) {
    int rows = Math.min(table.rowCount(), Math.max(0, maxRows));
    List<Column<?>> columns = table.columns();
    List<List<String>> cells = new ArrayList<>();
    for (Column<?> column : columns) {
      List<String> lines = new ArrayList<>(List.of(column.name()));
      for (int row = 0; row < rows; row++) {
        lines.add(format(column, row));
      }
      cells.add(lines);
    }
    String more =
        rows < table.rowCount()
            ? String.format(Locale.ROOT, "… %,d of %,d rows", rows, table.rowCount())
            : "";
    String name = Objects.requireNonNullElse(table.name(), "");
    return View.html(html(name, columns, cells, more), text(name, columns, cells, more));
  }

  /** Enough digits to tell values apart, none below float32's noise: 0.04217, 12.35, 7.2e-05. */
  private static String format(Column<?> column, int row) {
    Object value = column.isMissing(row) ? null : column.get(row);
    if (value == null) {
      return "";
    }
    if (!(value instanceof Double || value instanceof Float)) {
      return value.toString();
    }
    double number = ((Number) value).doubleValue();
    return number == Math.rint(number) && Math.abs(number) < 1e15
        ? Digits.fixed(number, 0)
        : Digits.of(number);
  }

  private static String html(
      String name, List<Column<?>> columns, List<List<String>> cells, String more) {
    StringBuilder out =
        new StringBuilder(Html.open("table", "class", "engram-table", "style", STYLE));
    if (!name.isEmpty()) {
      out.append(
          Html.element(
              "caption", Html.escape(name), "style", "text-align:left;white-space:nowrap"));
    }
    int lines = cells.isEmpty() ? 0 : cells.get(0).size();
    for (int line = 0; line < lines; line++) {
      out.append(line == 0 ? "<thead><tr>" : "<tr>");
      for (int c = 0; c < cells.size(); c++) {
        String style = CELL + (isNumber(columns.get(c)) ? "right" : "left");
        String cell = cells.get(c).get(line);
        out.append(
            line == 0
                ? Html.element("th", Html.escape(cell), "scope", "col", "style", style)
                : Html.element("td", content(cell), "style", style));
      }
      out.append(line == 0 ? "</tr></thead><tbody>" : "</tr>");
    }
    out.append(lines == 0 ? "</table>" : "</tbody></table>");
    out.append(more.isEmpty() ? "" : Html.element("p", Html.escape(more)));
    return lines < 2 ? out.toString() : out + SCRIPT;
  }

  /** A neuron says how to get its page; the script makes it a link or a button. */
  private static String content(String cell) {
    return Neuron.isName(cell) || Feature.isName(cell)
        ? Html.element(
            "span",
            Html.escape(cell),
            "class",
            "engram-neuron",
            "title",
            "%neuron " + cell + " shows its page")
        : Html.escape(cell);
  }

  /**
   * A page of several tables needs their script once; a second one would do nothing.
   *
   * @param html of a whole page
   */
  static String withOneScript(String html) {
    int first = html.indexOf(SCRIPT);
    return first < 0
        ? html
        : html.substring(0, first) + SCRIPT + html.substring(first).replace(SCRIPT, "");
  }

  private static String text(
      String name, List<Column<?>> columns, List<List<String>> cells, String more) {
    StringBuilder out = new StringBuilder(name.isEmpty() ? "" : name + "\n");
    int lines = cells.isEmpty() ? 0 : cells.get(0).size();
    for (int line = 0; line < lines; line++) {
      StringBuilder row = new StringBuilder();
      for (int c = 0; c < cells.size(); c++) {
        int width = cells.get(c).stream().mapToInt(String::length).max().orElse(0);
        String cell = cells.get(c).get(line);
        String space = " ".repeat(width - cell.length());
        row.append(c == 0 ? "" : "  ");
        row.append(isNumber(columns.get(c)) ? space + cell : cell + space);
      }
      out.append(row.toString().stripTrailing()).append('\n');
    }
    return (out + more).stripTrailing();
  }

  private static boolean isNumber(Column<?> column) {
    ColumnType type = column.type();
    return type == ColumnType.DOUBLE
        || type == ColumnType.FLOAT
        || type == ColumnType.INTEGER
        || type == ColumnType.LONG
        || type == ColumnType.SHORT;
  }
}
