package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.Spread;
import dev.engram.edit.Release;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Whether knowledge that was removed comes back when later neurons are freed (A.6): the top neurons
 * of an entity are silenced, and more and more of the neurons that they held down may answer, those
 * first whose improvement rises most. None freed is residual suppression, all is complete removal.
 */
public final class SelfRepair {
  private SelfRepair() {}

  /**
   * Images of an entity and its label; sampled are entities.
   *
   * @param freed how many neurons answer; all of them at the last point
   * @param cosine of images and label
   * @param accuracy among the labels of all entities
   */
  public record Point(int freed, Estimate cosine, Estimate accuracy) {}

  /**
   * @param removed neurons of each entity
   * @param original before the removal; its number of freed neurons is 0
   * @param points by the number of freed neurons, from 0 to all
   * @param returned how much of the fall comes back with all neurons freed, paired: cosine with all
   *     freed minus cosine with none
   * @param fall original minus none freed, paired
   */
  public record Result(
      int removed, Point original, List<Point> points, Estimate returned, Estimate fall) {
    /** Keeps a copy. */
    public Result {
      points = List.copyOf(points);
    }
  }

  /**
   * One entity.
   *
   * @param cosines mean over the images: original, then by count
   * @param accuracies likewise
   */
  private record Freed(double[] cosines, double[] accuracies) {}

  static Result run(Study study, Scaling.Settings settings) {
    List<Entity> all = TracedImages.entities(study.set());
    ClassTexts classes =
        ClassTexts.of(study.clip(), all.stream().map(Entity::label).toList(), Progress.NONE);
    List<Entity> cases = Spread.of(all, settings.cases());
    int neurons = study.clip().config().vision().space().count();
    List<Integer> counts = new ArrayList<>(List.of(0));
    settings.freed().stream().filter(f -> f < neurons - settings.removed()).forEach(counts::add);
    counts.add(neurons - settings.removed());
    List<Freed> freed;
    try (Release release = new Release(study.clip())) {
      freed =
          study.each(
              new Study.Task<>(
                  "scaling",
                  "freeing neurons",
                  Freed.class,
                  List.of(settings.removed(), counts, classes.labels())),
              cases.stream().map(e -> Study.Part.of(e, all.indexOf(e))).toList(),
              (pass, i) ->
                  freed(
                      pass,
                      release,
                      z -> classes.share(z, all.indexOf(cases.get(i))),
                      settings.removed(),
                      counts));
    }
    List<Point> points = new ArrayList<>();
    for (int c = 0; c < counts.size(); c++) {
      points.add(point(counts.get(c), freed, c + 1));
    }
    int last = counts.size();
    return new Result(
        settings.removed(),
        point(0, freed, 0),
        points,
        Estimate.each(
            Sample.Unit.ENTITY, freed.stream().map(f -> f.cosines[last] - f.cosines[1]).toList()),
        Estimate.each(
            Sample.Unit.ENTITY, freed.stream().map(f -> f.cosines[0] - f.cosines[1]).toList()));
  }

  private static Freed freed(
      TracedImages pass,
      Release release,
      ToDoubleFunction<float[][]> accuracy,
      int removed,
      List<Integer> counts) {
    List<Neuron> top = pass.top(Reading.LITERAL, removed);
    float[][][] after = release.embeddings(pass.pixels(), pass.text(), top, counts);
    List<float[][]> models = new ArrayList<>();
    models.add(pass.embeddings());
    models.addAll(Arrays.asList(after));
    return new Freed(
        models.stream().mapToDouble(z -> mean(pass.cosines(Arrays.asList(z)))).toArray(),
        models.stream().mapToDouble(accuracy).toArray());
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  private static Point point(int freed, List<Freed> entities, int at) {
    return new Point(
        freed,
        Estimate.each(Sample.Unit.ENTITY, entities.stream().map(f -> f.cosines[at]).toList()),
        Estimate.of(
            Sample.each(Sample.Unit.ENTITY, entities.stream().map(f -> f.accuracies[at]).toList())
                .asShares()));
  }
}
