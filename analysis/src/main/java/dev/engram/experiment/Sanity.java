package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Beyond the paper: whether the improvement (Eq. 11, 12) depends on the label at all. The ranking
 * of an entity's images with its own label is compared with that under the label of another entity,
 * and, as a ceiling, one half of the images with the other half under their own label.
 */
public final class Sanity {
  private Sanity() {}

  /**
   * @param top how many first neurons are compared as sets
   */
  public record Settings(int top) {
    /** Refuses what cannot be run. */
    public Settings {
      if (top < 1) {
        throw new EngramException("At least one neuron must be compared, got " + top + ".");
      }
    }

    /**
     * @return ten neurons
     */
    public static Settings standard() {
      return new Settings(10);
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
      Ranking ranking,
      Estimate exchanged,
      Estimate halves,
      Estimate exchangedTop,
      Estimate halvesTop) {}

  /**
   * @param rows the readings of the improvement, and the activation, which knows no label
   * @param provenance where the numbers come from
   */
  public record Result(List<Row> rows, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      rows = List.copyOf(rows);
    }

    /**
     * @return the row of a method
     */
    public Row row(Ranking ranking) {
      return rows.stream().filter(r -> r.ranking == ranking).findFirst().orElseThrow();
    }
  }

  /** Correlation and overlap of each entity, for one pair of rankings. */
  private record Pairs(List<Double> correlation, List<Double> overlap) {
    Pairs() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void add(Pass a, Pass b, Ranking ranking, int top) {
      correlation.add(
          Numbers.rankCorrelation(a.attribution(ranking).means(), b.attribution(ranking).means()));
      Set<Neuron> both = new HashSet<>(a.top(ranking, top));
      both.retainAll(new HashSet<>(b.top(ranking, top)));
      overlap.add(both.size() / (double) top);
    }
  }

  /** The methods that need no gradient. */
  private static final List<Ranking> METHODS =
      List.of(
          Ranking.LITERAL,
          Ranking.LITERAL_POST,
          Ranking.LENS,
          Ranking.FROZEN,
          Ranking.DIRECT,
          Ranking.ACTIVATION);

  /**
   * @param set with two entities or more, of two images or more
   */
  public static Result run(Clip clip, ImageSet set, Settings settings, Progress progress) {
    List<Entity> entities = Pass.entities(set).stream().filter(e -> e.images().size() > 1).toList();
    if (entities.size() < 2) {
      throw new EngramException(
          "Exchanging labels takes two entities with two images or more; "
              + set.name()
              + " has "
              + entities.size()
              + ".");
    }
    int n = entities.size();
    float[][] texts = Pass.labels(clip, entities);
    Map<Ranking, Pairs> exchanged = new TreeMap<>();
    Map<Ranking, Pairs> halves = new TreeMap<>();
    try (Attributor attributor = new Attributor(clip)) {
      for (int e = 0; e < n; e++) {
        progress.step("exchanging labels", e, n);
        Entity entity = entities.get(e);
        int other = (e + n / 2) % n; // half the set away: of another category, as sets are sorted
        List<LabelledImage> all = entity.images();
        try (Pass own = new Pass(clip, attributor, all, entity.label(), texts[e]);
            Pass foreign =
                new Pass(clip, attributor, all, entities.get(other).label(), texts[other]);
            Pass even = new Pass(clip, attributor, every(all, 0), entity.label(), texts[e]);
            Pass odd = new Pass(clip, attributor, every(all, 1), entity.label(), texts[e])) {
          for (Ranking r : METHODS) {
            exchanged.computeIfAbsent(r, k -> new Pairs()).add(own, foreign, r, settings.top);
            halves.computeIfAbsent(r, k -> new Pairs()).add(even, odd, r, settings.top);
          }
        }
      }
    }
    progress.step("exchanging labels", n, n);
    List<Row> rows = new ArrayList<>();
    for (Ranking r : METHODS) {
      Pairs x = java.util.Objects.requireNonNull(exchanged.get(r));
      Pairs h = java.util.Objects.requireNonNull(halves.get(r));
      rows.add(
          new Row(
              r,
              Estimate.of(x.correlation),
              Estimate.of(h.correlation),
              Estimate.of(x.overlap),
              Estimate.of(h.overlap)));
    }
    return new Result(
        rows,
        Pass.provenance("sanity", clip, set)
            .with("other label", "of the entity half the set away")
            .with("compared", "Spearman over all neurons; first " + settings.top + " as sets")
            .with("interval", "95 %, normal, over entities"));
  }

  /** Every second image. */
  private static List<LabelledImage> every(List<LabelledImage> all, int from) {
    List<LabelledImage> out = new ArrayList<>();
    for (int i = from; i < all.size(); i += 2) {
      out.add(all.get(i));
    }
    return out;
  }
}
