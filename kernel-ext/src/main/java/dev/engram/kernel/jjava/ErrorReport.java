package dev.engram.kernel.jjava;

import dev.engram.EngramException;
import dev.engram.magic.MagicFailure;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An error as a cell shows it: the kind, one sentence, and of the stack trace only what the user
 * wrote. The kernel's own has the name of its wrapper, and forty lines of its inside.
 *
 * @param name the kind of error
 * @param message what went wrong
 * @param traceback the lines that a notebook shows
 */
record ErrorReport(String name, String message, List<String> traceback) {
  private static final Pattern THROWN = Pattern.compile("(?s)([\\w.$]+), (.*)");
  private static final Pattern COLOUR = Pattern.compile("\u001b\\[[0-9;]*m");

  /** What the compiler says of a name that two imports with a star bring. */
  private static final Pattern AMBIGUOUS =
      Pattern.compile(
          "reference to (\\w+) is ambiguous\\s+"
              + "both \\w+ ([\\w.]+) in [\\w.]+ and \\w+ ([\\w.]+) in [\\w.]+ match");

  private static final Pattern INTERNAL =
      Pattern.compile(
          "\\s*at (org\\.dflib\\.|jdk\\.jshell|java\\.base/(java\\.util\\.concurrent|java\\.lang\\.(reflect|Thread)"
              + "|jdk\\.internal)|REPL\\.\\S*do_it\\$).*");

  /** Exceptions whose message says all there is to say. */
  private static final Set<String> TOLD =
      Set.of(MagicFailure.class.getName(), EngramException.class.getName());

  /**
   * @param name the error as the kernel reports it
   * @param message its message, {@code class, message} if a cell threw it
   * @param traceback its lines, coloured
   */
  static ErrorReport of(String name, String message, List<String> traceback) {
    if (name.equals("EvaluationInterruptedException")) {
      // The message quotes the statement that ran; of a magic it is known what it leaves behind,
      // but not of those that the cell ran before it.
      boolean magic = MagicCall.CODE.isIn(message);
      return told(
          "Interrupted",
          "Interrupted: "
              + (magic ? "the interrupted magic changed nothing." : "the cell was stopped."));
    }
    if (name.equals("EngramException")) { // thrown by the kernel, not by a cell
      return told(name, message);
    }
    Matcher ambiguous = AMBIGUOUS.matcher(plain(String.join("\n", traceback)));
    if (name.equals("CompilationException") && ambiguous.find()) {
      return ambiguous(ambiguous.group(1), ambiguous.group(2), ambiguous.group(3), traceback);
    }
    Matcher thrown = THROWN.matcher(message);
    if (!name.equals("RuntimeException") || !thrown.matches()) {
      return new ErrorReport(
          name,
          MagicCall.CODE.asTyped(message),
          traceback.stream().map(MagicCall.CODE::asTyped).toList());
    }
    String type = thrown.group(1);
    String simple = type.substring(Math.max(type.lastIndexOf('.'), type.lastIndexOf('$')) + 1);
    if (TOLD.contains(type)) {
      return told("EngramException", thrown.group(2));
    }
    return new ErrorReport(simple, thrown.group(2), usersPart(simple, thrown.group(2), traceback));
  }

  /** In the place of "status: REJECTED"; the lines below it show where the name stands. */
  private static ErrorReport ambiguous(
      String name, String first, String second, List<String> traceback) {
    String sentence =
        ("%1$s is ambiguous, because %2$s and %3$s are both imported; write import %2$s; or import"
                + " %3$s; to say which one %1$s is.")
            .formatted(name, first, second);
    return new ErrorReport(
        "CompilationException",
        sentence,
        Stream.concat(Stream.of(sentence, ""), traceback.stream().map(MagicCall.CODE::asTyped))
            .toList());
  }

  private static String plain(String text) {
    return COLOUR.matcher(text).replaceAll("");
  }

  private static ErrorReport told(String name, String sentence) {
    return new ErrorReport(name, sentence, List.of(sentence));
  }

  /** The frames between the throw and the cell that led to it; a cell's are {@code .f(#12:3)}. */
  private static List<String> usersPart(String name, String message, List<String> traceback) {
    List<String> frames =
        traceback.stream()
            .flatMap(line -> plain(line).lines())
            .map(line -> line.replaceFirst("^\\|\\s*", ""))
            .filter(line -> line.stripLeading().startsWith("at "))
            .filter(line -> !INTERNAL.matcher(line).matches())
            .toList();
    return Stream.concat(Stream.of(name + ": " + message), frames.stream()).toList();
  }
}
