package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Table 8: several names taught at once by MEMIT (A.8, Eq. 25), five of each data set as in the
 * paper, and what that costs. The cases are those of {@link Table4}.
 */
public final class Table8 {
  private Table8() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "table8",
          "Table 8: five names taught at once by MEMIT: category, data set, general",
          true,
          16,
          Set.of(Experiment.Need.SEVERAL_LESSONS),
          Table8::standard,
          Result.class);

  /** Ten cases, five at once, the paper's names where there are any. */
  public static Settings standard() {
    return new Settings(10, 5, PaperInsertion.NAMES, 0.01);
  }

  /** What can be set. */
  public record Settings(
      @About("names of each data set at most") int cases,
      @About("how many of them one edit teaches") int atOnce,
      @About(
              "which classes are taught; the paper's, or, in a set without them, those recognised least")
          List<String> names,
      @About("λ in units of the mean of diag(K Kᵀ), above 0") double ridge)
      implements ExperimentSettings<Result> {
    /** Refuses what teaches nothing. */
    public Settings {
      names = List.copyOf(names);
      Insertions.checkRidge(ridge);
      if (cases < 1 || atOnce < 1) {
        throw new EngramException(
            "Table 8 needs at least 1 case and 1 at once, got %d and %d.".formatted(cases, atOnce));
      }
    }

    /**
     * @param newCases names of each data set at most
     * @return a copy with that setting
     */
    public Settings cases(int newCases) {
      return new Settings(newCases, atOnce, names, ridge);
    }

    /**
     * @param newAtOnce how many of them one edit teaches
     * @return a copy with that setting
     */
    public Settings atOnce(int newAtOnce) {
      return new Settings(cases, newAtOnce, names, ridge);
    }

    /**
     * @param newNames which classes are taught; the paper's, or, in a set without them, those
     *     recognised least
     * @return a copy with that setting
     */
    public Settings names(List<String> newNames) {
      return new Settings(cases, atOnce, newNames, ridge);
    }

    /**
     * @param newRidge λ in units of the mean of diag(K Kᵀ), above 0
     * @return a copy with that setting
     */
    public Settings ridge(double newRidge) {
      return new Settings(cases, atOnce, names, newRidge);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Table8.run(Lessons.requireChosen(on.lessons(), names), this);
    }
  }

  /**
   * @param dataset which data set it is of
   * @param entity what is taught
   * @param group from 0; the names of one group are taught by one edit
   * @param where the weight that is edited: the one whose block brings most over the group
   * @param original before
   * @param inserted with the edit
   */
  public record Case(
      String dataset,
      String entity,
      int group,
      String where,
      InsertionAccuracy original,
      InsertionAccuracy inserted) {}

  /** The paper's table: the original, then MEMIT. */
  public static final List<PaperInsertion> PAPER =
      PaperInsertion.read(
          """
           0.00  0.00  0.00  0.00  2.56  3.85  3.33  0.00  0.00  0.00  0.97
          79.50 79.50 79.50 79.50 79.50 62.10 62.10 62.10 62.10 62.10 70.80
          72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20
          71.43 96.97 96.88 83.33 92.31 92.31 90.00 70.00 33.33 96.67 80.09
          82.74 82.74 82.74 82.74 82.74 61.27 61.27 61.27 61.27 61.27 72.01
          72.24 72.24 72.24 72.24 72.24 72.20 72.20 72.20 72.20 72.20 72.22
          """);

  /**
   * @param model its name
   * @param taught which images taught, and by which guides, in words
   * @param cases one each name, group by group
   * @param provenance where the numbers come from
   */
  public record Result(String model, String taught, List<Case> cases, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      cases = List.copyOf(cases);
    }

    /** A number of each case; sampled are cases. */
    public Estimate over(Function<Case, Estimate> value) {
      return Insertions.overCases(cases.stream().map(c -> value.apply(c)).toList());
    }
  }

  /** One edited model. */
  private record Judged(String where, NearestClasses seen) {}

  /**
   * @param study of a model without edits, with at least two entities of two images
   */
  public static Result run(Study study, Settings settings) {
    return run(List.of(Lessons.turned(study)), settings);
  }

  /**
   * @param sets one data set or more, of one model
   */
  public static Result run(List<Lessons> sets, Settings settings) {
    List<Case> cases = new ArrayList<>();
    Settings known = settings.names(Lessons.known(sets, settings.names));
    for (Lessons lessons : sets) {
      try (Insertions insertions = new Insertions(lessons, settings.ridge)) {
        add(cases, lessons, insertions, known);
      }
    }
    return new Result(
        sets.get(0).study().clip().name(),
        sets.get(0).about(),
        cases,
        Insertions.provenance(settings, sets, settings.ridge)
            .with("cases", "%d names, %d at once".formatted(cases.size(), settings.atOnce))
            .with(
                "weight",
                "the best over each group by causal tracing of " + sets.get(0).tracedTokens())
            .with("interval", Insertions.interval(cases.stream().map(Case::original).toList())));
  }

  private static void add(
      List<Case> cases, Lessons lessons, Insertions insertions, Settings settings) {
    NearestClasses original = insertions.original();
    List<Integer> all = insertions.cases(original, settings.names, settings.cases);
    List<Insertions.Rises> rises = insertions.trace(all);
    List<List<Integer>> groups = groups(all, settings.atOnce);
    List<List<Insertions.Rises>> of = groups(rises, settings.atOnce);
    List<Judged> judged =
        lessons
            .study()
            .each(
                new Study.Task<>(
                    "table8", "teaching several", Judged.class, insertions.everything()),
                groups.stream().map(insertions::part).toList(),
                g -> {
                  Weight where = Insertions.best(of.get(g));
                  return new Judged(
                      where.toString(), insertions.seen(insertions.memit(where, groups.get(g))));
                });
    int before = cases.isEmpty() ? 0 : cases.get(cases.size() - 1).group + 1;
    for (int g = 0; g < groups.size(); g++) {
      Set<Integer> taught = Set.copyOf(groups.get(g));
      for (int lesson : groups.get(g)) {
        cases.add(
            new Case(
                lessons.study().set().name(),
                lessons.all().get(lesson).title(),
                before + g,
                judged.get(g).where,
                original.accuracy(lessons, lesson, taught),
                judged.get(g).seen.accuracy(lessons, lesson, taught)));
      }
    }
  }

  /** At most so many in each. */
  private static <T> List<List<T>> groups(List<T> all, int size) {
    List<List<T>> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i += size) {
      out.add(all.subList(i, Math.min(all.size(), i + size)));
    }
    return out;
  }
}
