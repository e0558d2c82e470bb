package dev.engram.magic.save;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Writes NumPy's files: format 3.0 of {@code .npy}, whose header is UTF-8, and {@code .npz}, a zip
 * archive of them. Whole numbers are int64 where no cell is missing, other numbers float64 with NaN
 * for a missing one, texts UTF-32 as long as the longest.
 */
final class Npy {
  /**
   * How a file of format 3.0 begins, which NumPy itself writes only for names that are no ASCII.
   */
  static final String FLOATS = "\u0093NUMPY\u0003\u0000";

  private static final int ALIGNMENT = 64;
  private static final int PREAMBLE = 12;

  /** Of an array in memory. */
  private static final long MOST_BYTES = 2_000_000_000;

  /** Bytes that are written at once. */
  private static final int CHUNK = 1 << 20;

  private Npy() {}

  /** How a column is stored. */
  private record Field(String name, Column<?> column, String type, int bytes) {
    static Field of(String name, Column<?> column) {
      if (!TableFormat.isNumber(column)) {
        int longest = 1; // NumPy has no texts of length 0
        for (int row = 0; row < column.size(); row++) {
          longest = Math.max(longest, text(column, row).codePoints().toArray().length);
        }
        return new Field(name, column, "<U" + longest, 4 * longest);
      }
      boolean whole =
          !column.type().name().equals("DOUBLE")
              && !column.type().name().equals("FLOAT")
              && column.countMissing() == 0;
      return new Field(name, column, whole ? "<i8" : "<f8", 8);
    }

    void write(ByteBuffer out, int row) {
      if (type.startsWith("<U")) {
        int end = out.position() + bytes;
        text(column, row).codePoints().forEach(out::putInt);
        out.position(end);
      } else if (type.equals("<i8")) {
        out.putLong(((Number) column.get(row)).longValue());
      } else {
        out.putDouble(
            column.isMissing(row) ? Double.NaN : ((Number) column.get(row)).doubleValue());
      }
    }

    private static String text(Column<?> column, int row) {
      return column.isMissing(row) ? "" : String.valueOf(column.get(row));
    }
  }

  /** A structured array with a field for each column. */
  static byte[] structured(Table table) {
    List<Field> fields = new ArrayList<>();
    table.columns().forEach(column -> fields.add(Field.of(column.name(), column)));
    String descr =
        fields.stream()
            .map(f -> "(" + literal(f.name()) + ", '" + f.type() + "')")
            .collect(Collectors.joining(", ", "[", "]"));
    return array(descr, table.rowCount(), fields);
  }

  /** An array for each column, under a name that is a Python identifier. */
  static byte[] archive(Table table) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Set<String> taken = new HashSet<>();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Column<?> column : table.columns()) {
        Field field = Field.of(identifier(column.name(), taken), column);
        ZipEntry entry = new ZipEntry(field.name() + ".npy");
        entry.setTime(0); // the same table makes the same file
        zip.putNextEntry(entry);
        zip.write(array("'" + field.type() + "'", table.rowCount(), List.of(field)));
        zip.closeEntry();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  /** The names of the arrays of an archive. */
  static List<String> names(Table table) {
    Set<String> taken = new HashSet<>();
    return table.columnNames().stream().map(name -> identifier(name, taken) + ".npy").toList();
  }

  /**
   * The same of a file.
   *
   * @return none if it is no archive
   */
  static List<String> names(Path file) {
    try (ZipFile zip = new ZipFile(file.toFile())) {
      return zip.stream().map(ZipEntry::getName).toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /** A name that Python reads as one word, and that no other column has. */
  static String identifier(String name, Set<String> taken) {
    String plain = name.replaceAll("[^A-Za-z0-9_]+", "_").replaceAll("^_+|_+$", "");
    String word = plain.isEmpty() || Character.isDigit(plain.charAt(0)) ? "c_" + plain : plain;
    String free = word;
    for (int i = 2; !taken.add(free); i++) {
      free = word + "_" + i;
    }
    return free;
  }

  /** An archive of arrays of float32, which is not compressed: such numbers hardly shrink. */
  static void archive(NamedArrays given, OutputStream to) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(to);
    zip.setLevel(Deflater.NO_COMPRESSION);
    for (Map.Entry<String, NamedArrays.Axes> e : given.arrays().entrySet()) {
      ZipEntry entry = new ZipEntry(e.getKey() + ".npy");
      entry.setTime(0);
      zip.putNextEntry(entry);
      floats(e.getValue(), zip);
      zip.closeEntry();
    }
    zip.finish();
    zip.flush();
  }

  /** One array of float32. */
  static void floats(NamedArrays.Axes array, OutputStream to) throws IOException {
    String shape =
        Arrays.stream(array.shape()).mapToObj(n -> n + ",").collect(Collectors.joining(" "));
    to.write(header("'<f4'", shape));
    float[] values = array.values();
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i += CHUNK / Float.BYTES) {
      Progress.checkInterrupt();
      int count = Math.min(CHUNK / Float.BYTES, values.length - i);
      chunk.asFloatBuffer().put(values, i, count);
      to.write(chunk.array(), 0, count * Float.BYTES);
    }
  }

  private static byte[] header(String descr, String shape) {
    String header =
        "{'descr': %s, 'fortran_order': False, 'shape': (%s), }".formatted(descr, shape);
    int length = header.getBytes(UTF_8).length + 1;
    int padding = Math.floorMod(-(PREAMBLE + length), ALIGNMENT);
    byte[] text = (header + " ".repeat(padding) + "\n").getBytes(UTF_8);
    return ByteBuffer.allocate(PREAMBLE + text.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0x93)
        .put("NUMPY".getBytes(UTF_8))
        .put((byte) 3)
        .put((byte) 0)
        .putInt(text.length)
        .put(text)
        .array();
  }

  private static byte[] array(String descr, int rows, List<Field> fields) {
    byte[] header = header(descr, rows + ",");
    long width = fields.stream().mapToLong(Field::bytes).sum();
    long bytes = header.length + (long) rows * width;
    if (bytes > MOST_BYTES) {
      throw new EngramException(
          "As NumPy's array the table would have %,d bytes, since each text takes as much as the longest; write .parquet or .csv, or fewer columns or rows."
              .formatted(bytes));
    }
    ByteBuffer out = ByteBuffer.allocate((int) bytes).order(ByteOrder.LITTLE_ENDIAN).put(header);
    for (int row = 0; row < rows; row++) {
      for (Field field : fields) {
        field.write(out, row);
      }
    }
    return out.array();
  }

  /** A string as Python writes it. */
  private static String literal(String name) {
    return "'" + name.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'";
  }
}
