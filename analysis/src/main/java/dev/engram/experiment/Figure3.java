package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.QueryEffects;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Figure 3: (a) in which layers and blocks the top three neurons are, (b) how fast the improvement
 * falls with the rank, (c) where the top ten query neurons are (Eq. 13 to 20), (d) how fast their
 * effect falls; (a) and (b) for entities against general objects. The paper gives curves and no
 * numbers; "normalized" is read as divided by the first value.
 */
public final class Figure3 {
  private Figure3() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "figure3",
          "Figure 3: where knowledge neurons and query neurons are, and how fast they decay",
          true,
          25,
          Set.of(),
          Figure3::standard,
          Result.class);

  /** 3 neurons, 80 ranks, 10 query neurons, 80 ranks, as in the paper. */
  public static Settings standard() {
    return new Settings(3, 80, 10, 80, 500, OptionalInt.empty());
  }

  /** What can be set. */
  public record Settings(
      @About("neurons of each entity or general object in (a)") int top,
      @About("ranks in (b)") int decay,
      @About("query neurons of each knowledge neuron in (c)") int queries,
      @About("ranks in (d)") int queryDecay,
      @About("general objects at most") int background,
      @About("images that (c) and (d) look at, the first of each entity")
          OptionalInt imagesPerEntity)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      if (IntStream.of(top, decay, queries, queryDecay, imagesPerEntity.orElse(1)).min().orElse(0)
              < 1
          || background < 0) {
        throw new EngramException(
            "Figure 3 needs at least one neuron, rank and image in each part.");
      }
    }

    /** With a number of images. */
    public Settings(
        int top, int decay, int queries, int queryDecay, int background, int imagesPerEntity) {
      this(top, decay, queries, queryDecay, background, OptionalInt.of(imagesPerEntity));
    }

    /**
     * @param newTop neurons of each entity or general object in (a)
     * @return a copy with that setting
     */
    public Settings top(int newTop) {
      return new Settings(newTop, decay, queries, queryDecay, background, imagesPerEntity);
    }

    /**
     * @param newDecay ranks in (b)
     * @return a copy with that setting
     */
    public Settings decay(int newDecay) {
      return new Settings(top, newDecay, queries, queryDecay, background, imagesPerEntity);
    }

    /**
     * @param newQueries query neurons of each knowledge neuron in (c)
     * @return a copy with that setting
     */
    public Settings queries(int newQueries) {
      return new Settings(top, decay, newQueries, queryDecay, background, imagesPerEntity);
    }

    /**
     * @param newQueryDecay ranks in (d)
     * @return a copy with that setting
     */
    public Settings queryDecay(int newQueryDecay) {
      return new Settings(top, decay, queries, newQueryDecay, background, imagesPerEntity);
    }

    /**
     * @param newBackground general objects at most
     * @return a copy with that setting
     */
    public Settings background(int newBackground) {
      return new Settings(top, decay, queries, queryDecay, newBackground, imagesPerEntity);
    }

    /**
     * @param newImagesPerEntity images that (c) and (d) look at, the first of each entity
     * @return a copy with that setting
     */
    public Settings imagesPerEntity(OptionalInt newImagesPerEntity) {
      return new Settings(top, decay, queries, queryDecay, background, newImagesPerEntity);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Figure3.run(on.study(), this);
    }
  }

  /**
   * A block of the tower, in the order of the forward pass.
   *
   * @param layer from 0
   * @param block MSA or FFN
   */
  public record Place(int layer, Neuron.Block block) implements Comparable<Place> {
    /** The block in which a neuron is. */
    public static Place of(Neuron n) {
      return new Place(n.layer(), n.block());
    }

    @Override
    public int compareTo(Place o) {
      int c = Integer.compare(layer, o.layer);
      return c != 0 ? c : block.compareTo(o.block);
    }

    /** As the paper's figure says it: A3, F4. */
    @Override
    public String toString() {
      return (block == Neuron.Block.FFN ? "F" : "A") + layer;
    }
  }

  /**
   * How many neurons are where.
   *
   * @param counts of every block of the tower, 0 where there is none
   * @param neurons those of each entity, or of the general objects with one label, together
   * @param unit which of the two
   */
  public record Places(Map<Place, Integer> counts, List<List<Neuron>> neurons, Sample.Unit unit) {
    /** Counts alone, of which no interval is known. */
    public Places(Map<Place, Integer> counts) {
      this(counts, List.of(), Sample.Unit.ENTITY);
    }

    /** Keeps copies. */
    public Places {
      counts = Collections.unmodifiableMap(new TreeMap<>(counts));
      neurons = List.copyOf(neurons);
    }

    /**
     * The share of the neurons that are in one block; sampled are entities or labels, whose neurons
     * belong together.
     */
    public Estimate estimate(Place place) {
      return estimate(n -> Place.of(n).equals(place));
    }

    /** The share of the neurons that are in blocks of a kind, likewise. */
    public Estimate estimate(Neuron.Block block) {
      return estimate(n -> n.block() == block);
    }

    Estimate estimate(Predicate<Neuron> where) {
      return Estimate.of(
          Sample.of(
                  unit,
                  neurons.stream()
                      .map(own -> own.stream().mapToDouble(n -> where.test(n) ? 1 : 0).toArray())
                      .toList())
              .asShares());
    }

    /** The neurons in all blocks. */
    public int total() {
      return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** The share of the neurons that are in one block, 0 to 1. */
    public double share(Place place) {
      return counts.getOrDefault(place, 0) / (double) Math.max(1, total());
    }

    /** The share of the neurons that are in blocks of a kind, 0 to 1. */
    public double share(Neuron.Block block) {
      return counts.keySet().stream().filter(p -> p.block == block).mapToDouble(this::share).sum();
    }
  }

  /**
   * @param entityPlaces (a) for entities, by the mean over their images
   * @param objectPlaces (a) for general objects, each image with its own label
   * @param entityDecay (b) for the entities' images, ranked within each image
   * @param objectDecay (b) for general objects
   * @param queryPlaces (c) of the query neurons of each entity's first neuron
   * @param queryDecay (d) ranked by the mean over the entity's images, mean over the knowledge
   *     neurons, each divided by its first value
   * @param settings it was run with
   * @param provenance where the numbers come from
   */
  public record Result(
      Places entityPlaces,
      Places objectPlaces,
      Decay entityDecay,
      Decay objectDecay,
      Places queryPlaces,
      Decay queryDecay,
      Settings settings,
      Provenance provenance) {}

  /**
   * What one entity or general object gives for (a) and (b).
   *
   * @param top its first neurons
   * @param decay mean over its images
   * @param images how many
   */
  private record Side(List<Neuron> top, double[] decay, int images) {
    static Side of(TracedImages pass, Settings settings) {
      Attribution a = pass.attribution(Reading.LITERAL);
      return new Side(
          pass.top(Reading.LITERAL, settings.top), a.decay(settings.decay), a.images().size());
    }
  }

  /**
   * What one entity gives.
   *
   * @param side for (a) and (b)
   * @param queries for (c)
   * @param queryDecay for (d), over its first value; empty if there are too few query neurons
   */
  private record EntityPart(Side side, List<Neuron> queries, double[] queryDecay) {}

  /**
   * @param study with entities; its labelled background images are the general objects
   */
  public static Result run(Study study, Settings settings) {
    Clip clip = study.clip();
    QueryAnalyzer analyzer = new QueryAnalyzer(clip);
    List<EntityPart> entities =
        study.each(
            new Study.Task<>(
                "figure3",
                "locating neurons and their query neurons",
                EntityPart.class,
                List.of(
                    settings.top,
                    settings.decay,
                    settings.queries,
                    settings.queryDecay,
                    settings.imagesPerEntity)),
            TracedImages.entities(study.set()).stream().map(Study.Part::of).toList(),
            (pass, e) -> entity(pass, analyzer, settings));
    List<LabelledImage> objects =
        Spread.of(TracedImages.generalObjects(study.set()), settings.background);
    List<Side> objectSides =
        study.each(
            new Study.Task<>(
                "figure3",
                "locating neurons of general objects",
                Side.class,
                List.of(settings.top, settings.decay)),
            objects.stream().map(Study.Part::of).toList(),
            (pass, i) -> Side.of(pass, settings));
    List<String> names = TracedImages.entities(study.set()).stream().map(Entity::name).toList();
    List<Side> entitySides = entities.stream().map(EntityPart::side).toList();
    Places entityPlaces =
        places(clip, Sample.Unit.ENTITY, entitySides.stream().map(Side::top).toList());
    return new Result(
        entityPlaces,
        places(clip, Sample.Unit.LABEL, byLabel(objects, objectSides)),
        decay(Sample.Unit.ENTITY, names, entitySides),
        decay(Sample.Unit.LABEL, objects.stream().map(LabelledImage::label).toList(), objectSides),
        places(clip, Sample.Unit.ENTITY, entities.stream().map(EntityPart::queries).toList()),
        queryDecay(names, entities),
        settings,
        TracedImages.provenance(settings, study)
            .with("neurons", "literal reading; top " + settings.top + " in (a)")
            .with("general objects", objects.size() + " background images, own labels")
            .with("query neurons", "of the first neuron of each entity, layer norms folded")
            .with(
                "interval",
                Interval.named(List.of(entityPlaces.estimate(Neuron.Block.FFN)))
                    + "; of general objects over labels"));
  }

  private static EntityPart entity(TracedImages pass, QueryAnalyzer analyzer, Settings settings) {
    Side side = Side.of(pass, settings);
    List<float[]> pixels =
        pass.pixels().stream().limit(settings.imagesPerEntity.orElse(Integer.MAX_VALUE)).toList();
    List<QueryEffects.QueryNeuron> top =
        analyzer
            .effects(pixels, pass.top(Reading.LITERAL, 1).get(0), Progress.NONE)
            .top(Math.max(settings.queries, settings.queryDecay));
    double strongest = top.isEmpty() ? 0 : top.get(0).effect();
    boolean complete = top.size() >= settings.queryDecay && strongest > 0;
    return new EntityPart(
        side,
        top.stream().limit(settings.queries).map(QueryEffects.QueryNeuron::neuron).toList(),
        complete
            ? top.stream()
                .limit(settings.queryDecay)
                .mapToDouble(q -> q.effect() / strongest)
                .toArray()
            : new double[0]);
  }

  /**
   * The mean over all images, not over entities: an entity's curve stands for each of its images.
   */
  private static Decay decay(Sample.Unit unit, List<String> keys, List<Side> sides) {
    List<String> ofEach = new ArrayList<>();
    List<double[]> curves = new ArrayList<>();
    for (int i = 0; i < sides.size(); i++) {
      ofEach.addAll(Collections.nCopies(sides.get(i).images, keys.get(i)));
      curves.addAll(Collections.nCopies(sides.get(i).images, sides.get(i).decay));
    }
    return Decay.of(unit, ofEach, curves);
  }

  /** The mean over the entities that have enough query neurons. */
  private static Decay queryDecay(List<String> keys, List<EntityPart> entities) {
    List<Integer> complete =
        IntStream.range(0, entities.size())
            .filter(e -> entities.get(e).queryDecay.length > 0)
            .boxed()
            .toList();
    return Decay.of(
        Sample.Unit.ENTITY,
        complete.stream().map(keys::get).toList(),
        complete.stream().map(e -> entities.get(e).queryDecay).toList());
  }

  private static Places places(Clip clip, Sample.Unit unit, List<List<Neuron>> neurons) {
    Map<Place, Integer> counts = nowhere(clip);
    neurons.forEach(own -> own.forEach(n -> counts.merge(Place.of(n), 1, Integer::sum)));
    return new Places(counts, neurons, unit);
  }

  /** The neurons of all objects with one label together. */
  private static List<List<Neuron>> byLabel(List<LabelledImage> objects, List<Side> sides) {
    Map<String, List<Neuron>> out = new LinkedHashMap<>();
    for (int i = 0; i < objects.size(); i++) {
      out.computeIfAbsent(objects.get(i).label(), l -> new ArrayList<>()).addAll(sides.get(i).top);
    }
    return List.copyOf(out.values());
  }

  private static Map<Place, Integer> nowhere(Clip clip) {
    Map<Place, Integer> out = new TreeMap<>();
    for (int l = 0; l < clip.config().vision().layers(); l++) {
      for (Neuron.Block block : Neuron.Block.values()) {
        out.put(new Place(l, block), 0);
      }
    }
    return out;
  }
}
