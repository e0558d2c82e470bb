package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.QueryEffects;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Figure 3: (a) in which layers and blocks the top three neurons are, (b) how fast the improvement
 * falls with the rank, (c) where the top ten query neurons are (Eq. 13 to 20), (d) how fast their
 * effect falls; (a) and (b) for entities against general objects. The paper gives curves and no
 * numbers; "normalized" is read as divided by the first value.
 */
public final class Figure3 {
  private Figure3() {}

  /**
   * @param top neurons of each entity or general object in (a)
   * @param decay ranks in (b)
   * @param queries query neurons of each knowledge neuron in (c)
   * @param queryDecay ranks in (d)
   * @param background general objects at most
   * @param imagesPerEntity images that (c) and (d) look at, the first of each entity
   */
  public record Settings(
      int top, int decay, int queries, int queryDecay, int background, int imagesPerEntity) {
    /** Refuses what cannot be run. */
    public Settings {
      if (top < 1 || decay < 1 || queries < 1 || queryDecay < 1 || imagesPerEntity < 1) {
        throw new EngramException(
            "Figure 3 needs at least one neuron, rank and image in each part.");
      }
    }

    /**
     * @return 3 neurons, 80 ranks, 10 query neurons, 80 ranks, as in the paper
     */
    public static Settings standard() {
      return new Settings(3, 80, 10, 80, 500, Integer.MAX_VALUE);
    }
  }

  /**
   * A block of the tower, in the order of the forward pass.
   *
   * @param layer from 0
   * @param block MSA or FFN
   */
  public record Place(int layer, Neuron.Block block) implements Comparable<Place> {
    /**
     * @return the block in which a neuron is
     */
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
   */
  public record Places(Map<Place, Integer> counts) {
    /** Keeps a copy. */
    public Places {
      counts = java.util.Collections.unmodifiableMap(new TreeMap<>(counts));
    }

    /**
     * @return the neurons in all blocks
     */
    public int total() {
      return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    /**
     * @return the share of the neurons that are in one block, 0 to 1
     */
    public double share(Place place) {
      return counts.getOrDefault(place, 0) / (double) Math.max(1, total());
    }

    /**
     * @return the share of the neurons that are in blocks of a kind, 0 to 1
     */
    public double share(Neuron.Block block) {
      return counts.keySet().stream().filter(p -> p.block == block).mapToDouble(this::share).sum();
    }
  }

  /**
   * A decay curve, not yet divided by its first value.
   *
   * @param values by rank, descending
   */
  public record Decay(double[] values) {
    /**
     * @return every value over the first
     */
    public double[] normalised() {
      return java.util.Arrays.stream(values).map(v -> v / values[0]).toArray();
    }

    /**
     * @return the first rank, from 1, at which less than half of the first value is left; one more
     *     than there are ranks if there is none
     */
    public int halfRank() {
      return 1
          + IntStream.range(0, values.length)
              .filter(r -> values[r] < values[0] / 2)
              .findFirst()
              .orElse(values.length);
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
   * @param provenance where the numbers come from
   */
  public record Result(
      Places entityPlaces,
      Places objectPlaces,
      Decay entityDecay,
      Decay objectDecay,
      Places queryPlaces,
      Decay queryDecay,
      Provenance provenance) {}

  /** What becomes one side of (a) and (b). */
  private static final class Side {
    final Map<Place, Integer> places;
    final List<double[]> decays = new ArrayList<>();

    Side(Clip clip) {
      places = nowhere(clip);
    }

    void add(Pass pass, Settings settings) {
      pass.top(Ranking.LITERAL, settings.top)
          .forEach(n -> places.merge(Place.of(n), 1, Integer::sum));
      Attribution a = pass.attribution(Ranking.LITERAL);
      double[] curve = a.decay(settings.decay);
      a.images().forEach(image -> decays.add(curve)); // the mean over all images, not entities
    }

    Decay decay() {
      return new Decay(Numbers.mean(decays));
    }
  }

  /**
   * @param set with entities; its labelled background images are the general objects
   */
  public static Result run(Clip clip, ImageSet set, Settings settings, Progress progress) {
    try (Attributor attributor = new Attributor(clip)) {
      return run(attributor, clip, set, settings, progress);
    }
  }

  private static Result run(
      Attributor attributor, Clip clip, ImageSet set, Settings settings, Progress progress) {
    List<Entity> entities = Pass.entities(set);
    float[][] texts = Pass.labels(clip, entities);
    QueryAnalyzer analyzer = new QueryAnalyzer(clip);
    Side entitySide = new Side(clip);
    Map<Place, Integer> queryPlaces = nowhere(clip);
    List<double[]> queryDecays = new ArrayList<>();
    for (int e = 0; e < entities.size(); e++) {
      progress.step("locating neurons and their query neurons", e, entities.size());
      Entity entity = entities.get(e);
      try (Pass pass = new Pass(clip, attributor, entity.images(), entity.label(), texts[e])) {
        entitySide.add(pass, settings);
        Neuron first = pass.top(Ranking.LITERAL, 1).get(0);
        List<float[]> pixels = pass.pixels().stream().limit(settings.imagesPerEntity).toList();
        QueryEffects effects = analyzer.effects(pixels, first, Progress.NONE);
        List<QueryEffects.QueryNeuron> top =
            effects.top(Math.max(settings.queries, settings.queryDecay));
        top.stream()
            .limit(settings.queries)
            .forEach(q -> queryPlaces.merge(Place.of(q.neuron()), 1, Integer::sum));
        if (top.size() >= settings.queryDecay && top.get(0).effect() > 0) {
          double strongest = top.get(0).effect();
          queryDecays.add(
              top.stream()
                  .limit(settings.queryDecay)
                  .mapToDouble(q -> q.effect() / strongest)
                  .toArray());
        }
      }
    }
    Side objectSide = new Side(clip);
    List<LabelledImage> objects = Table6.spread(Pass.generalObjects(set), settings.background);
    float[][] own =
        clip.embedTexts(objects.stream().map(LabelledImage::label).toList(), Progress.NONE);
    for (int i = 0; i < objects.size(); i++) {
      progress.step("locating neurons of general objects", i, objects.size());
      LabelledImage image = objects.get(i);
      try (Pass pass = new Pass(clip, attributor, List.of(image), image.label(), own[i])) {
        objectSide.add(pass, settings);
      }
    }
    progress.step("locating neurons of general objects", objects.size(), objects.size());
    return new Result(
        new Places(entitySide.places),
        new Places(objectSide.places),
        entitySide.decay(),
        objectSide.decay(),
        new Places(queryPlaces),
        new Decay(Numbers.mean(queryDecays)),
        Pass.provenance("figure3", clip, set)
            .with("neurons", "literal reading; top " + settings.top + " in (a)")
            .with("general objects", objects.size() + " background images, own labels")
            .with("query neurons", "of the first neuron of each entity, layer norms folded"));
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
