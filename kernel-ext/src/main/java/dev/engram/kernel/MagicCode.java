package dev.engram.kernel;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The Java that stands for a magic in a cell: a call that carries the line as it was typed. What is
 * called are three static methods of a class of the adapter, {@code line(String)}, {@code
 * cell(String, String)} and {@code value(String)}: a cell can reach nothing else of its kernel.
 */
public final class MagicCode {
  private final String caller;
  private final Pattern written;

  /**
   * @param caller the class that has these methods
   */
  public MagicCode(Class<?> caller) {
    this.caller = caller.getName();
    this.written =
        Pattern.compile(Pattern.quote(this.caller) + "\\.(line|cell)\\(\"([\\w+/=]*)\"[^)]*\\);?");
  }

  /**
   * @return Java that runs a line magic
   */
  public String ofLine(String line) {
    return "%s.line(\"%s\");".formatted(caller, encoded(line));
  }

  /**
   * @return Java that runs a cell magic
   */
  public String ofCell(String line, String body) {
    return "%s.cell(\"%s\", \"%s\");".formatted(caller, encoded(line), encoded(body));
  }

  /**
   * @return Java that declares a variable of a value that is being handed over under its name
   */
  String ofVariable(String type, String name) {
    return "%s %s = %s.value(\"%s\");".formatted(type, name, caller, name);
  }

  /**
   * @return a message with what the user typed in the place of our calls
   */
  public String asTyped(String message) {
    Matcher call = written.matcher(message);
    return call.replaceAll(
        match ->
            Matcher.quoteReplacement(
                (match.group(1).equals("line") ? "%" : "%%") + decoded(match.group(2))));
  }

  /**
   * @return whether a piece of Java calls a magic
   */
  public boolean isIn(String java) {
    return java.contains(caller);
  }

  /**
   * @param base64 an argument of a call
   * @return what was typed
   */
  public static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }

  private static String encoded(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
