package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Suggest;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** The registry of experiments. One more is one more line of {@link #ALL}. */
public final class Experiments {
  /** Every experiment: the paper's tables, its figures, then what goes beyond it. */
  public static final List<Experiment<?>> ALL =
      List.of(
          Table1.EXPERIMENT,
          Table2.EXPERIMENT,
          Table3.EXPERIMENT,
          Table4.EXPERIMENT,
          Table6.EXPERIMENT,
          Table8.EXPERIMENT,
          Figure2.EXPERIMENT,
          Figure3.EXPERIMENT,
          Figure4a.EXPERIMENT,
          Figure6.EXPERIMENT,
          Figure7.EXPERIMENT,
          Faithfulness.EXPERIMENT,
          Sanity.EXPERIMENT,
          Scaling.EXPERIMENT);

  private Experiments() {}

  /**
   * @param name as it is typed; capitals and blanks do not matter
   * @throws EngramException if there is none of that name, with the nearest ones
   */
  public static Experiment<?> named(String name) {
    String typed = name.toLowerCase(Locale.ROOT).replace(" ", "");
    List<String> names = ALL.stream().map(Experiment::name).toList();
    return ALL.stream()
        .filter(e -> e.name().equals(typed))
        .findFirst()
        .orElseThrow(
            () ->
                new EngramException(
                    "%reproduce knows "
                        + String.join(", ", names)
                        + "; got '"
                        + name
                        + "'"
                        + Suggest.didYouMean(typed, names)));
  }

  /** Which experiments are of a kind, for a sentence: {@code table4, table8 and scaling}. */
  public static String names(Predicate<Experiment<?>> kind) {
    List<String> names = ALL.stream().filter(kind).map(Experiment::name).toList();
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + " and " + names.get(last);
  }

  /** Whether an experiment has a setting of that name. */
  public static Predicate<Experiment<?>> with(String setting) {
    return e ->
        Settings.of(e.standard().get()).stream().anyMatch(one -> one.name().equals(setting));
  }
}
