package dev.engram.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * A CSV file that lists images, with a column {@code file}. Mistakes that people make in
 * spreadsheets (a byte order mark, another encoding, rows of wrong length, files that are gone) are
 * told with their line.
 */
final class Listing {
  /** A list of ten million images. */
  private static final long MOST_BYTES = 500_000_000;

  private final Path csv;
  private final List<Row> rows;
  private final List<String> missing = new ArrayList<>();

  /** One line. */
  static final class Row {
    private final CSVRecord csvRecord;

    private Row(CSVRecord csvRecord) {
      this.csvRecord = csvRecord;
    }

    /**
     * @return the value, stripped; empty if there is no such column
     */
    String get(String column) {
      return csvRecord.isSet(column) ? csvRecord.get(column).strip() : "";
    }
  }

  private Listing(Path csv, List<Row> rows) {
    this.csv = csv;
    this.rows = rows;
  }

  static Listing read(Path csv) {
    RegularFile.check(csv);
    try {
      if (Files.size(csv) > MOST_BYTES) {
        throw new EngramException(
            "%s has %d bytes; Engram reads lists of at most %d."
                .formatted(csv, Files.size(csv), MOST_BYTES));
      }
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(csv))).toString();
      if (text.startsWith("\ufeff")) {
        text = text.substring(1);
      }
      CSVFormat format =
          CSVFormat.DEFAULT
              .builder()
              .setHeader()
              .setSkipHeaderRecord(true)
              .setIgnoreHeaderCase(true)
              // Spreadsheets leave empty columns behind.
              .setAllowMissingColumnNames(true)
              .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_EMPTY)
              .setTrim(true)
              .get();
      try (CSVParser parser = CSVParser.parse(text, format)) {
        boolean hasFile =
            parser.getHeaderNames().stream()
                .anyMatch(h -> h.strip().toLowerCase(Locale.ROOT).equals("file"));
        if (!hasFile) {
          throw new EngramException(
              "%s needs a column 'file'; it has %s."
                  .formatted(csv, String.join(", ", parser.getHeaderNames())));
        }
        return new Listing(csv, parser.stream().map(Row::new).toList());
      }
    } catch (CharacterCodingException e) {
      throw new EngramException(csv + " is not UTF-8 text; save it as CSV UTF-8.", e);
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new EngramException(
          "%s cannot be read as CSV: %s."
              .formatted(csv, why.lines().findFirst().orElse("it is empty")),
          e);
    }
  }

  List<Row> rows() {
    return rows;
  }

  /** The file of a row, within the (normalised) folder; what is missing is told for all rows. */
  Path file(Row row, Path folder) {
    String name = row.get("file").replace('\\', '/');
    if (name.isBlank()) {
      throw mistake(row, "names no file");
    }
    Path file;
    try {
      file = folder.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw mistake(row, "names a file that no system can have: '" + name + "'");
    }
    if (!file.startsWith(folder)) {
      throw mistake(row, "names a file outside of the folder: '" + name + "'");
    }
    if (!Files.isRegularFile(file)) {
      missing.add(name);
    }
    return file;
  }

  /** Refuses a list that names files which are not there. */
  void requireFiles() {
    if (!missing.isEmpty()) {
      throw new EngramException(
          "%s names %d of %d files that are not there, the first being %s."
              .formatted(csv, missing.size(), rows.size(), missing.get(0)));
    }
  }

  EngramException mistake(Row row, String what) {
    return new EngramException(
        "%s, row %d, %s.".formatted(csv, row.csvRecord.getRecordNumber(), what));
  }
}
