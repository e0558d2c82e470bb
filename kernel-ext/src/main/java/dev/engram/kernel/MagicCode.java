package dev.engram.kernel;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Java that stands for a magic in a cell: a call with the number of a line that is kept here as
 * it was typed. A line does not travel as a string, because a class file holds strings of at most
 * 65,535 bytes. What is called are static methods of a class of the adapter, {@code line(int)},
 * {@code cell(int, int)}, {@code value(String)} and {@code refuse(int)}: a cell can reach nothing
 * else of its kernel.
 */
public final class MagicCode {
  private final String caller;
  private final Pattern written;
  private final List<String> typed = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();

  /**
   * @param caller the class that has these methods
   */
  public MagicCode(Class<?> caller) {
    this.caller = caller.getName();
    this.written =
        Pattern.compile(
            Pattern.quote(this.caller) + "\\.(line|cell)\\((\\d+)(?:, (\\d+))?[^)]*\\);?");
  }

  /** Java that runs a line magic. */
  public String ofLine(String line) {
    return "%s.line(%d);".formatted(caller, number(line));
  }

  /** Java that runs a cell magic. */
  public String ofCell(String line, String body) {
    return "%s.cell(%d, %d);".formatted(caller, number(line), number(body));
  }

  /**
   * @param sentence why a cell is not run
   * @return Java that throws it
   */
  public String ofRefusal(String sentence) {
    return "%s.refuse(%d);".formatted(caller, number(sentence));
  }

  /** Java that declares a variable of a value that is being handed over under its name. */
  String ofVariable(String type, String name) {
    return "%s %s = %s.value(\"%s\");".formatted(type, name, caller, name);
  }

  /** A message with what the user typed in the place of our calls. */
  public String asTyped(String message) {
    Matcher call = written.matcher(message);
    return call.replaceAll(
        match ->
            Matcher.quoteReplacement(
                (match.group(1).equals("line") ? "%" : "%%")
                    + typed(Integer.parseInt(match.group(2)))));
  }

  /** Whether a piece of Java calls a magic. */
  public boolean isIn(String java) {
    return java.contains(caller);
  }

  /**
   * @param number an argument of a call
   * @return what was typed
   * @throws IllegalArgumentException if no call was made with that number
   */
  public synchronized String typed(int number) {
    if (number < 0 || number >= typed.size()) {
      throw new IllegalArgumentException("no line of a magic has the number " + number);
    }
    return typed.get(number);
  }

  /** The same text has the same number, so that a cell that runs again takes no more memory. */
  private synchronized int number(String text) {
    return numbers.computeIfAbsent(
        text,
        added -> {
          typed.add(added);
          return typed.size() - 1;
        });
  }
}
