package dev.engram.magic.save;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.Suggest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** In what a table can be written. Numbers keep every digit, but in LaTeX. */
enum TableFormat {
  /** RFC 4180 in UTF-8, with a header. */
  CSV("csv", table -> separated(table, ',').getBytes(UTF_8)),
  /** The same with tabs. */
  TSV("tsv", table -> separated(table, '\t').getBytes(UTF_8)),
  /** Parquet, compressed with zstd; needs DuckDB. */
  PARQUET("parquet", Parquet::of),
  /** An array of one object for each row. */
  JSON("json", TableFormat::json),
  /** NumPy, a structured array with a field for each column. */
  NPY("npy", Npy::structured),
  /** NumPy, an archive with an array for each column. */
  NPZ("npz", Npy::archive),
  /** LaTeX, a {@code tabular} with the rules of {@code booktabs}. */
  TEX("tex", table -> Latex.tabular(table).getBytes(UTF_8)),
  /** A tensor of float64 for each column of numbers; texts in the metadata. */
  SAFETENSORS("safetensors", Tensors::of);

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** As much of a file as its signature needs. */
  private static final int HEAD = 1 << 16;

  private final String suffix;
  private final Function<Table, byte[]> writer;

  TableFormat(String suffix, Function<Table, byte[]> writer) {
    this.suffix = suffix;
    this.writer = writer;
  }

  byte[] bytes(Table table) {
    return writer.apply(table);
  }

  /**
   * By what a file of this format with the same columns is known; "" where it says nothing.
   *
   * @param file its beginning
   */
  String signature(byte[] file) {
    String head = new String(file, 0, Math.min(file.length, HEAD), UTF_8);
    return switch (this) {
      case CSV, TSV -> line(head, 0);
      case TEX -> line(head, 1) + line(head, 4); // what it needs, and the names of the columns
      case JSON -> keys(head);
      case NPY -> between(head, "'descr'", "'fortran_order'").replaceAll("'<[^']*'", "");
      case PARQUET, NPZ -> throw new IllegalStateException("its columns stand at the end");
      case SAFETENSORS -> between(head, Tensors.COLUMNS, "]");
    };
  }

  /** The names of the first row, as JSON; "" if there is none, or it does not end. */
  private static String keys(String head) {
    List<String> names = new ArrayList<>();
    try (JsonParser in = MAPPER.createParser(head)) {
      if (in.nextToken() != JsonToken.START_ARRAY || in.nextToken() != JsonToken.START_OBJECT) {
        return "";
      }
      for (JsonToken token = in.nextToken();
          token != JsonToken.END_OBJECT;
          token = in.nextToken()) {
        if (token == null) {
          return "";
        }
        names.add(in.currentName());
        in.nextToken();
        in.skipChildren();
      }
      return MAPPER.writeValueAsString(names);
    } catch (IOException notJson) {
      return "";
    }
  }

  private static String line(String text, int index) {
    return text.lines().skip(index).findFirst().orElse("");
  }

  /** From the first mark to the second; "" if either is missing. */
  private static String between(String text, String from, String to) {
    int start = text.indexOf(from);
    int end = text.indexOf(to);
    return start < 0 || end < start ? "" : text.substring(start, end);
  }

  /**
   * The format that a file's name ends with.
   *
   * @throws EngramException if it ends with none
   */
  static TableFormat of(String file) {
    String end = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.suffix.equals(end))
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    "The name %s ends with none of %s, which says how a table is written%s"
                        .formatted(
                            file,
                            suffixes(),
                            Suggest.didYouMean(end, List.of(suffixes().split(", "))))));
  }

  /** Whether a file's name ends with a format. */
  static boolean isKnown(String file) {
    String end = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values()).anyMatch(format -> format.suffix.equals(end));
  }

  /** Whether it is made for arrays of any number of axes. */
  boolean hasArrays() {
    return this == NPY || this == NPZ || this == SAFETENSORS;
  }

  /** As in a sentence: .csv, .tsv, …. */
  static String suffixes() {
    return Arrays.stream(values())
        .map(format -> "." + format.suffix)
        .collect(Collectors.joining(", "));
  }

  /** Whether a column holds numbers. */
  static boolean isNumber(Column<?> column) {
    return switch (column.type().name()) {
      case "DOUBLE", "FLOAT", "INTEGER", "LONG", "SHORT" -> true;
      default -> false;
    };
  }

  private static String separated(Table table, char separator) {
    StringBuilder out = new StringBuilder();
    out.append(
            table.columnNames().stream()
                .map(name -> quoted(name, separator))
                .collect(Collectors.joining(String.valueOf(separator))))
        .append("\r\n");
    for (int row = 0; row < table.rowCount(); row++) {
      for (int c = 0; c < table.columnCount(); c++) {
        Column<?> column = table.column(c);
        out.append(c == 0 ? "" : separator);
        out.append(column.isMissing(row) ? "" : quoted(String.valueOf(column.get(row)), separator));
      }
      out.append("\r\n");
    }
    return out.toString();
  }

  private static String quoted(String cell, char separator) {
    boolean plain =
        cell.indexOf(separator) < 0
            && cell.indexOf('"') < 0
            && cell.indexOf('\n') < 0
            && cell.indexOf('\r') < 0;
    return plain ? cell : '"' + cell.replace("\"", "\"\"") + '"';
  }

  private static byte[] json(Table table) {
    ArrayNode rows = MAPPER.createArrayNode();
    for (int row = 0; row < table.rowCount(); row++) {
      ObjectNode object = rows.addObject();
      for (Column<?> column : table.columns()) {
        Object value = column.isMissing(row) ? null : column.get(row);
        boolean infinite = value instanceof Double d && d.isInfinite(); // JSON has none
        object.set(column.name(), MAPPER.valueToTree(infinite ? null : value));
      }
    }
    try {
      return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(rows);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that has no JSON form", e);
    }
  }
}
