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

  /**
   * @param cases of each data set at most
   * @param atOnce how many of them one edit teaches
   * @param names as in {@link Table4.Settings}
   * @param ridge λ in units of the mean of diag(K Kᵀ), above 0
   */
  public record Settings(int cases, int atOnce, List<String> names, double ridge) {
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
     * @param others classes to be taught in the place of {@link #names}
     */
    public Settings withNames(List<String> others) {
      return new Settings(cases, atOnce, others, ridge);
    }

    /**
     * @return ten cases, five at once, the paper's names where there are any
     */
    public static Settings standard() {
      return new Settings(10, 5, PaperInsertion.NAMES, 0.01);
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
   * @param cases one each name, group by group
   * @param provenance where the numbers come from
   */
  public record Result(String model, List<Case> cases, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      cases = List.copyOf(cases);
    }

    /**
     * @return a number of each case; sampled are cases
     */
    public Estimate over(Function<Case, Estimate> value) {
      return Insertions.overCases(cases.stream().map(c -> value.apply(c)).toList());
    }
  }

  /** One edited model. */
  private record Judged(String where, Seen seen) {}

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
    Settings known = settings.withNames(Lessons.known(sets, settings.names));
    for (Lessons lessons : sets) {
      try (Insertions insertions = new Insertions(lessons, settings.ridge)) {
        add(cases, lessons, insertions, known);
      }
    }
    return new Result(
        sets.get(0).study().clip().name(),
        cases,
        Insertions.provenance("table8", sets, settings.ridge)
            .with("cases", "%d names, %d at once".formatted(cases.size(), settings.atOnce))
            .with(
                "weight",
                "the best over each group by causal tracing of " + sets.get(0).tracedTokens())
            .with("interval", Insertions.interval(cases.stream().map(Case::original).toList())));
  }

  private static void add(
      List<Case> cases, Lessons lessons, Insertions insertions, Settings settings) {
    Seen original = insertions.original();
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
