package dev.engram.magic;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Replaces <code>{{name}}</code> in arguments by the notebook's variable of that name. An option
 * whose type is a class that no text can be read into takes the object itself.
 */
final class Variables {
  private static final Pattern REFERENCE =
      Pattern.compile("\\{\\{\\s*(\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)\\s*}}");

  private final Host host;
  private final Map<String, Object> objects = new HashMap<>();

  Variables(Host host) {
    this.host = host;
  }

  /** The arguments with every reference replaced by the variable's text. */
  List<String> replacedIn(List<String> arguments) {
    return arguments.stream().map(this::replaced).toList();
  }

  private String replaced(String argument) {
    Matcher reference = REFERENCE.matcher(argument);
    return reference.replaceAll(
        match -> {
          Object value = host.variable(match.group(1));
          String text = String.valueOf(value);
          if (value != null && match.group().length() == argument.length()) {
            objects.put(text, value);
          }
          return Matcher.quoteReplacement(text);
        });
  }

  /** Lets options and parameters of other types than Java's own take objects as they are. */
  void convertInto(CommandLine command) {
    for (ArgSpec argument : command.getCommandSpec().args()) {
      Class<?> type = argument.auxiliaryTypes()[0];
      boolean readable =
          type.isPrimitive()
              || type.isEnum()
              || type.getName().startsWith("java.")
              || argument.converters().length > 0;
      if (!readable) {
        register(command, type);
      }
    }
  }

  private <T> void register(CommandLine command, Class<T> type) {
    ITypeConverter<T> converter =
        text -> {
          @Nullable Object value = objects.get(text);
          if (!type.isInstance(value)) {
            throw new TypeConversionException(
                "expected a variable of type %s in double braces, as {{x}}, got '%s'"
                    .formatted(type.getSimpleName(), text));
          }
          return type.cast(value);
        };
    command.registerConverter(type, converter);
  }
}
