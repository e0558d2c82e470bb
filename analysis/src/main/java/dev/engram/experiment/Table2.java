package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.dissect.Deletion;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Maps;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Table 2: what is left of a knowledge neuron's coefficient and of the cosine when the pixels are
 * masked that a map calls important (Eq. 6). Masked pixels are 0 after normalisation, the maps are
 * bilinear; a neuron that acts with a negative coefficient is turned around first (A.2).
 */
public final class Table2 {
  private Table2() {}

  /** What says which pixels are important. */
  public enum Importance {
    /** Pixels drawn at random. */
    RANDOM,
    /** The neuron's coefficient at each patch token. */
    ACTIVATION,
    /** The share of each patch in the coefficient of the class token (Eq. 6). */
    HEATMAP;

    @Override
    public String toString() {
      return this == ACTIVATION ? "activation map" : name().toLowerCase(Locale.ROOT);
    }
  }

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "table2",
          "Table 2: what is left when the pixels are masked that a heatmap calls important",
          true,
          65,
          Set.of(),
          Table2::standard,
          Result.class);

  /** 10, 20 and 30 percent, 5 seeds, all images. */
  public static Settings standard() {
    return new Settings(List.of(10, 20, 30), 5, OptionalInt.empty());
  }

  /** What can be set. */
  public record Settings(
      @About("percent of the pixels that are masked, besides 0") List<Integer> percent,
      @About("draws of random pixels, averaged within an image") int seeds,
      @About("images of each entity at most, the first") OptionalInt imagesPerEntity)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      percent = List.copyOf(percent);
      if (percent.stream().anyMatch(p -> p < 0 || p > 100)
          || seeds < 1
          || imagesPerEntity.orElse(1) < 1) {
        throw new EngramException(
            "Table 2 takes percentages from 0 to 100, and at least one seed and one image.");
      }
    }

    /** With a number of images. */
    public Settings(List<Integer> percent, int seeds, int imagesPerEntity) {
      this(percent, seeds, OptionalInt.of(imagesPerEntity));
    }

    /**
     * @param newPercent percent of the pixels that are masked, besides 0
     * @return a copy with that setting
     */
    public Settings percent(List<Integer> newPercent) {
      return new Settings(newPercent, seeds, imagesPerEntity);
    }

    /**
     * @param newSeeds draws of random pixels, averaged within an image
     * @return a copy with that setting
     */
    public Settings seeds(int newSeeds) {
      return new Settings(percent, newSeeds, imagesPerEntity);
    }

    /**
     * @param newImagesPerEntity images of each entity at most, the first
     * @return a copy with that setting
     */
    public Settings imagesPerEntity(OptionalInt newImagesPerEntity) {
      return new Settings(percent, seeds, newImagesPerEntity);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Table2.run(on.study(), this);
    }
  }

  /**
   * A cell of the table in our three measures. Sampled are entities with their images; two cells
   * are compared on the same images by {@link Estimate#minus}.
   *
   * @param map which pixels
   * @param percent how many
   * @param coefficient m of the entity's first neuron, after σ
   * @param before the same before σ
   * @param cosine of image and label
   * @param paperCoefficient the paper's "Activation" (ViT-L/14), if it has this cell
   * @param paperCosine the paper's cosine
   */
  public record Cell(
      Importance map,
      int percent,
      Estimate coefficient,
      Estimate before,
      Estimate cosine,
      OptionalDouble paperCoefficient,
      OptionalDouble paperCosine) {}

  /**
   * @param cells map by map, from 0 percent up
   * @param neurons the first neuron of each entity, in the order of the set
   * @param provenance where the numbers come from
   */
  public record Result(List<Cell> cells, List<Neuron> neurons, Provenance provenance) {
    /** Keeps copies. */
    public Result {
      cells = List.copyOf(cells);
      neurons = List.copyOf(neurons);
    }

    /**
     * @throws java.util.NoSuchElementException if that was not measured
     */
    public Cell cell(Importance map, int percent) {
      return cells.stream()
          .filter(c -> c.map == map && c.percent == percent)
          .findFirst()
          .orElseThrow();
    }
  }

  /** The values of an entity's images for one cell. */
  private record Values(List<Double> coefficient, List<Double> before, List<Double> cosine) {
    Values() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }
  }

  /**
   * What one entity gives.
   *
   * @param neuron its first
   * @param values of its images, for each percentage from 0 on
   */
  private record Part(Neuron neuron, Map<Importance, List<Values>> values) {}

  /**
   * @param study with entities; the neuron is the first of the literal ranking
   */
  public static Result run(Study study, Settings settings) {
    List<Part> parts =
        study.each(
            new Study.Task<>(
                "table2",
                "masking images",
                Part.class,
                List.of(settings.percent, settings.seeds, settings.imagesPerEntity)),
            TracedImages.entities(study.set()).stream().map(Study.Part::of).toList(),
            (pass, e) -> part(study.clip(), pass, settings));
    List<Integer> percents = new ArrayList<>(List.of(0));
    percents.addAll(settings.percent);
    List<Cell> cells = new ArrayList<>();
    for (Importance map : Importance.values()) {
      for (int p = 0; p < percents.size(); p++) {
        int at = p;
        List<Values> of =
            parts.stream()
                .map(part -> java.util.Objects.requireNonNull(part.values.get(map)).get(at))
                .toList();
        cells.add(
            new Cell(
                map,
                percents.get(p),
                over(of, Values::coefficient),
                over(of, Values::before),
                over(of, Values::cosine),
                paper(map, percents.get(p), true),
                paper(map, percents.get(p), false)));
      }
    }
    return new Result(
        cells,
        parts.stream().map(Part::neuron).toList(),
        TracedImages.provenance(settings, study)
            .with("neuron", "first of each entity, literal reading")
            .with("random", "seeds 0 to " + (settings.seeds - 1))
            .with("judged", Judging.SAME_IMAGES.toString())
            .with("interval", Interval.named(cells.stream().map(Cell::cosine).toList())));
  }

  private static Estimate over(List<Values> entities, Function<Values, List<Double>> which) {
    return Estimate.of(
        Sample.of(
            Sample.Unit.ENTITY,
            entities.stream()
                .map(v -> which.apply(v).stream().mapToDouble(Double::doubleValue).toArray())
                .toList()));
  }

  private static Part part(Clip clip, TracedImages pass, Settings settings) {
    Attribution a = pass.attribution(Reading.LITERAL);
    Neuron neuron = a.top(1).get(0).neuron();
    List<float[]> pixels =
        pass.pixels().stream().limit(settings.imagesPerEntity.orElse(Integer.MAX_VALUE)).toList();
    Map<Importance, List<Values>> values = empty(1 + settings.percent.size());
    mask(clip, pixels, neuron, a.sign(neuron), pass.text(), settings, values);
    return new Part(neuron, values);
  }

  private static Map<Importance, List<Values>> empty(int percentages) {
    Map<Importance, List<Values>> values = new EnumMap<>(Importance.class);
    for (Importance map : Importance.values()) {
      values.put(map, IntStream.range(0, percentages).mapToObj(p -> new Values()).toList());
    }
    return values;
  }

  private static void mask(
      Clip clip,
      List<float[]> pixels,
      Neuron neuron,
      int sign,
      float[] text,
      Settings settings,
      Map<Importance, List<Values>> values) {
    Heatmapper heatmapper = new Heatmapper(clip);
    Deletion deletion = new Deletion(clip);
    int size = clip.config().imageSize();
    List<Heatmap> ours = heatmapper.heatmaps(pixels, neuron);
    double[][] activation = heatmapper.activationMaps(pixels, neuron);
    int side = (int) Math.round(Math.sqrt(activation[0].length));
    for (int i = 0; i < pixels.size(); i++) {
      Progress.checkInterrupt();
      List<boolean[]> masks = new ArrayList<>(List.of(new boolean[size * size]));
      List<List<double[]>> maps =
          List.of(
              IntStream.range(0, settings.seeds).mapToObj(s -> random(size * size, s)).toList(),
              List.of(Maps.bilinear(times(sign, activation[i]), side, size)),
              List.of(Maps.bilinear(times(sign, ours.get(i).map()), side, size)));
      maps.forEach(
          draws ->
              draws.forEach(
                  map -> settings.percent.forEach(p -> masks.add(Maps.highest(map, p / 100.0)))));
      Deletion.Curve curve = deletion.measure(pixels.get(i), masks, neuron, text);
      int at = 1;
      for (Importance map : Importance.values()) {
        List<Values> cells = java.util.Objects.requireNonNull(values.get(map));
        add(cells.get(0), curve, sign, List.of(0));
        int draws = maps.get(map.ordinal()).size();
        for (int p = 0; p < settings.percent.size(); p++) {
          int first = at + p;
          add(
              cells.get(p + 1),
              curve,
              sign,
              IntStream.range(0, draws)
                  .mapToObj(d -> first + d * settings.percent.size())
                  .toList());
        }
        at += draws * settings.percent.size();
      }
    }
  }

  /** Adds the mean over some masks of one image. */
  private static void add(Values cell, Deletion.Curve curve, int sign, List<Integer> masks) {
    cell.coefficient.add(sign * mean(curve.coefficients(), masks));
    cell.before.add(sign * mean(curve.before(), masks));
    cell.cosine.add(mean(curve.cosines(), masks));
  }

  private static double mean(double[] values, List<Integer> at) {
    return at.stream().mapToDouble(i -> values[i]).average().orElse(Double.NaN);
  }

  /** A map without ties that calls pixels important at random. */
  private static double[] random(int count, int seed) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(order, new Random(seed));
    return order.stream().mapToDouble(Integer::doubleValue).toArray();
  }

  private static double[] times(int sign, double[] map) {
    return java.util.Arrays.stream(map).map(v -> sign * v).toArray();
  }

  /** The paper's grid. */
  private static OptionalDouble paper(Importance map, int percent, boolean coefficient) {
    double[] row =
        switch (map) {
          case RANDOM ->
              coefficient
                  ? new double[] {4.14, 3.06, 2.81, 2.84}
                  : new double[] {0.2518, 0.2532, 0.2493, 0.2465};
          case ACTIVATION ->
              coefficient
                  ? new double[] {4.14, 2.47, 1.98, 1.43}
                  : new double[] {0.2518, 0.2432, 0.2357, 0.2304};
          case HEATMAP ->
              coefficient
                  ? new double[] {4.14, 1.94, 1.45, 1.02}
                  : new double[] {0.2518, 0.2399, 0.2255, 0.2141};
        };
    return percent % 10 == 0 && percent <= 30
        ? OptionalDouble.of(row[percent / 10])
        : OptionalDouble.empty();
  }
}
