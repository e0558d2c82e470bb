package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Keys of a configuration that Engram does not read: which are set, and how a sentence says so. */
final class Settings {
  private static final int LONGEST = 80;

  private Settings() {}

  /** Whether a setting asks for nothing: null, false, or an empty object or list. */
  static boolean isOff(JsonNode value) {
    return value.isNull()
        || (value.isBoolean() && !value.booleanValue())
        || (value.isContainerNode() && value.isEmpty());
  }

  /**
   * @param read keys that are read, or that change nothing
   * @return the others that are on, with their values
   */
  static List<String> unread(JsonNode c, Set<String> read) {
    List<String> unread = new ArrayList<>();
    c.properties()
        .forEach(
            e -> {
              if (!read.contains(e.getKey()) && !isOff(e.getValue())) {
                unread.add(shown(e.getKey()) + " " + shown(e.getValue().toString()));
              }
            });
    return unread;
  }

  /** What a file says, fit for a sentence: one line, nothing invisible, not too long. */
  static String shown(String text) {
    String line = Printable.line(text);
    return line.length() <= LONGEST ? line : line.substring(0, LONGEST) + "…";
  }
}
