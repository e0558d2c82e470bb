package dev.engram.data;

import dev.engram.EngramException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A text file of lines {@code id value}, each id once, as CUB-200-2011 has them. */
final class IdList {
  private final Path file;
  private final Map<Integer, String> values = new LinkedHashMap<>();

  private IdList(Path file) {
    this.file = file;
  }

  static IdList read(Path file) {
    IdList list = new IdList(file);
    List<String> lines = lines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (line.isEmpty()) {
        continue;
      }
      String[] parts = line.split("\\s+", 2);
      int id = number(parts[0]);
      if (parts.length < 2 || id < 1) {
        throw new EngramException(
            "%s, line %d: a number and a value are expected, got '%s'."
                .formatted(file, i + 1, line));
      }
      if (list.values.put(id, parts[1]) != null) {
        throw new EngramException(
            "%s, line %d: the id %d is there twice.".formatted(file, i + 1, id));
      }
    }
    return list;
  }

  /** The lines of a text file of a data set, told if it is missing. */
  static List<String> lines(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new EngramException("The data set is not complete: there is no " + file + ".");
    }
    try {
      return Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (CharacterCodingException e) {
      throw new EngramException(file + " is not UTF-8 text.", e);
    } catch (IOException e) {
      throw new EngramException(file + " cannot be read: " + e + ".", e);
    }
  }

  Map<Integer, String> values() {
    return values;
  }

  /** The whole number that belongs to an id. */
  int numberOf(int id) {
    String value = values.getOrDefault(id, "");
    int number = number(value);
    if (number < 0) {
      throw new EngramException(
          "%s: a number is expected for the id %d, got '%s'.".formatted(file, id, value));
    }
    return number;
  }

  /** Refuses a list of another length or of other ids. */
  void requireIdsOf(IdList other) {
    if (!values.keySet().equals(other.values.keySet())) {
      int odd =
          values.keySet().stream()
              .filter(id -> !other.values.containsKey(id))
              .findFirst()
              .or(
                  () ->
                      other.values.keySet().stream()
                          .filter(id -> !values.containsKey(id))
                          .findFirst())
              .orElseThrow();
      throw new EngramException(
          "%s has %d ids and %s has %d; they must be the same, and %d is in one of them only."
              .formatted(file, values.size(), other.file, other.values.size(), odd));
    }
  }

  /** -1 if it is no whole number from 0. */
  private static int number(String text) {
    return text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
  }
}
