package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.attribution.Reading;
import java.lang.reflect.RecordComponent;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Settings by their names: as they are typed, shown, compared and refused. */
class SettingsTest {
  static List<Experiment<?>> experiments() {
    return Experiments.ALL;
  }

  /** Another value of the kind, as it can be typed. */
  static String other(Setting setting) {
    String text = setting.text();
    return switch (text) {
      case "true" -> "false";
      case "false" -> "true";
      case "all" -> "2";
      default ->
          text.matches("[0-9]+")
              ? Integer.toString(Integer.parseInt(text) + 1)
              : text.matches("[0-9.E-]+")
                  ? Double.toString(2 * Double.parseDouble(text))
                  : text.substring(text.indexOf(',') + 1); // a list, without its first value
    };
  }

  @ParameterizedTest
  @MethodSource("experiments")
  void everySettingIsTypedShownAndNamed(Experiment<?> experiment) {
    ExperimentSettings<?> standard = experiment.standard().get();
    assertEquals(experiment, standard.experiment());
    assertEquals(List.of(), Settings.changes(standard));
    Set<String> names = new HashSet<>();
    List<Setting> all = Settings.of(standard);
    assertFalse(all.isEmpty());
    for (Setting s : all) {
      assertTrue(names.add(s.name()), s.name());
      assertFalse(s.about().isBlank(), s.name());
      assertEquals(1, s.about().lines().count(), s.name());
      assertEquals(standard, Settings.with(standard, List.of(s.name() + "=" + s.text())));
      ExperimentSettings<?> changed = Settings.with(standard, List.of(s.name() + " = " + other(s)));
      assertNotEquals(standard, changed, s.name());
      assertEquals(List.of(new Change(s.name(), other(s), s.text())), Settings.changes(changed));
      if (!s.expected().endsWith("a text")) {
        Refusal.holds(
            () -> Settings.with(standard, List.of(s.name() + "=?")),
            s.name() + " takes " + s.expected(),
            "got '?'");
      }
    }
  }

  /** In Java a setting is changed by the method that is called as its component. */
  @ParameterizedTest
  @MethodSource("experiments")
  void everySettingHasItsWither(Experiment<?> experiment) throws ReflectiveOperationException {
    ExperimentSettings<?> standard = experiment.standard().get();
    for (RecordComponent c : standard.getClass().getRecordComponents()) {
      Object value = c.getAccessor().invoke(standard);
      Object other =
          value instanceof Judging
              ? Judging.otherHalf(7)
              : c.getAccessor()
                  .invoke(
                      Settings.with(
                          standard,
                          List.of(
                              c.getName()
                                  + "="
                                  + other(
                                      Settings.of(standard).stream()
                                          .filter(s -> s.name().equals(c.getName()))
                                          .findFirst()
                                          .orElseThrow()))));
      Object changed =
          standard.getClass().getMethod(c.getName(), c.getType()).invoke(standard, other);
      assertNotEquals(standard, changed, c.getName());
      for (RecordComponent each : standard.getClass().getRecordComponents()) {
        assertEquals(
            each.getName().equals(c.getName()) ? other : each.getAccessor().invoke(standard),
            each.getAccessor().invoke(changed),
            c.getName() + ", " + each.getName());
      }
    }
  }

  @Test
  void valuesAreReadByTheirTypes() {
    Table4.Settings table4 =
        (Table4.Settings)
            Settings.with(
                Table4.standard(),
                List.of("steps=200", "rate=1e-3", "names=ball moss, sword lily", "CASES=3"));
    assertEquals(
        Table4.standard()
            .steps(200)
            .learningRate(0.001)
            .names(List.of("ball moss", "sword lily"))
            .cases(3),
        table4);
    assertEquals(table4.every(7), Settings.with(table4, List.of("every=7")));
    assertEquals(
        Faithfulness.standard()
            .rankings(List.of(Reading.LITERAL, Reading.LITERAL_POST))
            .judging(Judging.otherHalf(5)),
        Settings.with(
            Faithfulness.standard(),
            List.of("rankings=literal,literal_post", "other-half=TRUE", "seed=5")));
    assertEquals(
        OptionalInt.of(2),
        ((Table2.Settings) Settings.with(Table2.standard(), List.of("images-per-entity=2")))
            .imagesPerEntity());
    assertEquals(
        Table8.standard().names(List.of("one, two")),
        Settings.withValue(Table8.standard(), "names", List.of("one, two")));
  }

  @Test
  void theOptionalOnesOfEveryTypeAreRead() {
    record Kinds(
        OptionalLong a,
        OptionalDouble b,
        Optional<Reading> c,
        List<Boolean> d,
        Optional<String> e) {}
    Kinds none =
        new Kinds(
            OptionalLong.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            List.of(),
            Optional.empty());
    Kinds some =
        new Kinds(
            OptionalLong.of(1L << 40),
            OptionalDouble.of(0.5),
            Optional.of(Reading.LENS),
            List.of(true, false),
            Optional.of("x"));
    List<String> texts = List.of("1099511627776", "0.5", "lens", "true,false", "x");
    RecordComponent[] components = Kinds.class.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      SettingType type = SettingType.of(components[i].getGenericType());
      Object value = value(components[i], some);
      assertEquals(value, type.parse().apply(texts.get(i)));
      assertEquals(texts.get(i), type.format().apply(value));
      Object empty = value(components[i], none);
      assertEquals(empty, type.parse().apply(type.format().apply(empty)));
    }
  }

  private static Object value(RecordComponent component, Object of) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(of);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatCannotBeSetIsRefused() {
    ExperimentSettings<?> s = Table4.standard();
    Refusal.holds(
        () -> Settings.with(s, List.of("stebs=2")),
        "table4 has the settings cases, names, ridge, steps, every, learningRate",
        "there is no 'stebs'; did you mean steps?");
    Refusal.holds(
        () -> Settings.with(s, List.of("steps=many")), "steps takes a whole number, such as 400");
    Refusal.holds(
        () -> Settings.with(s, List.of("steps=2000000000000")), "steps takes a whole number");
    Refusal.holds(() -> Settings.with(s, List.of("ridge=NaN")), "ridge takes a number");
    Refusal.holds(() -> Settings.with(s, List.of("steps")), "NAME=VALUE, such as cases=10");
    Refusal.holds(
        () -> Settings.with(s, List.of("steps=1", "Steps=2")), "given twice: steps=1 and Steps=2");
    Refusal.holds(() -> Settings.with(s, List.of("steps=0")), "at least 1 case and 1 step");
    Refusal.holds(
        () -> Settings.with(Table3.standard(), List.of("counts=1,,3")), "counts takes values with");
    Refusal.holds(
        () -> Settings.with(Faithfulness.standard(), List.of("rankings=litteral")),
        "each one of literal, literal_post");
  }

  @Test
  void anExperimentIsFoundByItsName() {
    assertEquals(Figure4a.EXPERIMENT, Experiments.named("Figure 4a"));
    assertEquals(
        Experiments.ALL.size(), Experiments.ALL.stream().map(Experiment::name).distinct().count());
    assertEquals("table4, table8 and scaling", Experiments.names(Experiment::teaches));
    Refusal.holds(() -> Experiments.named("tabel6"), "did you mean table6 or");
  }
}
