package dev.engram.magic.save;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.engram.Progress;
import dev.engram.model.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Writes a table as safetensors: columns of numbers as float64, NaN where a cell is missing. */
final class Tensors {
  /** The first entry of the metadata: the names of all columns, by which a file is known. */
  static final String COLUMNS = "engram.columns";

  private Tensors() {}

  static String names(Collection<String> given) {
    ArrayNode names = new ObjectMapper().createArrayNode();
    given.forEach(names::add);
    return names.toString();
  }

  static byte[] of(Table table) {
    SafetensorsWriter writer =
        new SafetensorsWriter().metadata(COLUMNS, names(table.columnNames()));
    Set<String> taken = new HashSet<>();
    for (Column<?> column : table.columns()) {
      String name = Npy.identifier(column.name(), taken);
      if (TableFormat.isNumber(column)) {
        writer.doubles(name, new long[] {column.size()}, () -> values(column));
      } else {
        ArrayNode texts = new ObjectMapper().createArrayNode();
        for (int row = 0; row < column.size(); row++) {
          texts.add(column.isMissing(row) ? "" : String.valueOf(column.get(row)));
        }
        writer.metadata(name, texts.toString());
      }
    }
    try {
      Path file = Files.createTempFile("engram", ".safetensors");
      try {
        writer.write(file, Progress.NONE);
        return Files.readAllBytes(file);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("The temporary folder cannot be written to: " + e, e);
    }
  }

  private static double[] values(Column<?> column) {
    double[] out = new double[column.size()];
    for (int row = 0; row < out.length; row++) {
      out[row] = column.isMissing(row) ? Double.NaN : ((Number) column.get(row)).doubleValue();
    }
    return out;
  }
}
