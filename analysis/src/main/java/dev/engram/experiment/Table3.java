package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.data.Split;
import dev.engram.data.Spread;
import dev.engram.edit.Suppression;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Table 3: removal of an entity by suppressing its top knowledge neurons in the residual stream
 * (Sec. 4.4, A.7). For each case the cosine of the entity's images and label, two lower bounds from
 * unrelated images under the same edited model, and zero-shot accuracy on everything else.
 */
public final class Table3 {
  private Table3() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "table3",
          "Table 3: what is left of an entity when its top neurons are suppressed, and of all else",
          true,
          15,
          Set.of(Experiment.Need.DATA_SET),
          Table3::standard,
          Result.class);

  /** Ten cases, the top 1 and the top 3 neurons, as in the paper. */
  public static Settings standard() {
    return new Settings(10, List.of(1, 3));
  }

  /** What can be set. */
  public record Settings(
      @About(
              "entities at most: the paper's, or, where the set has none of them, others evenly spread")
          int cases,
      @About("how many of the top neurons are suppressed, each at least 1") List<Integer> counts)
      implements ExperimentSettings<Result> {
    /** Refuses what removes nothing; keeps the counts in ascending order. */
    public Settings {
      counts = counts.stream().distinct().sorted().toList();
      if (cases < 1 || counts.isEmpty() || counts.stream().anyMatch(c -> c < 1)) {
        throw new EngramException(
            "Table 3 needs at least 1 case and 1 neuron, got %d and %s.".formatted(cases, counts));
      }
    }

    /**
     * @param newCases entities at most: the paper's, or, where the set has none of them, others
     *     evenly spread
     * @return a copy with that setting
     */
    public Settings cases(int newCases) {
      return new Settings(newCases, counts);
    }

    /**
     * @param newCounts how many of the top neurons are suppressed, each at least 1
     * @return a copy with that setting
     */
    public Settings counts(List<Integer> newCounts) {
      return new Settings(cases, newCounts);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Table3.run(on.study(), this);
    }
  }

  /**
   * One case with so many neurons suppressed.
   *
   * @param neurons what is suppressed; none for the original model
   * @param cosine of the entity's images with its label; sampled are images of this entity
   * @param lowerMean mean cosine of the unrelated images with this label
   * @param lowerMax the largest of them
   * @param accuracy on the entity's images among the labels of all entities
   * @param others on the images of all other entities, likewise; sampled are entities
   * @param heldOut on those of them that the model was not trained on, as far as the set says so;
   *     NaN where it does not
   * @param general on the general objects among their own labels; sampled are labels; NaN without
   *     any
   * @param generalHeldOut on those of them that the model was not trained on, as far as the set
   *     says so; NaN where it does not
   */
  public record Stage(
      List<Neuron> neurons,
      Estimate cosine,
      double lowerMean,
      double lowerMax,
      Estimate accuracy,
      Estimate others,
      Estimate heldOut,
      Estimate general,
      Estimate generalHeldOut) {
    /** Keeps a copy. */
    public Stage {
      neurons = List.copyOf(neurons);
    }
  }

  /**
   * @param entity what is removed
   * @param label its text
   * @param unrelated how many images the lower bounds are taken over
   * @param stages the original model first, then by the number of neurons
   */
  public record Case(String entity, String label, int unrelated, List<Stage> stages) {
    /** Keeps a copy. */
    public Case {
      stages = List.copyOf(stages);
    }

    /** The model as it is. */
    public Stage original() {
      return stages.get(0);
    }

    /** The model with the most neurons suppressed. */
    public Stage last() {
      return stages.get(stages.size() - 1);
    }
  }

  /**
   * A column of the paper's table, in percent, with the name of its Table 7.
   *
   * @param accuracy on ImageNet after the edit; 72.20 before
   */
  public record Paper(
      String entity,
      double original,
      double top1,
      double top3,
      double lowerMean,
      double lowerMax,
      double accuracy) {}

  /** The paper's table, the average last. */
  public static final List<Paper> PAPER =
      List.of(
          new Paper("Taylor Swift", 22.36, 14.84, 12.63, 13.33, 15.62, 72.22),
          new Paper("Lady Gaga", 22.94, 17.99, 16.90, 14.42, 17.17, 72.20),
          new Paper("Bruce Lee", 25.46, 22.77, 21.71, 14.93, 19.52, 72.20),
          new Paper("Hillary Clinton", 21.54, 17.16, 15.16, 13.13, 15.23, 72.20),
          new Paper("Steve Jobs", 24.12, 18.71, 17.20, 10.82, 16.51, 72.26),
          new Paper("JK Rowling", 24.59, 17.65, 15.98, 11.46, 13.52, 72.16),
          new Paper("Donald Trump", 19.45, 15.09, 14.19, 14.83, 17.10, 72.20),
          new Paper("Barack Obama", 20.85, 16.09, 15.42, 12.88, 17.27, 72.20),
          new Paper("Michael Jordan", 24.63, 21.81, 19.91, 15.81, 21.02, 72.18),
          new Paper("Beyonce", 23.28, 18.12, 17.00, 14.08, 16.96, 72.20),
          new Paper("average", 22.92, 18.02, 16.61, 13.57, 16.99, 72.20));

  /**
   * @param model its name
   * @param counts how many neurons are suppressed in each stage after the original
   * @param cases one each entity
   * @param provenance where the numbers come from
   */
  public record Result(
      String model, List<Integer> counts, List<Case> cases, Provenance provenance) {
    /** Keeps copies. */
    public Result {
      counts = List.copyOf(counts);
      cases = List.copyOf(cases);
    }

    /**
     * @param stage 0 for the original, then as {@link #counts}
     * @return a number of each case; sampled are cases
     */
    public Estimate over(int stage, Function<Stage, Double> value) {
      return Table3.over(cases, c -> value.apply(c.stages.get(stage)));
    }

    /**
     * By how much the cosine falls from the original to the last stage, paired; sampled are cases.
     */
    public Estimate fall() {
      return Table3.over(cases, c -> c.original().cosine().mean() - c.last().cosine().mean());
    }

    /** In how many cases the cosine falls below the largest of unrelated images. */
    public long belowMax() {
      return cases.stream().filter(c -> c.last().cosine().mean() < c.last().lowerMax).count();
    }
  }

  private static Estimate over(List<Case> cases, Function<Case, Double> value) {
    return Estimate.each(Sample.Unit.CASE, cases.stream().map(value).toList());
  }

  /** The neurons of an entity, the best first. */
  private record TopNeurons(List<Neuron> neurons) {}

  /** What is suppressed in one edited model. */
  private record Edited(int whose, String label, List<Neuron> neurons) {}

  /**
   * Images under every edited model.
   *
   * @param cosines with the label of the removed entity (models, images)
   * @param nearest index of the nearest class (models, images)
   */
  private record Judged(double[][] cosines, int[][] nearest) {}

  /**
   * @param study with at least two entities
   */
  public static Result run(Study study, Settings settings) {
    List<Entity> all = TracedImages.entities(study.set());
    if (all.size() < 2) {
      throw new EngramException(
          "Table 3 compares with images of other entities; the image set %s has only %s."
              .formatted(study.set().name(), all.get(0).name()));
    }
    List<Integer> named = named(study, all, settings.cases);
    List<Integer> cases =
        named.isEmpty()
            ? Spread.of(IntStream.range(0, all.size()).boxed().toList(), settings.cases)
            : named;
    int most = settings.counts.get(settings.counts.size() - 1);
    List<TopNeurons> found =
        study.each(
            new Study.Task<>(
                "table3", "finding knowledge neurons", TopNeurons.class, List.of(most)),
            cases.stream().map(c -> Study.Part.of(all.get(c))).toList(),
            (pass, i) -> new TopNeurons(pass.top(Reading.LITERAL, most)));
    List<Edited> models = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      String label = all.get(cases.get(i)).label();
      models.add(new Edited(cases.get(i), label, List.of()));
      for (int count : settings.counts) {
        models.add(new Edited(cases.get(i), label, found.get(i).neurons.subList(0, count)));
      }
    }
    GeneralObjects general =
        GeneralObjects.of(study.clip(), TracedImages.generalObjects(study.set()));
    ClassTexts classes =
        ClassTexts.of(study.clip(), all.stream().map(Entity::label).toList(), Progress.NONE);
    List<Judged> entities =
        judge(study, models, all.stream().map(Study.Part::of).toList(), classes);
    List<Judged> objects = judge(study, models, general.parts(), general.classes());
    Summary summary = new Summary(all, classes, general, models, entities, objects);
    int stages = settings.counts.size() + 1;
    List<Case> summed =
        IntStream.range(0, cases.size())
            .mapToObj(
                i ->
                    summary.of(
                        all.get(cases.get(i)), i * stages, stages, unrelated(all, cases.get(i))))
            .toList();
    return new Result(
        study.clip().name(),
        settings.counts,
        summed,
        TracedImages.provenance(settings, study)
            .with("removal", "residual suppression of the top neurons, literal reading")
            .with(
                "cases",
                cases.size() + (named.isEmpty() ? " entities, evenly spread" : " of the paper's"))
            .with("unrelated images", Unrelated.rule())
            .with("general objects", general.images().size() + " background images, own labels")
            .with("judged", Judging.SAME_IMAGES.toString())
            .with(
                "interval",
                "averages: "
                    + Interval.named(List.of(over(summed, c -> c.last().cosine().mean())))));
  }

  /** Those that the paper takes, by its Table 7. */
  private static List<Integer> named(Study study, List<Entity> all, int most) {
    return PAPER.stream()
        .map(Paper::entity)
        .filter(study.set()::hasEntity)
        .map(name -> all.indexOf(study.set().entity(name)))
        .limit(most)
        .toList();
  }

  /** One pass of each image serves all edited models: they differ after the last layer alone. */
  private static List<Judged> judge(
      Study study, List<Edited> models, List<Study.Part> parts, ClassTexts classes) {
    if (parts.isEmpty()) {
      return List.of();
    }
    Suppression suppression = new Suppression(study.clip());
    ClassTexts own =
        ClassTexts.distinct(
            study.clip(), models.stream().map(Edited::label).toList(), Progress.NONE);
    return study.each(
        new Study.Task<>(
            "table3", "judging edited models", Judged.class, List.of(models, classes.labels())),
        parts,
        (pass, i) -> {
          double[][] cosines = new double[models.size()][];
          int[][] nearest = new int[models.size()][];
          for (int m = 0; m < cosines.length; m++) {
            float[] text = own.text(models.get(m).label);
            float[][] z = pass.residualEmbeddings(suppression, models.get(m).neurons);
            cosines[m] = Arrays.stream(z).mapToDouble(row -> Cosine.of(row, text)).toArray();
            nearest[m] = classes.nearest(z);
          }
          return new Judged(cosines, nearest);
        });
  }

  private static List<Integer> unrelated(List<Entity> all, int of) {
    return Unrelated.of(all, all.get(of).images()).entities().stream().map(all::indexOf).toList();
  }

  /** Sums up what was judged. */
  private record Summary(
      List<Entity> all,
      ClassTexts classes,
      GeneralObjects general,
      List<Edited> models,
      List<Judged> entities,
      List<Judged> objects) {
    Case of(Entity entity, int first, int stages, List<Integer> unrelated) {
      return new Case(
          entity.title(),
          entity.label(),
          unrelated.stream().mapToInt(i -> all.get(i).images().size()).sum(),
          IntStream.range(first, first + stages).mapToObj(m -> stage(m, unrelated)).toList());
    }

    private Stage stage(int model, List<Integer> unrelated) {
      int[] nearest = objects.stream().flatMapToInt(j -> IntStream.of(j.nearest[model])).toArray();
      int whose = models.get(model).whose;
      double[] bounds =
          unrelated.stream()
              .flatMapToDouble(i -> DoubleStream.of(entities.get(i).cosines[model]))
              .toArray();
      return new Stage(
          models.get(model).neurons,
          Estimate.of(Sample.each(Sample.Unit.IMAGE, entities.get(whose).cosines[model])),
          Arrays.stream(bounds).average().orElse(Double.NaN),
          Arrays.stream(bounds).max().orElse(Double.NaN),
          Estimate.of(correct(IntStream.of(whose), model, i -> true)),
          Estimate.of(correct(others(whose), model, i -> true)),
          Estimate.of(correct(others(whose), model, i -> i.split() == Split.HELD_OUT)),
          Estimate.of(general.accuracy(nearest)),
          Estimate.of(general.untrained(nearest)));
    }

    private IntStream others(int whose) {
      return IntStream.range(0, all.size()).filter(i -> i != whose);
    }

    /** 1 for each image that is taken for what it is, else 0; sampled are entities. */
    private Sample correct(IntStream which, int model, Predicate<LabelledImage> images) {
      return Sample.of(Sample.Unit.ENTITY, which.mapToObj(e -> correct(e, model, images)).toList())
          .asShares();
    }

    private double[] correct(int entity, int model, Predicate<LabelledImage> images) {
      int[] nearest = entities.get(entity).nearest[model];
      return IntStream.range(0, nearest.length)
          .filter(i -> images.test(all.get(entity).images().get(i)))
          .mapToDouble(i -> nearest[i] == entity ? 1 : 0)
          .toArray();
    }
  }
}
