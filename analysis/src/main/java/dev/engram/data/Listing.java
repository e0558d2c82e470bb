package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.RegularFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.jspecify.annotations.Nullable;

/**
 * A CSV file that lists images, with a column for the file. Commas, semicolons or tabs separate, as
 * the header tells; columns go by any of their usual names. Mistakes that people make in
 * spreadsheets (another encoding, rows of wrong length, files that are gone) are told with the line
 * of the file, and empty rows are skipped.
 */
final class Listing {
  /** The column of the file. */
  static final String FILE = "file";

  /** The column of what an image shows. */
  static final String LABEL = "label";

  /** What else the columns are called, in order of preference. */
  private static final Map<String, List<String>> NAMES =
      Map.of(
          FILE, List.of(FILE, "filename", "file_name", "filepath", "file_path", "path", "image"),
          LABEL, List.of(LABEL, "class"));

  private static final List<Character> SEPARATORS = List.of(',', ';', '\t');

  /** A list of ten million images. */
  private static final long MOST_BYTES = 500_000_000;

  private final Path csv;
  private final Charset charset;
  private final CSVFormat format;
  private final List<String> columns;
  private int rows;
  private int missing;
  private String firstMissing = "";

  /** One row. */
  static final class Row {
    private final CSVRecord csvRecord;
    private final long line;

    private Row(CSVRecord csvRecord, long line) {
      this.csvRecord = csvRecord;
      this.line = line;
    }

    /**
     * @param column any of its usual names
     * @return the value, stripped; empty if there is no such column
     */
    String get(String column) {
      return NAMES.getOrDefault(column, List.of(column)).stream()
          .filter(csvRecord::isMapped)
          .findFirst()
          .filter(csvRecord::isSet)
          .map(name -> csvRecord.get(name).strip())
          .orElse("");
    }

    private boolean isEmpty() {
      return csvRecord.stream().allMatch(String::isBlank);
    }
  }

  private Listing(Path csv, Charset charset, CSVFormat format, List<String> columns) {
    this.csv = csv;
    this.charset = charset;
    this.format = format;
    this.columns = columns;
  }

  /** Reads the header. */
  static Listing read(Path csv) {
    RegularFile.check(csv);
    return reading(
        csv,
        () -> {
          if (!Files.isRegularFile(csv)) { // a pipe or a device has no end
            throw new EngramException(csv + " is no regular file; a list in CSV is needed.");
          }
          if (Files.size(csv) > MOST_BYTES) {
            throw new EngramException(
                "%s has %d bytes; Engram reads lists of at most %d."
                    .formatted(csv, Files.size(csv), MOST_BYTES));
          }
          Charset charset = charset(csv);
          for (char separator : SEPARATORS) {
            CSVFormat format = format(separator);
            try (CSVParser parser = CSVParser.parse(text(csv, charset), format)) {
              if (isColumn(FILE, parser.getHeaderNames())) {
                return new Listing(csv, charset, format, parser.getHeaderNames());
              }
            }
          }
          try (BufferedReader text = text(csv, charset)) {
            throw new EngramException(
                "%s needs a column 'file' (or filename, path, image), named in its first line, which is %s."
                    .formatted(csv, shortened(text.readLine())));
          }
        });
  }

