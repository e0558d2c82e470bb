package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Printable;
import dev.engram.Suggest;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what went wrong with a magic in one sentence, with what was probably meant. */
final class Sentences {
  static final String INTERRUPTED = "Interrupted: nothing was changed.";

  private Sentences() {}

  /**
   * @param name the magic's name, without percent signs
   */
  static String of(String name, Throwable failure) {
    return Printable.line(sentence(name, failure));
  }

  private static String sentence(String name, Throwable failure) {
    // First: an interrupted read of a file ends as a mistake of ours that was caused by it.
    if (isInterrupt(failure)) {
      return INTERRUPTED;
    }
    EngramException mistake = cause(failure, EngramException.class);
    if (mistake != null) {
      return String.valueOf(mistake.getMessage());
    }
    UncheckedIOException unread = cause(failure, UncheckedIOException.class);
    if (unread != null && isSentence(unread)) {
      return ended(firstLine(String.valueOf(unread.getMessage())));
    }
    if (failure instanceof ParameterException wrong) {
      return ofArguments(wrong);
    }
    String kind = failure.getClass().getSimpleName();
    String message = failure.getMessage();
    return "%"
        + name
        + " failed with "
        + withArticle(kind)
        + (message == null ? "" : " (" + firstLine(message) + ")")
        + "; %engram trace shows the stack trace.";
  }

  /** Whether somebody wrote the message; without one Java takes the cause's class and message. */
  private static boolean isSentence(UncheckedIOException failure) {
    return failure.getMessage() != null
        && !failure.getMessage().equals(String.valueOf(failure.getCause()));
  }

  /** A class's name after a or an. */
  static String withArticle(String name) {
    return ("AEIOU".indexOf(name.charAt(0)) >= 0 ? "an " : "a ") + name;
  }

  static boolean isInterrupt(Throwable failure) {
    return cause(failure, CancellationException.class) != null
        || cause(failure, InterruptedException.class) != null
        || cause(failure, ClosedByInterruptException.class) != null;
  }

  private static String ofArguments(ParameterException wrong) {
    CommandSpec spec = wrong.getCommandLine().getCommandSpec();
    if (wrong instanceof UnmatchedArgumentException unmatched) {
      String first = unmatched.getUnmatched().get(0);
      return first.startsWith("-")
          ? spec.name()
              + " has no option '"
              + first
              + "'"
              + Suggest.didYouMean(first, spec.optionsMap().keySet())
          : spec.name() + " takes no further argument, got '" + first + "'" + quoting(unmatched);
    }
    if (wrong instanceof MissingParameterException missing) {
      String needed =
          missing.getMissing().stream().map(Sentences::label).collect(Collectors.joining(", "));
      return spec.name() + " needs " + needed + "; " + spec.name() + "? shows how it is used.";
    }
    ArgSpec argument = wrong.getArgSpec();
    String value = wrong.getValue();
    if (argument == null || value == null) {
      return spec.name() + ": " + ended(firstLine(String.valueOf(wrong.getMessage())));
    }
    Class<?> type = argument.auxiliaryTypes()[0];
    if (type.isEnum()) {
      List<String> known =
          Arrays.stream(type.getEnumConstants())
              .map(constant -> constant.toString().toLowerCase(Locale.ROOT))
              .toList();
      return label(argument)
          + " takes "
          + String.join(", ", known)
          + ", got '"
          + value
          + "'"
          + Suggest.didYouMean(value, known);
    }
    String expected = expected(type, value);
    if (!expected.isEmpty()) {
      return label(argument) + " takes " + expected + ", got '" + value + "'.";
    }
    String detail =
        firstLine(String.valueOf(wrong.getMessage())).replaceFirst("^Invalid value.*?: ", "");
    return label(argument) + ": " + ended(detail);
  }

  /** What a number or a flag has to be; empty for other types. */
  private static String expected(Class<?> type, String value) {
    boolean whole = value.strip().matches("[+-]?\\d+");
    if (type == int.class || type == Integer.class) {
      return whole ? "a whole number of at most " + Integer.MAX_VALUE : "a whole number, such as 5";
    }
    if (type == long.class || type == Long.class) {
      return whole ? "a whole number of at most " + Long.MAX_VALUE : "a whole number, such as 5";
    }
    if (type == double.class || type == Double.class || type == float.class) {
      return "a number, such as 0.5";
    }
    return type == boolean.class || type == Boolean.class ? "true or false" : "";
  }

  /** Words without quotes that may be one name: how to write it. */
  private static String quoting(UnmatchedArgumentException unmatched) {
    List<String> typed = unmatched.getCommandLine().getParseResult().originalArgs();
    List<String> rest = unmatched.getUnmatched();
    int at = typed.lastIndexOf(rest.get(0));
    List<String> positional =
        unmatched.getCommandLine().getParseResult().matchedPositionals().stream()
            .flatMap(p -> p.originalStringValues().stream())
            .toList();
    if (at < 1 || !positional.contains(typed.get(at - 1))) {
      return ".";
    }
    String name = rest.stream().takeWhile(w -> !w.startsWith("-")).collect(Collectors.joining(" "));
    return "; a name of several words stands in quotes: \""
        + typed.get(at - 1)
        + " "
        + name
        + "\".";
  }

  private static String label(ArgSpec argument) {
    return argument.isOption() ? ((OptionSpec) argument).longestName() : argument.paramLabel();
  }

  private static String ended(String text) {
    return text.endsWith(".") ? text : text + ".";
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private static <T extends Throwable> @Nullable T cause(Throwable failure, Class<T> type) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return type.cast(at);
      }
    }
    return null;
  }
}
