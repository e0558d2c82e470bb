package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.edit.Suppression;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * Beyond the paper: how far the cosine falls when the top k neurons of a ranking are silenced, in
 * the residual stream and completely (A.6). The more faithful a ranking, the farther; it says which
 * reading of Eq. 11 and 12 a model agrees with.
 */
public final class Faithfulness {
  /** The name of the control: neurons drawn at random. */
  public static final String RANDOM = "random";

  private Faithfulness() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "faithfulness",
          "Beyond the paper: how far the cosine falls without the top neurons of each ranking",
          false,
          100,
          Set.of(),
          Faithfulness::standard,
          Result.class);

  /** All rankings, k = 1, 3, 10, 30, and 5 seeds, judged on the images that found them. */
  public static Settings standard() {
    return new Settings(Score.all(), List.of(1, 3, 10, 30), 5);
  }

  /** What can be set. */
  public record Settings(
      @About("which rankings are compared") List<Score> rankings,
      @About("k, how many neurons are silenced") List<Integer> counts,
      @About("draws of random neurons, averaged within an image; 0 for none") int seeds,
      @About("on which images the neurons are judged") Judging judging)
      implements ExperimentSettings<Result> {
    /** Refuses what cannot be run; keeps the counts in ascending order. */
    public Settings {
      rankings = List.copyOf(rankings);
      counts = counts.stream().sorted().toList();
      if (rankings.isEmpty()) {
        throw new EngramException("Faithfulness compares rankings; name one at least.");
      }
      if (counts.isEmpty() || counts.get(0) < 1 || seeds < 0) {
        throw new EngramException(
            "Numbers of neurons count from 1 and seeds from 0; got " + counts + ", " + seeds + ".");
      }
    }

    /** Judged on the images that found the neurons. */
    public Settings(List<Score> rankings, List<Integer> counts, int seeds) {
      this(rankings, counts, seeds, Judging.SAME_IMAGES);
    }

    /**
     * @param newRankings which rankings are compared
     * @return a copy with that setting
     */
    public Settings rankings(List<Score> newRankings) {
      return new Settings(newRankings, counts, seeds, judging);
    }

    /**
     * @param newCounts k, how many neurons are silenced
     * @return a copy with that setting
     */
    public Settings counts(List<Integer> newCounts) {
      return new Settings(rankings, newCounts, seeds, judging);
    }

    /**
     * @param newSeeds draws of random neurons, averaged within an image; 0 for none
     * @return a copy with that setting
     */
    public Settings seeds(int newSeeds) {
      return new Settings(rankings, counts, newSeeds, judging);
    }

    /**
     * @param newJudging on which images the neurons are judged
     * @return a copy with that setting
     */
    public Settings judging(Judging newJudging) {
      return new Settings(rankings, counts, seeds, newJudging);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Faithfulness.run(on.study(), this);
    }
  }

  /**
   * The fall of the cosine for one ranking and one k. Sampled are entities; two rankings are
   * compared on the same images by {@link Estimate#minus}.
   *
   * @param ranking its name, or {@value #RANDOM}
   * @param count k
   * @param residual by residual suppression
   * @param complete by complete removal
   */
  public record Fall(String ranking, int count, Estimate residual, Estimate complete) {}

  /**
   * @param cosine of the images with their labels, before
   * @param falls every ranking with every k
   * @param judged on which images the neurons were judged, in words
   * @param provenance where the numbers come from
   */
  public record Result(Estimate cosine, List<Fall> falls, String judged, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      falls = List.copyOf(falls);
    }

    /**
     * @throws IllegalArgumentException if that was not measured
     */
    public Fall fall(String ranking, int count) {
      return falls.stream()
          .filter(f -> f.ranking.equals(ranking) && f.count == count)
          .findFirst()
          .orElseThrow(
              () -> new IllegalArgumentException("no fall of " + ranking + " at k = " + count));
    }

    /**
     * The ranking with which the others are compared: the literal one if it was measured, else the
     * first.
     */
    public String baseline() {
      String literal = Reading.LITERAL.toString();
      return falls.stream().anyMatch(f -> f.ranking.equals(literal))
          ? literal
          : falls.get(0).ranking;
    }

    /** The falls at k by residual suppression, the farthest first. */
    public List<Fall> byResidual(int count) {
      return falls.stream()
          .filter(f -> f.count == count)
          .sorted(Comparator.comparingDouble(f -> -f.residual.mean()))
          .toList();
    }
  }

  /**
   * What one entity gives.
   *
   * @param cosines of its images, before
   * @param falls every ranking with every k
   */
  private record Part(double[] cosines, List<PartFall> falls) {}

  /** The fall of each image. */
  private record PartFall(String ranking, int count, double[] residual, double[] complete) {
    PartFall on(int[] images) {
      return new PartFall(
          ranking, count, Judging.pick(residual, images), Judging.pick(complete, images));
    }
  }

  /**
   * @param study with entities; each is ranked by the mean over its images
   */
  public static Result run(Study study, Settings settings) {
    Suppression suppression = new Suppression(study.clip());
    NeuronSpace space = study.clip().config().vision().space();
    List<Entity> all = TracedImages.entities(study.set());
    List<Entity> entities = settings.judging.of(all);
    if (entities.isEmpty()) {
      throw new EngramException(
          "Judging on the other half takes an entity with two images; %s has none."
              .formatted(study.set()));
    }
    List<Study.Part> work = new ArrayList<>();
    for (int e = 0; e < entities.size(); e++) {
      work.add(Study.Part.of(entities.get(e), "draw " + e));
    }
    List<Part> parts =
        study.each(
            new Study.Task<>(
                "faithfulness",
                "silencing neurons",
                Part.class,
                List.of(settings.rankings, settings.counts, settings.seeds, settings.judging)),
            work,
            (pass, e) -> part(pass, suppression, space, settings, e));
    Estimate cosine = entities(parts.stream().map(Part::cosines).toList());
    String judged = settings.judging.leavingOut(all.size() - entities.size());
    return new Result(
        cosine,
        falls(parts),
        judged,
        TracedImages.provenance(settings, study)
            .with("neurons", "top " + settings.counts + " of each entity, mean over its images")
            .with("judged", judged)
            .with("random", settings.seeds + " draws, seeds from 0")
            .with("interval", Interval.named(List.of(cosine))));
  }

  private static Part part(
      TracedImages pass,
      Suppression suppression,
      NeuronSpace space,
      Settings settings,
      int entity) {
    Silencer silencer = new Silencer(pass, suppression);
    int most = settings.counts.get(settings.counts.size() - 1);
    int images = silencer.before.length;
    int[] finding = settings.judging.finding(images, entity);
    for (Score ranking : settings.rankings) {
      silencer.measure(
          ranking.toString(), List.of(pass.top(ranking, most, finding)), settings.counts);
    }
    List<List<Neuron>> draws = new ArrayList<>();
    for (int seed = 0; seed < settings.seeds; seed++) {
      draws.add(draw(space, most, new Random(1_000_003L * seed + entity)));
    }
    if (!draws.isEmpty()) {
      silencer.measure(RANDOM, draws, settings.counts);
    }
    int[] judging = settings.judging.judging(images, entity);
    return new Part(
        Judging.pick(silencer.before, judging),
        silencer.falls.stream().map(f -> f.on(judging)).toList());
  }

  /** Every part has the same rankings and numbers of neurons in the same order. */
  private static List<Fall> falls(List<Part> parts) {
    List<Fall> out = new ArrayList<>();
    for (int i = 0; i < parts.get(0).falls.size(); i++) {
      int at = i;
      List<PartFall> same = parts.stream().map(p -> p.falls.get(at)).toList();
      out.add(
          new Fall(
              same.get(0).ranking,
              same.get(0).count,
              entities(same.stream().map(PartFall::residual).toList()),
              entities(same.stream().map(PartFall::complete).toList())));
    }
    return out;
  }

  private static Estimate entities(List<double[]> falls) {
    return Estimate.of(Sample.of(Sample.Unit.ENTITY, falls));
  }

  private static List<Neuron> draw(NeuronSpace space, int count, Random random) {
    return random
        .ints(0, space.count())
        .distinct()
        .limit(Math.min(count, space.count()))
        .mapToObj(space::neuron)
        .toList();
  }

  /** Silences neurons of one entity, the same set of neurons once. */
  private static final class Silencer {
    private final TracedImages pass;
    private final Suppression suppression;
    private final double[] before;
    private final List<PartFall> falls = new ArrayList<>();
    private final Map<Set<Neuron>, double[]> residual = new HashMap<>();
    private final Map<Set<Neuron>, double[]> complete = new HashMap<>();

    Silencer(TracedImages pass, Suppression suppression) {
      this.pass = pass;
      this.suppression = suppression;
      this.before = pass.cosines();
    }

    /** Adds the mean fall over the lists, for each image and k. */
    void measure(String ranking, List<List<Neuron>> lists, List<Integer> counts) {
      for (int k : counts) {
        double[] r = new double[before.length];
        double[] c = new double[before.length];
        for (List<Neuron> list : lists) {
          Progress.checkInterrupt();
          Set<Neuron> first = new TreeSet<>(list.subList(0, Math.min(k, list.size())));
          double[] afterResidual =
              residual.computeIfAbsent(first, s -> pass.residual(suppression, s));
          double[] afterComplete =
              complete.computeIfAbsent(first, s -> pass.complete(suppression, s));
          for (int b = 0; b < before.length; b++) {
            r[b] += (before[b] - afterResidual[b]) / lists.size();
            c[b] += (before[b] - afterComplete[b]) / lists.size();
          }
        }
        falls.add(new PartFall(ranking, k, r, c));
      }
    }
  }
}