  /** What reads a file. */
  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T reading(Path csv, Reading<T> reading) {
    try {
      return reading.read();
    } catch (CharacterCodingException e) {
      throw noText(csv, e);
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw noText(csv, e);
      }
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new EngramException(
          "%s cannot be read as CSV: %s."
              .formatted(csv, why.lines().findFirst().orElse("it is empty")),
          e);
    }
  }

  private static EngramException noText(Path csv, Exception e) {
    return new EngramException(csv + " is not UTF-8 text; save it as CSV UTF-8.", e);
  }

  /** UTF-8, or UTF-16 where a byte order mark says so. */
  private static Charset charset(Path csv) throws IOException {
    try (InputStream in = Files.newInputStream(csv)) {
      byte[] bytes = in.readNBytes(2);
      int first = bytes.length < 2 ? 0 : (bytes[0] & 0xff) << 8 | bytes[1] & 0xff;
      return first == 0xfffe ? UTF_16LE : first == 0xfeff ? UTF_16BE : UTF_8;
    }
  }

  /** Its text after the byte order mark, of which some programs write several. */
  private static BufferedReader text(Path csv, Charset charset) throws IOException {
    BufferedReader text =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(csv), charset.newDecoder()), 1 << 16);
    try {
      text.mark(1);
      while (text.read() == '\ufeff') {
        text.mark(1);
      }
      text.reset();
      return text;
    } catch (IOException e) {
      text.close();
      throw e;
    }
  }

  private static CSVFormat format(char separator) {
    return CSVFormat.DEFAULT
        .builder()
        .setDelimiter(separator)
        .setHeader()
        .setSkipHeaderRecord(true)
        .setIgnoreHeaderCase(true)
        // Kept, because a skipped line would not be counted; empty rows are left out below.
        .setIgnoreEmptyLines(false)
        // Spreadsheets leave empty columns behind.
        .setAllowMissingColumnNames(true)
        .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
        .setTrim(true)
        .get();
  }

  /** Hands over each row that is not empty; from the beginning each time. */
  void each(Consumer<Row> taker) {
    rows = 0;
    reading(
        csv,
        () -> {
          try (CSVParser parser = CSVParser.parse(text(csv, charset), format)) {
            each(parser, taker);
          }
          return rows;
        });
  }

  private void each(CSVParser parser, Consumer<Row> taker) {
    Iterator<CSVRecord> records = parser.iterator();
    while (true) {
      long line = parser.getCurrentLineNumber() + 1; // where the next row begins
      Progress.checkInterrupt(); // a list of ten million rows takes half a minute
      if (!records.hasNext()) {
        return;
      }
      Row row = new Row(records.next(), line);
      if (!row.isEmpty()) {
        rows++;
        taker.accept(row);
      }
    }
  }

  private static boolean isColumn(String column, List<String> header) {
    List<String> names = NAMES.getOrDefault(column, List.of(column));
    return header.stream().anyMatch(h -> names.contains(h.strip().toLowerCase(Locale.ROOT)));
  }

  private static String shortened(@Nullable String first) {
    String line = first == null ? "" : first.strip();
    return line.isEmpty()
        ? "empty"
        : "'" + (line.length() > 80 ? line.substring(0, 80) + "…" : line) + "'";
  }

  /** How many rows there were. */
  int rows() {
    return rows;
  }

  /** Refuses a list without a column. */
  void requireColumn(String column) {
    if (!isColumn(column, columns)) {
      throw new EngramException(
          "%s needs a column '%s' (or %s); it has %s."
              .formatted(
                  csv,
                  column,
                  String.join(
                      ", ",
                      NAMES.getOrDefault(column, List.of(column, column)).stream()
                          .skip(1)
                          .toList()),
                  String.join(", ", columns)));
    }
  }

  /** The file of a row, within the (normalised) folder; what is missing is told for all rows. */
  Path file(Row row, Path folder) {
    Path file = path(row, folder);
    if (!Files.isRegularFile(file)) {
      firstMissing = missing++ == 0 ? row.get(FILE).replace('\\', '/') : firstMissing;
    }
    return file;
  }

  /** The same, whether it is there or not. */
  Path path(Row row, Path folder) {
    String name = row.get(FILE).replace('\\', '/');
    if (name.isBlank()) {
      throw mistake(row, "names no file");
    }
    Path file;
    try {
      file = UserPath.onDisk(folder, within(folder, folder.resolve(name).normalize()));
    } catch (InvalidPathException e) {
      throw mistake(row, "names a file that no system can have: '" + name + "'");
    }
    if (!file.startsWith(folder)) {
      throw mistake(row, "names a file outside of the folder: '" + name + "'");
    }
    return file;
  }

  /** The same file below the folder, if a whole path leads there over links. */
  static Path within(Path folder, Path file) {
    Path parent = file.getParent();
    if (file.startsWith(folder) || parent == null || !Files.isDirectory(parent)) {
      return file;
    }
    try {
      Path real = parent.toRealPath().resolve(String.valueOf(file.getFileName()));
      return real.startsWith(folder) ? real : file;
    } catch (IOException e) {
      return file; // told as outside of the folder
    }
  }

  /** Refuses a list that names files which are not there. */
  void requireFiles() {
    if (missing > 0) {
      throw new EngramException(
          "%s names %d of %d files that are not there, the first being %s."
              .formatted(csv, missing, rows, firstMissing));
    }
  }

  EngramException mistake(Row row, String what) {
    return new EngramException("%s, line %d, %s.".formatted(csv, row.line, what));
  }
}
