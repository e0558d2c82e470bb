package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Beyond the paper: whether the improvement (Eq. 11, 12) depends on the label and on what the model
 * has learned. A ranking is compared with that under another entity's label, with that of the other
 * half of the images (a ceiling), and with that of the model whose weights are drawn anew layer by
 * layer from the last one down, as Adebayo et al. check saliency maps.
 */
public final class Sanity {
  private Sanity() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "sanity",
          "Beyond the paper: whether a ranking changes with the label, and with random weights",
          false,
          50,
          Set.of(),
          Sanity::standard,
          Result.class);

  /** Ten neurons, two images, eight depths. */
  public static Settings standard() {
    return new Settings(10, 2, 8, 0);
  }

  /** What can be set. */
  public record Settings(
      @About("how many first neurons are compared as sets") int top,
      @About("images of each entity, the first, that are ranked with random weights") int images,
      @About("at how many depths at most layers are drawn anew, evenly spread") int depths,
      @About("seed of the random weights") long seed)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      if (top < 1 || images < 1 || depths < 0) {
        throw new EngramException(
            "At least one neuron and one image must be compared, and no fewer than 0 depths; got "
                + top
                + ", "
                + images
                + ", "
                + depths
                + ".");
      }
    }

    /**
     * @param newTop how many first neurons are compared as sets
     * @return a copy with that setting
     */
    public Settings top(int newTop) {
      return new Settings(newTop, images, depths, seed);
    }

    /**
     * @param newImages images of each entity, the first, that are ranked with random weights
     * @return a copy with that setting
     */
    public Settings images(int newImages) {
      return new Settings(top, newImages, depths, seed);
    }

    /**
     * @param newDepths at how many depths at most layers are drawn anew, evenly spread
     * @return a copy with that setting
     */
    public Settings depths(int newDepths) {
      return new Settings(top, images, newDepths, seed);
    }

    /**
     * @param newSeed seed of the random weights
     * @return a copy with that setting
     */
    public Settings seed(long newSeed) {
      return new Settings(top, images, depths, newSeed);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Sanity.run(on.study(), this);
    }
  }

  /**
   * How alike two rankings of an entity are. Sampled are entities.
   *
   * @param ranking the method
   * @param exchanged Spearman's correlation over all neurons, own label against another's
   * @param halves the same, one half of the images against the other
   * @param exchangedTop share of the first neurons that both rankings have, own label against
   *     another's
   * @param halvesTop the same, one half of the images against the other
   */
  public record Row(
      Score ranking,
      Estimate exchanged,
      Estimate halves,
      Estimate exchangedTop,
      Estimate halvesTop) {}

  /**
   * How alike the rankings of the model and of one with random layers are. Sampled are entities.
   *
   * @param ranking the method
   * @param layers how many layers are random, the last ones
   * @param correlation Spearman's, over all neurons
   * @param below the same over the neurons of the layers that are still those of the model; NaN
   *     where there are none
   * @param top share of the first neurons that both rankings have
   */
  public record Randomised(
      Score ranking, int layers, Estimate correlation, Estimate below, Estimate top) {}

  /**
   * @param rows the readings of the improvement, and the activation, which knows no label
   * @param randomised each of them with ever more random layers
   * @param provenance where the numbers come from
   */
  public record Result(List<Row> rows, List<Randomised> randomised, Provenance provenance) {
    /** Keeps copies. */
    public Result {
      rows = List.copyOf(rows);
      randomised = List.copyOf(randomised);
    }

    /** The row of a method. */
    public Row row(Score ranking) {
      return rows.stream().filter(r -> r.ranking == ranking).findFirst().orElseThrow();
    }

    /** What is left of a method's ranking, by growing numbers of random layers. */
    public List<Randomised> randomised(Score ranking) {
      return randomised.stream().filter(r -> r.ranking == ranking).toList();
    }
  }

  /** How alike two rankings are. */
  private record Likeness(double correlation, double top) {
    static Likeness of(double[] a, double[] b, int top) {
      Set<Integer> both = Numbers.largest(a, top);
      both.retainAll(Numbers.largest(b, top));
      return new Likeness(Numbers.rankCorrelation(a, b), both.size() / (double) top);
    }
  }

  /** One method on one entity. */
  private record Labels(Likeness exchanged, Likeness halves) {}

  /** What one entity gives. */
  private record LabelPart(Map<Score, Labels> methods) {}

  /** What one entity gives with some random layers: over all neurons, and below them. */
  private record WeightPart(Map<Score, Likeness> all, Map<Score, Double> below) {}

  /** The methods that need no gradient. */
  private static final List<Score> METHODS =
      List.of(
          Reading.LITERAL,
          Reading.LITERAL_POST,
          Reading.LENS,
          Reading.FROZEN,
          Reading.DIRECT,
          Baseline.ACTIVATION);

  /**
   * @param study with two entities or more, of two images or more
   */
  public static Result run(Study study, Settings settings) {
    List<Entity> entities =
        TracedImages.entities(study.set()).stream().filter(e -> e.images().size() > 1).toList();
    if (entities.size() < 2) {
      throw new EngramException(
          "Exchanging labels takes two entities with two images or more; "
              + study.set().name()
              + " has "
              + entities.size()
              + ".");
    }
    List<Randomised> randomised = new ArrayList<>();
    List<Row> rows = labels(study, entities, settings);
    for (int layers : depths(study.clip().config().vision().layers(), settings.depths)) {
      randomised.addAll(weights(study, entities, layers, settings));
    }
    return new Result(
        rows,
        randomised,
        TracedImages.provenance(settings, study)
            .with("other label", "of the entity half the set away")
            .with(
                "random weights",
                "normal, mean and deviation of each tensor, seed "
                    + settings.seed
                    + ", first "
                    + settings.images
                    + " images of each entity")
            .with("compared", "Spearman over all neurons; first " + settings.top + " as sets")
            .with("interval", Interval.named(rows.stream().map(Row::exchanged).toList())));
  }

  private static List<Row> labels(Study study, List<Entity> entities, Settings settings) {
    int n = entities.size();
    List<Study.Part> work = new ArrayList<>();
    for (int e = 0; e < n; e++) {
      work.add(Study.Part.of(entities.get(e), other(entities, e).label()));
    }
    List<LabelPart> parts =
        study.each(
            new Study.Task<>("sanity", "exchanging labels", LabelPart.class, List.of(settings.top)),
            work,
            (pass, e) ->
                labels(
                    pass,
                    TracedImages.text(study.clip(), other(entities, e).label()),
                    settings.top));
    List<Row> rows = new ArrayList<>();
    for (Score r : METHODS) {
      List<Labels> of = parts.stream().map(p -> get(p.methods, r)).toList();
      rows.add(
          new Row(
              r,
              Estimate.each(
                  Sample.Unit.ENTITY, of.stream().map(l -> l.exchanged.correlation).toList()),
              Estimate.each(
                  Sample.Unit.ENTITY, of.stream().map(l -> l.halves.correlation).toList()),
              Estimate.each(Sample.Unit.ENTITY, of.stream().map(l -> l.exchanged.top).toList()),
              Estimate.each(Sample.Unit.ENTITY, of.stream().map(l -> l.halves.top).toList())));
    }
    return rows;
  }

  /** Half the set away: of another category, as sets are sorted. */
  private static Entity other(List<Entity> entities, int entity) {
    return entities.get((entity + entities.size() / 2) % entities.size());
  }

  private static LabelPart labels(TracedImages pass, float[] other, int top) {
    Map<Score, Labels> methods = new LinkedHashMap<>();
    for (Score r : METHODS) {
      Attribution own = pass.attribution(r);
      methods.put(
          r,
          new Labels(
              Likeness.of(own.means(), mean(pass.scores(r, other), 0, 1), top),
              Likeness.of(mean(own.scores(), 0, 2), mean(own.scores(), 1, 2), top)));
    }
    return new LabelPart(methods);
  }

  /** Mean over every so many images, for each neuron. */
  private static double[] mean(float[][] scores, int first, int step) {
    double[] sum = new double[scores[0].length];
    int images = 0;
    for (int b = first; b < scores.length; b += step) {
      images++;
      for (int i = 0; i < sum.length; i++) {
        sum[i] += scores[b][i];
      }
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= images;
    }
    return sum;
  }

  /** From few to all layers. */
  static List<Integer> depths(int layers, int most) {
    int count = Math.min(layers, most);
    List<Integer> depths = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      depths.add(Math.round(i * (float) layers / count));
    }
    return depths;
  }

  private static List<Randomised> weights(
      Study study, List<Entity> entities, int layers, Settings settings) {
    int first = study.clip().config().vision().layers() - layers;
    List<WeightPart> parts;
    try (RandomModel random = new RandomModel(study.clip(), first, settings.seed)) {
      parts =
          study.each(
              new Study.Task<>(
                  "sanity",
                  "drawing the weights of " + layers + (layers == 1 ? " layer" : " layers"),
                  WeightPart.class,
                  List.of(settings.top, first, settings.seed)),
              entities.stream().map(e -> Study.Part.few(e, settings.images)).toList(),
              (pass, e) -> weights(pass, random, entities.get(e), first, settings));
    }
    List<Randomised> out = new ArrayList<>();
    for (Score r : METHODS) {
      out.add(
          new Randomised(
              r,
              layers,
              Estimate.each(
                  Sample.Unit.ENTITY, parts.stream().map(p -> get(p.all, r).correlation).toList()),
              Estimate.each(Sample.Unit.ENTITY, parts.stream().map(p -> get(p.below, r)).toList()),
              Estimate.each(
                  Sample.Unit.ENTITY, parts.stream().map(p -> get(p.all, r).top).toList())));
    }
    return out;
  }

  private static WeightPart weights(
      TracedImages pass, RandomModel random, Entity entity, int first, Settings settings) {
    Map<Score, Likeness> all = new LinkedHashMap<>();
    Map<Score, Double> below = new LinkedHashMap<>();
    List<LabelledImage> images = entity.images().stream().limit(settings.images).toList();
    try (TracedImages other = random.pass(images, entity.label())) {
      for (Score r : METHODS) {
        double[] a = pass.attribution(r).means();
        double[] b = other.attribution(r).means();
        all.put(r, Likeness.of(a, b, settings.top));
        int neurons = pass.attribution(r).space().offset(dev.engram.trace.Neuron.Block.MSA, first);
        below.put(
            r,
            neurons == 0
                ? Double.NaN
                : Numbers.rankCorrelation(
                    java.util.Arrays.copyOf(a, neurons), java.util.Arrays.copyOf(b, neurons)));
      }
    }
    return new WeightPart(all, below);
  }

  private static <T> T get(Map<Score, T> map, Score ranking) {
    return java.util.Objects.requireNonNull(map.get(ranking));
  }

  /** A model with random layers, made at the first question: all may be known already. */
  private static final class RandomModel implements AutoCloseable {
    private final Clip original;
    private final int first;
    private final long seed;
    private @Nullable Clip clip;
    private @Nullable Attributor attributor;

    RandomModel(Clip original, int first, long seed) {
      this.original = original;
      this.first = first;
      this.seed = seed;
    }

    TracedImages pass(List<LabelledImage> images, String label) {
      Clip model = clip;
      if (model == null) {
        model = original.randomised(first, seed);
        clip = model;
      }
      Attributor scores = attributor;
      if (scores == null) {
        scores = new Attributor(model);
        attributor = scores;
      }
      return new TracedImages(model, scores, images, label);
    }

    @Override
    public void close() {
      if (clip != null) {
        clip.close(); // with everything that was made in its memory
      }
    }
  }
}
