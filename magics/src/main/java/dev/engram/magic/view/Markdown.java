package dev.engram.magic.view;

import dev.engram.Printable;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes GitHub-flavoured Markdown from strings that may come from anywhere. What is no Markdown of
 * ours goes through {@link #escape} or {@link #code}.
 */
public final class Markdown {
  private Markdown() {}

  /**
   * Text that means nothing to Markdown or HTML.
   *
   * @return one line, with every ASCII punctuation mark escaped
   */
  public static String escape(String given) {
    return oneLine(given).replaceAll("[\\p{Punct}]", "\\\\$0");
  }

  /**
   * A code span, which may stand in a table.
   *
   * @param given any text; one line is made of it
   */
  public static String code(String given) {
    String text = oneLine(given);
    int longest = Arrays.stream(text.split("[^`]+")).mapToInt(String::length).max().orElse(0);
    String fence = "`".repeat(longest + 1);
    String space = longest > 0 ? " " : "";
    return fence + space + text.replace("|", "\\|") + space + fence;
  }

  /**
   * A table.
   *
   * @param header Markdown of each column
   * @param rows Markdown of each cell
   */
  public static String table(List<String> header, List<List<String>> rows) {
    return row(header)
        + row(header.stream().map(column -> "---").toList())
        + rows.stream().map(Markdown::row).collect(Collectors.joining());
  }

  private static String row(List<String> cells) {
    return cells.stream().collect(Collectors.joining(" | ", "| ", " |\n"));
  }

  private static String oneLine(String given) {
    return Printable.lines(given).replaceAll("\\s+", " ").strip();
  }
}
