package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Reads and changes the settings of an experiment by their names, as {@code --set steps=200} does.
 * A component that is a record itself, such as {@link Judging}, gives its own components as
 * settings.
 */
public final class Settings {
  private Settings() {}

  /** Every setting, in the order of the components. */
  public static List<Setting> of(ExperimentSettings<?> settings) {
    return leaves(record(settings));
  }

  /**
   * @param assignments {@code steps=200}, each setting at most once; capitals and dashes do not
   *     matter in a name, and of {@code learningRate} the word {@code rate} is enough, as no other
   *     setting has it
   * @return a copy with these settings
   * @throws EngramException if there is no such setting, or it does not take that value
   */
  public static <R> ExperimentSettings<R> with(
      ExperimentSettings<R> settings, List<String> assignments) {
    ExperimentSettings<R> out = settings;
    Map<String, String> given = new HashMap<>();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        Setting first = of(settings).get(0);
        throw new EngramException(
            "A setting is given as NAME=VALUE, such as %s=%s; got '%s'."
                .formatted(first.name(), first.text(), assignment));
      }
      Setting setting = find(settings, assignment.substring(0, equals));
      String before = given.put(setting.name(), assignment);
      if (before != null) {
        throw new EngramException(
            "The setting %s is given twice: %s and %s; write one."
                .formatted(setting.name(), before, assignment));
      }
      out = with(out, setting, assignment.substring(equals + 1).strip());
    }
    return out;
  }

  private static <R> ExperimentSettings<R> with(
      ExperimentSettings<R> settings, Setting setting, String text) {
    return copy(settings, setting.name(), component -> parsed(component, setting, text));
  }

  /**
   * @param name of a setting, exactly
   * @param value of the setting's own type
   * @return a copy with that setting
   */
  public static <R> ExperimentSettings<R> withValue(
      ExperimentSettings<R> settings, String name, Object value) {
    return copy(settings, name, component -> value);
  }

  @SuppressWarnings("unchecked") // a copy of a record is of the record's own type
  private static <R> ExperimentSettings<R> copy(
      ExperimentSettings<R> settings, String name, Function<RecordComponent, Object> value) {
    return (ExperimentSettings<R>) copy(record(settings), name, value);
  }

  /** The settings that are other ones than the standard. */
  public static List<Change> changes(ExperimentSettings<?> settings) {
    List<Setting> own = of(settings);
    List<Setting> standard = of(settings.experiment().standard().get());
    return IntStream.range(0, own.size())
        .filter(i -> !own.get(i).text().equals(standard.get(i).text()))
        .mapToObj(i -> new Change(own.get(i).name(), own.get(i).text(), standard.get(i).text()))
        .toList();
  }

  /**
   * The setting that a name means.
   *
   * @throws EngramException if there is none, with the nearest names
   */
  static Setting find(ExperimentSettings<?> settings, String name) {
    List<Setting> all = of(settings);
    String wanted = plain(name);
    List<Setting> found = all.stream().filter(s -> plain(s.name()).equals(wanted)).toList();
    if (found.isEmpty()) {
      found = all.stream().filter(s -> words(s.name()).contains(wanted)).toList();
    }
    if (found.size() != 1) {
      List<String> names = all.stream().map(Setting::name).toList();
      throw new EngramException(
          "%s has the settings %s; there is no '%s'%s"
              .formatted(
                  settings.experiment(),
                  String.join(", ", names),
                  name,
                  Suggest.didYouMean(name, names)));
    }
    return found.get(0);
  }

  private static Record record(ExperimentSettings<?> settings) {
    if (settings instanceof Record record) {
      return record;
    }
    throw new IllegalArgumentException("settings are records, got " + settings.getClass());
  }

  private static String plain(String name) {
    return name.replaceAll("[-_ ]", "").toLowerCase(Locale.ROOT);
  }

  /** {@code learningRate}: learning, rate. */
  private static List<String> words(String name) {
    return Arrays.stream(name.split("(?=[A-Z])")).map(w -> w.toLowerCase(Locale.ROOT)).toList();
  }

  private static List<Setting> leaves(Record record) {
    List<Setting> out = new ArrayList<>();
    for (RecordComponent c : record.getClass().getRecordComponents()) {
      Object value = value(record, c);
      if (value instanceof Record inner) {
        out.addAll(leaves(inner));
        continue;
      }
      SettingType type = SettingType.of(c.getGenericType());
      About about = c.getAnnotation(About.class);
      out.add(
          new Setting(
              c.getName(),
              type.expected(),
              type.format().apply(value),
              about == null ? "" : about.value()));
    }
    return out;
  }

  /** A copy with one setting, which is a component of the record or of a record in it. */
  private static Record copy(
      Record record, String name, Function<RecordComponent, Object> changed) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      Object value = value(record, components[i]);
      values[i] =
          value instanceof Record inner
              ? copy(inner, name, changed)
              : components[i].getName().equals(name) ? changed.apply(components[i]) : value;
    }
    return make(record.getClass(), components, values);
  }

  private static Object parsed(RecordComponent component, Setting setting, String text) {
    try {
      return SettingType.of(component.getGenericType()).parse().apply(text);
    } catch (IllegalArgumentException e) {
      throw new EngramException(
          "%s takes %s, such as %s; got '%s'."
              .formatted(setting.name(), setting.expected(), setting.text(), text),
          e);
    }
  }

  private static Object value(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("settings are public records: " + record.getClass(), e);
    }
  }

  private static Record make(
      Class<? extends Record> type, RecordComponent[] components, Object[] values) {
    try {
      Constructor<? extends Record> canonical =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return canonical.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof EngramException refused) {
        throw refused;
      }
      throw new IllegalStateException("cannot make " + type, e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("settings are public records: " + type, e);
    }
  }
}
