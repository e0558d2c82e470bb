package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.edit.SuppressionAnalyzer;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Figures 4a, 6 and 7: how MSA neurons answer when an FFN knowledge neuron before them is removed
 * (A.6, Eq. 21): the change of their improvement, in full and with the residual stream kept, and
 * whether its value vector points against the query vectors of those that rise most, with those
 * that fall most beside them. The paper shows some neurons; here it is the first FFN neuron of each
 * entity that has an MSA block after it.
 */
public final class Figure4a {
  /** What the setting means, of this figure and of those that read the same removals. */
  static final String MOST =
      "neurons whose query vectors are compared, those that rise most and those that fall most";

  private Figure4a() {}

  /** Refuses to compare nothing. */
  static void checkMost(int most) {
    if (most < 1) {
      throw new EngramException("At least one neuron must be compared, got " + most + ".");
    }
  }

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "figure4a",
          "Figure 4a: how MSA neurons answer when a knowledge neuron before them is removed",
          true,
          13,
          Set.of(),
          Figure4a::standard,
          Result.class);

  /** Compares 50 neurons, as in Figure 7. */
  public static Settings standard() {
    return new Settings(50);
  }

  /** What can be set. */
  public record Settings(@About(MOST) int most) implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      checkMost(most);
    }

    /**
     * @param newMost neurons whose query vectors are compared, those that rise and those that fall
     *     most
     * @return a copy with that setting
     */
    public Settings most(int newMost) {
      return new Settings(newMost);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Figure4a.run(on.study(), this);
    }
  }

  /**
   * What the removal of one neuron does to the MSA neurons after it.
   *
   * @param entity its name
   * @param removed the FFN neuron
   * @param full change of the improvement of each, mean over the images, in the order of the
   *     forward pass
   * @param fixedBase the same with the residual stream kept (Eq. 21)
   * @param cosines of its value vector with the query vector of each, turned as in A.2
   * @param most how many count as those that rise most, or fall most
   */
  public record Removal(
      String entity,
      Neuron removed,
      double[] full,
      double[] fixedBase,
      double[] cosines,
      int most) {
    /** The share of the neurons that rise, 0 to 1. */
    public double rising() {
      return share(full);
    }

    /** The same with the residual stream kept. */
    public double risingFixedBase() {
      return share(fixedBase);
    }

    /** The cosines of those that rise most, the strongest rise first. */
    public double[] cosinesOfRising() {
      return cosines(byRise(1));
    }

    /** The cosines of those that fall most, the strongest fall first. */
    public double[] cosinesOfFalling() {
      return cosines(byRise(-1));
    }

    /** The share of the neurons that rise most whose cosine is negative, 0 to 1. */
    public double against() {
      return against(cosinesOfRising());
    }

    /**
     * The same share of the neurons that fall most: those that rise most were chosen for it, so a
     * share of theirs needs this one beside it.
     */
    public double againstOfFalling() {
      return against(cosinesOfFalling());
    }

    /** The same share of all neurons after it. */
    public double againstOfAll() {
      return against(cosines);
    }

    private double[] cosines(IntStream order) {
      return order.limit(most).mapToDouble(i -> cosines[i]).toArray();
    }

    private IntStream byRise(int direction) {
      return IntStream.range(0, full.length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> -direction * full[i]))
          .mapToInt(i -> i);
    }

    private static double against(double[] cosines) {
      return share(DoubleStream.of(cosines).map(c -> -c).toArray());
    }

    /** Pearson's correlation of the changes in full and with the residual stream kept. */
    public double closeness() {
      return Numbers.correlation(full, fixedBase);
    }

    private static double share(double[] values) {
      return DoubleStream.of(values).filter(v -> v > 0).count()
          / (double) Math.max(1, values.length);
    }
  }

  /**
   * @param removals one for each entity with such a neuron
   * @param rising share of the neurons that rise; sampled are entities
   * @param risingFixedBase the same with the residual stream kept
   * @param sum of the changes of all neurons after it
   * @param sumFixedBase the same with the residual stream kept
   * @param closeness correlation of the changes in full and with the residual stream kept
   * @param against share of negative cosines among those that rise most
   * @param againstOfFalling the same among those that fall most
   * @param againstOfAll the same among all neurons after it
   * @param provenance where the numbers come from
   */
  public record Result(
      List<Removal> removals,
      Estimate rising,
      Estimate risingFixedBase,
      Estimate sum,
      Estimate sumFixedBase,
      Estimate closeness,
      Estimate against,
      Estimate againstOfFalling,
      Estimate againstOfAll,
      Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      removals = List.copyOf(removals);
    }
  }

  /** What one entity gives: at most one removal. */
  private record Part(List<Removal> removals) {}

  /**
   * @param study with entities
   */
  public static Result run(Study study, Settings settings) {
    List<Entity> entities = TracedImages.entities(study.set());
    List<Part> parts;
    try (SuppressionAnalyzer analyzer = new SuppressionAnalyzer(study.clip())) {
      parts =
          study.each(
              new Study.Task<>("figure4a", "removing neurons", Part.class, List.of(settings.most)),
              entities.stream().map(e -> Study.Part.of(e, e.name())).toList(),
              (pass, e) -> part(entities.get(e).name(), pass, analyzer, settings));
    }
    List<Removal> removals = parts.stream().flatMap(p -> p.removals.stream()).toList();
    Estimate sum = over(removals, r -> sum(r.full));
    return new Result(
        removals,
        share(removals, Removal::rising),
        share(removals, Removal::risingFixedBase),
        sum,
        over(removals, r -> sum(r.fixedBase)),
        over(removals, Removal::closeness),
        share(removals, Removal::against),
        share(removals, Removal::againstOfFalling),
        share(removals, Removal::againstOfAll),
        TracedImages.provenance(settings, study)
            .with(
                "neuron", "first FFN neuron of each entity before the last layer, literal reading")
            .with("removal", "coefficient 0 at all tokens")
            .with(
                "query vectors",
                "of the " + settings.most + " that rise most, and fall most, without γ")
            .with("interval", Interval.named(List.of(sum))));
  }

  private static Estimate over(List<Removal> removals, Function<Removal, Double> value) {
    return Estimate.each(Sample.Unit.ENTITY, removals.stream().map(value).toList());
  }

  private static Estimate share(List<Removal> removals, Function<Removal, Double> value) {
    return Estimate.of(
        Sample.each(Sample.Unit.ENTITY, removals.stream().map(value).toList()).asShares());
  }

  private static Part part(
      String entity, TracedImages pass, SuppressionAnalyzer analyzer, Settings settings) {
    Attribution a = pass.attribution(Reading.LITERAL);
    return new Part(
        firstFfn(a).stream().map(n -> removal(entity, analyzer, a, pass, n, settings)).toList());
  }

  private static Optional<Neuron> firstFfn(Attribution a) {
    NeuronSpace space = a.space();
    return a.top(space.count()).stream()
        .map(Attribution.Ranked::neuron)
        .filter(n -> n.block() == Neuron.Block.FFN && n.layer() < space.layers() - 1)
        .findFirst();
  }

  private static Removal removal(
      String entity,
      SuppressionAnalyzer analyzer,
      Attribution a,
      TracedImages pass,
      Neuron removed,
      Settings settings) {
    NeuronSpace space = a.space();
    double[] full = new double[space.count()];
    double[] fixed = new double[space.count()];
    List<float[]> pixels = pass.pixels();
    SuppressionAnalyzer.Change change = analyzer.change(pixels, pass.text(), removed);
    addMean(full, change.full(), pixels.size());
    addMean(fixed, change.fixedBase(), pixels.size());
    int[] indices =
        IntStream.range(0, space.count())
            .filter(i -> space.neuron(i).block() == Neuron.Block.MSA)
            .filter(i -> space.neuron(i).layer() > removed.layer())
            .toArray();
    List<Neuron> after = IntStream.of(indices).mapToObj(space::neuron).toList();
    int[] signs = after.stream().mapToInt(a::sign).toArray();
    return new Removal(
        entity,
        removed,
        IntStream.of(indices).mapToDouble(i -> full[i]).toArray(),
        IntStream.of(indices).mapToDouble(i -> fixed[i]).toArray(),
        analyzer.cosines(removed, after, signs, false),
        settings.most);
  }

  private static void addMean(double[] to, float[][] images, int count) {
    for (float[] image : images) {
      for (int i = 0; i < to.length; i++) {
        to[i] += image[i] / (double) count;
      }
    }
  }

  private static double sum(double[] values) {
    return DoubleStream.of(values).sum();
  }
}
