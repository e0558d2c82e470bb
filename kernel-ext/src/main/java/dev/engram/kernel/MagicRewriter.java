package dev.engram.kernel;

import dev.engram.EngramException;
import dev.engram.magic.MagicLine;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replaces the magics in a cell by Java that carries their lines as typed, before the kernel's own
 * resolver splits them. Reads Java well enough to leave strings, text blocks and comments alone.
 */
public final class MagicRewriter {
  private static final Pattern CELL =
      Pattern.compile("\\s*%%(?<line>(?<name>\\w+)[^\\r\\n]*)(?:\\R(?<body>.*))?", Pattern.DOTALL);
  private static final Pattern LINE = Pattern.compile("%(?<line>(?<name>\\w+)[^\\r\\n]*)");

  private static final Pattern MAGIC_IN_LINE = Pattern.compile("[^%\\r\\n]*%%?(\\w[^\\r\\n]*)");

  /** As IPython asks for help: the question mark before a magic, and nothing after it. */
  private static final Pattern ASKED =
      Pattern.compile("\\?{1,2}%{1,2}(?<name>\\w+)[ \\t;]*(?=[\\r\\n]|\\z)");

  private static final Pattern CELL_TYPED =
      Pattern.compile("\\s*%%(?<line>[^\\r\\n]*)(?<body>\\R.*)?", Pattern.DOTALL);

  /**
   * What is no code: text blocks, strings, characters, comments. Every repeated group is
   * possessive: Java matches those in a loop, and all others by recursion, one frame for each
   * character.
   */
  private static final Pattern INERT =
      Pattern.compile(
          "\"\"\"[^\"\\\\]*+(?:(?:\\\\.|\"(?!\"\"))[^\"\\\\]*+)*+(?:\"\"\"|\\z)"
              + "|\"[^\"\\\\\\r\\n]*+(?:\\\\.[^\"\\\\\\r\\n]*+)*+\"?"
              + "|'[^'\\\\\\r\\n]*+(?:\\\\.[^'\\\\\\r\\n]*+)*+'?"
              + "|//[^\\r\\n]*"
              + "|/\\*.*?(?:\\*/|\\z)",
          Pattern.DOTALL);

  /** What the kernel's resolver takes for a magic; it does not know text blocks. */
  private static final Pattern LOOKS_LIKE_MAGIC =
      Pattern.compile("((?:^|=)\\s*)%(?=\\w)", Pattern.MULTILINE);

  private final MagicCode code;
  private final Predicate<String> foreignLine;
  private final Predicate<String> foreignCell;

  /**
   * @param code how this kernel's cells call magics
   * @param foreignLine whether a line magic of that name is the kernel's own
   * @param foreignCell whether a cell magic of that name is the kernel's own
   */
  public MagicRewriter(
      MagicCode code, Predicate<String> foreignLine, Predicate<String> foreignCell) {
    this.code = code;
    this.foreignLine = foreignLine;
    this.foreignCell = foreignCell;
  }

  /**
   * The cell as Java, with the kernel's own magics left in it.
   *
   * @throws EngramException if a magic stands where it cannot, or leaves a quote open
   */
  public String rewrite(String source) {
    Matcher cell = CELL.matcher(source);
    if (cell.matches()) {
      String body = cell.group("body");
      return foreignCell.test(cell.group("name"))
          ? source
          : code.ofCell(cell.group("line"), body == null ? "" : body);
    }
    StringBuilder out = new StringBuilder(source.length());
    Matcher inert = INERT.matcher(source);
    Matcher line = LINE.matcher(source);
    Matcher asked = ASKED.matcher(source);
    int at = 0;
    while (at < source.length()) {
      if (inert.region(at, source.length()).lookingAt()) {
        out.append(LOOKS_LIKE_MAGIC.matcher(inert.group()).replaceAll("$1\\\\u0025"));
        at = inert.end();
      } else if (line.region(at, source.length()).lookingAt()
          && isMagicPlace(source, at)
          && !foreignLine.test(line.group("name"))) {
        MagicLine.parse(line.group("line")); // a quote that is left open would swallow Java
        out.append(code.ofLine(line.group("line")));
        at = line.end();
      } else if (asked.region(at, source.length()).lookingAt() && isLineStart(source, at)) {
        out.append(code.ofLine(asked.group("name") + "?"));
        at = asked.end();
      } else if (line.lookingAt() && !isMagicPlace(source, at) && isAfterJava(source, at)) {
        throw new EngramException(
            "A magic takes the rest of its line, so it cannot stand between braces or after another"
                + " statement: put %"
                + line.group("name")
                + " on a line of its own, and the Java that follows it on the next.");
      } else {
        out.append(source.charAt(at++));
      }
    }
    return out.toString();
  }

  /**
   * The line of a magic in a cell.
   *
   * @param start where it begins in the cell, after the percent signs
   * @param line as it was typed
   */
  public record Typed(int start, String line) {}

  /**
   * Finds the magic in whose line a cursor stands.
   *
   * @return its whole line; empty where there is none
   */
  public static Optional<Typed> lineAt(String source, int position) {
    int start = source.lastIndexOf('\n', Math.max(0, Math.min(position, source.length()) - 1)) + 1;
    Matcher line = MAGIC_IN_LINE.matcher(source);
    boolean found = line.region(start, source.length()).lookingAt();
    return found && isMagicPlace(source, source.indexOf('%', start))
        ? Optional.of(new Typed(line.start(1), line.group(1)))
        : Optional.empty();
  }

  /**
   * Finds the magic at whose end a cursor stands.
   *
   * @return its line up to the cursor; empty where the cursor stands in Java, or in the body of a
   *     cell's magic
   */
  public static Optional<Typed> typedAt(String source, int position) {
    String before = source.substring(0, Math.max(0, Math.min(position, source.length())));
    Matcher cell = CELL_TYPED.matcher(before);
    if (cell.matches()) {
      return cell.group("body") == null
          ? Optional.of(new Typed(cell.start("line"), cell.group("line")))
          : Optional.empty();
    }
    Matcher inert = INERT.matcher(before);
    int at = 0;
    while (at < before.length()) {
      if (inert.region(at, before.length()).lookingAt()) {
        at = inert.end();
      } else if (before.charAt(at) == '%' && isMagicPlace(before, at)) {
        String line = before.substring(at + 1);
        if (line.lines().count() <= 1 && !line.endsWith("\n")) {
          return Optional.of(new Typed(at + 1, line));
        }
        at = before.indexOf('\n', at) + 1;
      } else {
        at++;
      }
    }
    return Optional.empty();
  }

  /** Where no Java can have a remainder operator: after a brace that opens, or a semicolon. */
  private static boolean isAfterJava(String source, int at) {
    int before = at - 1;
    while (before >= 0 && Character.isWhitespace(source.charAt(before))) {
      before--;
    }
    return before >= 0 && (source.charAt(before) == '{' || source.charAt(before) == ';');
  }

  /** At the start of a line, or to the right of an assignment. */
  private static boolean isMagicPlace(String source, int at) {
    return isLineStart(source, at) || before(source, at).matches("(?s).*[^=!<>]=");
  }

  private static boolean isLineStart(String source, int at) {
    return before(source, at).isEmpty();
  }

  /** What stands before a place in its line. */
  private static String before(String source, int at) {
    return source.substring(source.lastIndexOf('\n', at - 1) + 1, at).strip();
  }
}
