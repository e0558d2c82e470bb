package dev.engram.experiment;

import dev.engram.attribution.Score;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a value of a setting is typed and shown. What {@link #format} writes, {@link #parse} reads.
 *
 * @param expected what it takes, for a sentence
 * @param parse throws IllegalArgumentException if the text is nothing of the kind
 * @param format the value as it can be typed
 */
record SettingType(
    String expected, Function<String, Object> parse, Function<Object, String> format) {
  /** What is typed for an optional value that is not there. */
  private static final String ALL = "all";

  /**
   * @param type of a component
   * @throws IllegalArgumentException if values of that type cannot be typed
   */
  static SettingType of(Type type) {
    if (type == int.class || type == Integer.class) {
      return new SettingType("a whole number", Integer::valueOf, Object::toString);
    }
    if (type == long.class || type == Long.class) {
      return new SettingType("a whole number", Long::valueOf, Object::toString);
    }
    if (type == double.class || type == Double.class) {
      return new SettingType(
          "a number, such as 0.01 or 1e-3", SettingType::number, Object::toString);
    }
    if (type == boolean.class || type == Boolean.class) {
      return new SettingType("true or false", SettingType::flag, Object::toString);
    }
    if (type == String.class) {
      return new SettingType("a text", text -> text, Object::toString);
    }
    if (type == OptionalInt.class) {
      return of(Integer.class)
          .optional(
              v -> OptionalInt.of((Integer) v),
              OptionalInt.empty(),
              o -> ((OptionalInt) o).getAsInt());
    }
    if (type == OptionalLong.class) {
      return of(Long.class)
          .optional(
              v -> OptionalLong.of((Long) v),
              OptionalLong.empty(),
              o -> ((OptionalLong) o).getAsLong());
    }
    if (type == OptionalDouble.class) {
      return of(Double.class)
          .optional(
              v -> OptionalDouble.of((Double) v),
              OptionalDouble.empty(),
              o -> ((OptionalDouble) o).getAsDouble());
    }
    if (type instanceof ParameterizedType p && p.getRawType() == Optional.class) {
      return of(p.getActualTypeArguments()[0])
          .optional(Optional::of, Optional.empty(), o -> ((Optional<?>) o).orElseThrow());
    }
    if (type instanceof ParameterizedType p && p.getRawType() == List.class) {
      return of(p.getActualTypeArguments()[0]).list();
    }
    if (type == Score.class) {
      return choice(Score.all());
    }
    if (type instanceof Class<?> c && c.isEnum()) {
      return choice(List.of(c.getEnumConstants()));
    }
    throw new IllegalArgumentException("no setting can be of the type " + type.getTypeName());
  }

  private static Object number(String text) {
    double value = Double.parseDouble(text);
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("not finite");
    }
    return value;
  }

  private static Object flag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException("neither");
    };
  }

  private static SettingType choice(List<?> constants) {
    return new SettingType(
        "one of " + constants.stream().map(Object::toString).collect(Collectors.joining(", ")),
        text ->
            constants.stream()
                .filter(c -> c.toString().equalsIgnoreCase(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new),
        Object::toString);
  }

  private SettingType optional(
      Function<Object, Object> some, Object none, Function<Object, Object> value) {
    return new SettingType(
        ALL + ", or " + expected,
        text -> text.equalsIgnoreCase(ALL) ? none : some.apply(parse.apply(text)),
        v -> v.equals(none) ? ALL : format.apply(value.apply(v)));
  }

  /** Values with commas between them; no text is no value. */
  private SettingType list() {
    return new SettingType(
        "values with commas between them, each " + expected,
        text ->
            text.isBlank()
                ? List.of()
                : Arrays.stream(text.split(",", -1)).map(String::strip).map(this::one).toList(),
        v -> ((List<?>) v).stream().map(this::shown).collect(Collectors.joining(",")));
  }

  private Object one(String text) {
    if (text.isEmpty()) {
      throw new IllegalArgumentException("nothing between two commas");
    }
    return parse.apply(text);
  }

  private String shown(Object value) {
    return format.apply(value);
  }
}
