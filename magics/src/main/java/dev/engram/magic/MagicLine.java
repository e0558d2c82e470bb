package dev.engram.magic;

import dev.engram.EngramException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits the line of a magic into its name and arguments. Our own, because the kernel's splitter
 * eats backslashes and single quotes and keeps a trailing semicolon or comment as an argument.
 *
 * <ul>
 *   <li>White space separates; {@code "…"} and {@code '…'} hold together what is between them.
 *   <li>A backslash stands for itself, so that {@code C:\images\cats} is a path, except before a
 *       quote, as in Windows' own rule ({@code \"} is a quote, {@code \\"} a backslash and the end
 *       of the string), and outside of quotes before white space ({@code my\ cat.png}).
 *   <li>A semicolon at the end is dropped, and what follows {@code //} at the start of a word:
 *       {@code https://host/} is an argument.
 *   <li><code>{{ name }}</code> is held together too.
 * </ul>
 *
 * @param name the first word, without {@code %}
 * @param arguments the words after it
 */
public record MagicLine(String name, List<String> arguments) {
  private static final Pattern TAIL = Pattern.compile(";[;\\s]*(//.*)?$");
  private static final Pattern VARIABLE = Pattern.compile("\\{\\{[^{}]*}}");

  /** Forbids changes. */
  public MagicLine {
    arguments = List.copyOf(arguments);
  }

  /**
   * @param line a magic's line without the percent signs
   * @throws EngramException if a quote is not closed
   */
  public static MagicLine parse(String line) {
    List<String> words = new Splitter(line).split();
    return words.isEmpty()
        ? new MagicLine("", List.of())
        : new MagicLine(words.get(0), words.subList(1, words.size()));
  }

  /**
   * A line that is being typed, up to the cursor.
   *
   * @param before the words that are complete, the name first
   * @param word what has been typed of the last one, without its quotes; may be empty
   * @param start where the last one begins in the line, with its quote
   */
  public record Typed(List<String> before, String word, int start) {
    /** Forbids changes. */
    public Typed {
      before = List.copyOf(before);
    }
  }

  /**
   * @param line a magic's line up to the cursor, without the percent signs; a quote may be open
   * @return empty where nothing of the magic can be typed: after its end, or in a comment
   */
  public static Optional<Typed> typed(String line) {
    return new Splitter(line).typed();
  }

  /**
   * Words that a stock kernel has split already: only the end of the line is still to be mended.
   */
  static List<String> withoutTail(List<String> words) {
    List<String> kept = words.stream().takeWhile(word -> !word.startsWith("//")).toList();
    if (kept.isEmpty()) {
      return kept;
    }
    List<String> mended = new ArrayList<>(kept.subList(0, kept.size() - 1));
    String last = TAIL.matcher(kept.get(kept.size() - 1)).replaceFirst("");
    if (!last.isEmpty()) {
      mended.add(last);
    }
    return mended;
  }

  /** The argument as it can be typed in a line. */
  public static String quoted(String argument) {
    if (argument.matches("[\\p{L}\\p{N}_./~+@:-]+") && !argument.startsWith("//")) {
      return argument;
    }
    char quote = argument.contains("'") ? '"' : '\'';
    // a backslash stands for itself but before a quote, where it is doubled
    String inner = argument.replaceAll("(\\\\+)(?=" + quote + "|$)", "$1$1");
    return quote + inner.replace(String.valueOf(quote), "\\" + quote) + quote;
  }

  /** One pass over a line. */
  private static final class Splitter {
    private final String line;
    private final List<String> words = new ArrayList<>();
    private final StringBuilder word = new StringBuilder();
    private boolean inWord;
    private boolean quoteIsOpen;
    private int start;
    private int opened;
    private int at;

    Splitter(String line) {
      this.line = line;
    }

    List<String> split() {
      read();
      if (quoteIsOpen) {
        throw new EngramException(
            "The quote that opens before '"
                + line.substring(opened + 1).strip()
                + "' is not closed: put a "
                + line.charAt(opened)
                + " at its end.");
      }
      endWord();
      return words;
    }

    Optional<Typed> typed() {
      read();
      return at < line.length()
          ? Optional.empty()
          : Optional.of(new Typed(words, word.toString(), inWord ? start : at));
    }

    private void read() {
      while (at < line.length() && !atTail()) {
        char c = line.charAt(at);
        if (Character.isWhitespace(c)) {
          endWord();
          at++;
        } else if (c == '"' || c == '\'') {
          quoted(c);
        } else if (c == '\\') {
          backslash();
        } else {
          take(found(VARIABLE) ? line.indexOf("}}", at) + 2 - at : 1);
        }
      }
    }

    private boolean atTail() {
      return found(TAIL) || (!inWord && line.startsWith("//", at));
    }

    private boolean found(Pattern pattern) {
      Matcher matcher = pattern.matcher(line).region(at, line.length());
      return matcher.lookingAt();
    }

    private void beginWord() {
      if (!inWord) {
        inWord = true;
        start = at;
      }
    }

    private void take(int characters) {
      beginWord();
      word.append(line, at, at + characters);
      at += characters;
    }

    /** A backslash outside of quotes. */
    private void backslash() {
      char next = at + 1 < line.length() ? line.charAt(at + 1) : 'x';
      beginWord();
      if (next == '"' || next == '\'' || Character.isWhitespace(next)) {
        at++;
      }
      take(1);
    }

    /** From a quote to the one that closes it. */
    private void quoted(char quote) {
      beginWord();
      opened = at++;
      quoteIsOpen = true;
      while (at < line.length()) {
        int backslashes = 0;
        while (at + backslashes < line.length() && line.charAt(at + backslashes) == '\\') {
          backslashes++;
        }
        boolean beforeQuote =
            at + backslashes < line.length() && line.charAt(at + backslashes) == quote;
        word.append("\\".repeat(beforeQuote ? backslashes / 2 : backslashes));
        at += backslashes;
        if (at == line.length()) {
          break;
        }
        char c = line.charAt(at++);
        if (beforeQuote && backslashes % 2 == 0) {
          quoteIsOpen = false;
          return;
        }
        word.append(c);
      }
    }

    private void endWord() {
      if (inWord) {
        words.add(word.toString());
        word.setLength(0);
        inWord = false;
      }
    }
  }
}
