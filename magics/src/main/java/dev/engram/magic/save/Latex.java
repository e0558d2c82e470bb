package dev.engram.magic.save;

import dev.engram.Digits;
import dev.engram.Printable;
import java.util.stream.Collectors;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Writes a table for a paper: {@code booktabs}, numbers to the right with the digits they have. */
final class Latex {
  private Latex() {}

  static String tabular(Table table) {
    StringBuilder out = new StringBuilder();
    out.append("% ").append(Printable.line(table.name() == null ? "" : table.name())).append('\n');
    out.append("% needs \\usepackage{booktabs}\n\\begin{tabular}{");
    table.columns().forEach(c -> out.append(TableFormat.isNumber(c) ? 'r' : 'l'));
    out.append("}\n\\toprule\n");
    out.append(table.columnNames().stream().map(Latex::escaped).collect(Collectors.joining(" & ")));
    out.append(" \\\\\n\\midrule\n");
    for (int row = 0; row < table.rowCount(); row++) {
      int at = row;
      out.append(table.columns().stream().map(c -> cell(c, at)).collect(Collectors.joining(" & ")))
          .append(" \\\\\n");
    }
    return out.append("\\bottomrule\n\\end{tabular}\n").toString();
  }

  private static String cell(Column<?> column, int row) {
    if (column.isMissing(row)) {
      return "";
    }
    Object value = column.get(row);
    if (value instanceof Double || value instanceof Float) {
      return "$" + number(((Number) value).doubleValue()) + "$";
    }
    return TableFormat.isNumber(column) ? "$" + value + "$" : escaped(String.valueOf(value));
  }

  /** As mathematics: 7.2e-05 would be 7.2 times the letter e, less 5. */
  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value < 0 ? "-\\infty" : "\\infty";
    }
    String[] parts = Digits.of(value).split("e", 2);
    return parts.length == 1
        ? parts[0]
        : parts[0] + "\\times 10^{" + Integer.parseInt(parts[1]) + "}";
  }

  /** The text with LaTeX's ten special characters written out. */
  static String escaped(String given) {
    StringBuilder out = new StringBuilder();
    if (given.startsWith("[") || given.startsWith("*")) {
      out.append("{}"); // at the beginning of a row it would belong to the command before
    }
    for (char c : Printable.line(given).toCharArray()) {
      switch (c) {
        case '\\' -> out.append("\\textbackslash{}");
        case '~' -> out.append("\\textasciitilde{}");
        case '^' -> out.append("\\textasciicircum{}");
        case '&', '%', '$', '#', '_', '{', '}' -> out.append('\\').append(c);
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
