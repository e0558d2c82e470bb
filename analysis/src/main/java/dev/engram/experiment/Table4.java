package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.MatchedTraining;
import dev.engram.edit.Trainable;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Table 4: rank-one insertion, fine-tuning and LoRA (Sec. 4.4, A.7), and what each costs: zero-shot
 * accuracy on the taught category, the data set and general objects. What teaches, and by which
 * guide, is said by {@link Lessons}.
 */
public final class Table4 {
  private Table4() {}

  /** How the models that are compared were taught, in the order of the paper's rows. */
  public enum TeachingMethod {
    /** The model as it is. */
    ORIGINAL("original"),
    /** Gradient descent on the last layer. */
    FINE_TUNING("fine-tuning"),
    /** Gradient descent on low-rank additions to W_q and W_v. */
    LORA("LoRA"),
    /** ROME's edit of one weight. */
    RANK_ONE("rank-one");

    private final String title;

    TeachingMethod(String title) {
      this.title = title;
    }

    /** The name in a table. */
    @Override
    public String toString() {
      return title;
    }
  }

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "table4",
          "Table 4: one name taught by fine-tuning, LoRA or a rank-one edit: category, data set, general",
          true,
          215,
          Set.of(Experiment.Need.SEVERAL_LESSONS),
          Table4::standard,
          Result.class);

  /** Ten cases, the paper's names where there are any, its learning rate. */
  public static Settings standard() {
    return new Settings(
        10, PaperInsertion.NAMES, 0.01, 400, 20, FineTuning.Settings.PAPER.learningRate());
  }

  /** What can be set. */
  public record Settings(
      @About("names of each data set at most") int cases,
      @About(
              "which classes are taught; the paper's, or, in a set without them, those recognised least")
          List<String> names,
      @About("λ in units of the mean of diag(K Kᵀ), above 0") double ridge,
      @About("steps of AdamW at most") int steps,
      @About("steps between checkpoints") int every,
      @About("learning rate of AdamW") double learningRate)
      implements ExperimentSettings<Result> {
    /** Refuses what teaches nothing. */
    public Settings {
      names = List.copyOf(names);
      Insertions.checkRidge(ridge);
      if (cases < 1 || steps < 1 || every < 1) {
        throw new EngramException(
            "Table 4 needs at least 1 case and 1 step, got %d and %d (every %d)."
                .formatted(cases, steps, every));
      }
    }

    /**
     * @param newCases names of each data set at most
     * @return a copy with that setting
     */
    public Settings cases(int newCases) {
      return new Settings(newCases, names, ridge, steps, every, learningRate);
    }

    /**
     * @param newNames which classes are taught; the paper's, or, in a set without them, those
     *     recognised least
     * @return a copy with that setting
     */
    public Settings names(List<String> newNames) {
      return new Settings(cases, newNames, ridge, steps, every, learningRate);
    }

    /**
     * @param newRidge λ in units of the mean of diag(K Kᵀ), above 0
     * @return a copy with that setting
     */
    public Settings ridge(double newRidge) {
      return new Settings(cases, names, newRidge, steps, every, learningRate);
    }

    /**
     * @param newSteps steps of AdamW at most
     * @return a copy with that setting
     */
    public Settings steps(int newSteps) {
      return new Settings(cases, names, ridge, newSteps, every, learningRate);
    }

    /**
     * @param newEvery steps between checkpoints
     * @return a copy with that setting
     */
    public Settings every(int newEvery) {
      return new Settings(cases, names, ridge, steps, newEvery, learningRate);
    }

    /**
     * @param newLearningRate learning rate of AdamW
     * @return a copy with that setting
     */
    public Settings learningRate(double newLearningRate) {
      return new Settings(cases, names, ridge, steps, every, newLearningRate);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Table4.run(Lessons.requireChosen(on.lessons(), names), this);
    }
  }

  /**
   * What one method makes of a case.
   *
   * @param how the weight that causal tracing chose and that is edited, or how many steps were made
   * @param accuracy with the edited model
   */
  public record Taught(String how, InsertionAccuracy accuracy) {}

  /**
   * @param dataset which data set it is of
   * @param entity what is taught
   * @param images how many of its images teach, each with its guide
   * @param original before
   * @param fineTuned with the last layer trained, at the checkpoint closest to {@code inserted}
   * @param lora with LoRA, likewise
   * @param inserted with the rank-one edit
   */
  public record Case(
      String dataset,
      String entity,
      int images,
      InsertionAccuracy original,
      Taught fineTuned,
      Taught lora,
      Taught inserted) {
    /** What a method's model recognises. */
    public InsertionAccuracy accuracy(TeachingMethod method) {
      return switch (method) {
        case ORIGINAL -> original;
        case FINE_TUNING -> fineTuned.accuracy;
        case LORA -> lora.accuracy;
        case RANK_ONE -> inserted.accuracy;
      };
    }
  }

  /** The paper's table, its methods in the order of {@link TeachingMethod}. */
  public static final List<PaperInsertion> PAPER =
      PaperInsertion.read(
          """
           0.00   0.00  0.00  0.00  2.56  3.85  3.33  0.00  0.00  0.00  0.97
          79.50  79.50 79.50 79.50 79.50 62.10 62.10 62.10 62.10 62.10 70.80
          72.20  72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20 72.20
          78.57 100.00 93.75 83.33 94.87 84.62 93.33 73.33 53.33 96.67 85.18
          74.67  77.43 75.60 73.90 74.42 55.71 58.78 56.45 54.14 58.18 65.93
          71.72  71.36 71.34 72.20 71.98 72.04 72.14 72.10 72.06 72.02 71.90
          78.57 100.00 93.75 83.33 94.87 92.31 93.33 76.67 50.00 96.67 85.95
          75.72  78.23 78.56 78.77 73.57 55.66 57.92 48.41 50.67 55.35 65.29
          72.06  72.24 72.38 72.12 72.22 72.14 72.12 71.94 71.92 72.10 72.12
          78.57 100.00 96.88 83.33 94.87 92.31 93.33 80.00 50.00 96.67 86.60
          80.51  79.21 80.63 80.71 79.70 61.74 62.29 61.39 61.84 61.25 70.93
          72.24  72.22 72.18 72.12 72.18 72.12 72.34 72.24 72.34 72.36 72.23
          """);

  /**
   * @param model its name
   * @param taught which images taught, and by which guides, in words
   * @param cases one each name, by data set
   * @param provenance where the numbers come from
   */
  public record Result(String model, String taught, List<Case> cases, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      cases = List.copyOf(cases);
    }

    /** A number of each case; sampled are cases. */
    public Estimate over(TeachingMethod method, Function<InsertionAccuracy, Estimate> value) {
      return Insertions.overCases(
          cases.stream().map(c -> value.apply(c.accuracy(method))).toList());
    }
  }

  /** One edited model. */
  private record Judged(String how, double heldOut, NearestClasses seen) {}

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
    List<String> names = Lessons.known(sets, settings.names);
    for (Lessons lessons : sets) {
      try (Work work = new Work(lessons, settings)) {
        cases.addAll(work.cases(names));
      }
    }
    return new Result(
        sets.get(0).study().clip().name(),
        sets.get(0).about(),
        cases,
        Insertions.provenance(settings, sets, settings.ridge)
            .with("cases", cases.size() + " names")
            .with("weight", "chosen by causal tracing of " + sets.get(0).tracedTokens())
            .with(
                "training",
                "AdamW %s, at most %d steps, of every %d that with the accuracy closest to the"
                        .formatted(settings.learningRate, settings.steps, settings.every)
                    + " rank-one edit's; LoRA r = 8, α = 32")
            .with("interval", Insertions.interval(cases.stream().map(Case::original).toList())));
  }

  /** One data set. */
  private static final class Work implements AutoCloseable {
    private final Lessons lessons;
    private final Settings settings;
    private final Clip clip;
    private final Insertions insertions;

    Work(Lessons lessons, Settings settings) {
      this.lessons = lessons;
      this.settings = settings;
      this.clip = lessons.study().clip();
      this.insertions = new Insertions(lessons, settings.ridge);
    }

    List<Case> cases(List<String> names) {
      NearestClasses original = insertions.original();
      List<Integer> cases = insertions.cases(original, names, settings.cases);
      List<Weight> weights =
          insertions.trace(cases).stream().map(r -> Insertions.best(List.of(r))).toList();
      List<Judged> inserted =
          judge("teaching", cases, c -> rankOne(cases.get(c), weights.get(c)), c -> "");
      List<Judged> fineTuned =
          judge(
              "fine-tuning",
              cases,
              c -> train(cases.get(c), inserted.get(c), new Trainable.LastLayer()),
              c -> training(inserted.get(c)));
      Trainable.Lora lora = Trainable.Lora.of(clip, Trainable.Lora.RANK, Trainable.Lora.ALPHA, 0);
      List<Judged> lowRank =
          judge(
              "LoRA",
              cases,
              c -> train(cases.get(c), inserted.get(c), lora),
              c -> training(inserted.get(c)));
      List<Case> out = new ArrayList<>();
      for (int c = 0; c < cases.size(); c++) {
        int of = cases.get(c);
        out.add(
            new Case(
                lessons.study().set().name(),
                lessons.all().get(of).title(),
                lessons.all().get(of).images().size(),
                original.accuracy(lessons, of, Set.of(of)),
                taught(of, fineTuned.get(c)),
                taught(of, lowRank.get(c)),
                taught(of, inserted.get(c))));
      }
      return out;
    }

    private Taught taught(int lesson, Judged judged) {
      return new Taught(judged.how, judged.seen.accuracy(lessons, lesson, Set.of(lesson)));
    }

    /** What a checkpoint depends on besides the lesson. */
    private String training(Judged inserted) {
      return "%s %s %s to %s"
          .formatted(settings.steps, settings.every, settings.learningRate, inserted.heldOut);
    }

    private List<Judged> judge(
        String doing,
        List<Integer> cases,
        IntFunction<Judged> work,
        IntFunction<String> dependsOn) {
      List<Study.Part> parts = new ArrayList<>();
      for (int c = 0; c < cases.size(); c++) {
        parts.addAll(insertions.parts(List.of(cases.get(c)), dependsOn.apply(c)));
      }
      return lessons
          .study()
          .each(
              new Study.Task<>("table4", doing, Judged.class, insertions.everything()),
              parts,
              work);
    }

    private Judged rankOne(int lesson, Weight where) {
      var edit = insertions.rankOne(clip, where, lesson);
      try (EditHistory history = new EditHistory(clip);
          ResidualStreams category = insertions.heldOut(lesson);
          Clip edited = history.with(edit)) {
        return new Judged(
            where.toString(),
            insertions.heldOut(lesson, category.embed(edited, 0, Progress.NONE)),
            insertions.seen(edited, where.layer()));
      }
    }

    private Judged train(int lesson, Judged inserted, Trainable trainable) {
      Lesson l = lessons.all().get(lesson);
      int firstLayer = trainable.firstLayer(clip);
      try (EditHistory history = new EditHistory(clip);
          ResidualStreams category = insertions.heldOut(lesson);
          FineTuning tuning =
              new FineTuning(
                  clip,
                  trainable,
                  l.images(),
                  TracedImages.text(clip, l.prompt()),
                  new FineTuning.Settings(
                      settings.learningRate, FineTuning.Settings.PAPER.weightDecay()),
                  Progress.NONE)) {
        MatchedTraining.Result trained =
            MatchedTraining.train(
                tuning,
                new MatchedTraining.Plan(settings.steps, settings.every, inserted.heldOut),
                history,
                l.title(),
                lessons.about(),
                edited ->
                    insertions.heldOut(lesson, category.embed(edited, firstLayer, Progress.NONE)),
                lessons.study().progress());
        MatchedTraining.Checkpoint kept = trained.checkpoints().get(trained.kept());
        return new Judged(
            String.format(Locale.ROOT, "%,d steps", kept.step()),
            kept.accuracy(),
            insertions.seen(trained.edit()));
      }
    }

    @Override
    public void close() {
      insertions.close();
    }
  }
}
