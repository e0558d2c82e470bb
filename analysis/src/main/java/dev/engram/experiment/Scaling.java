package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Beyond the paper: how far its edits carry. How many names one weight takes, by MEMIT or by one
 * ROME after another ({@link AtOnce}); what a single edit does to the nearest neighbours of a name
 * ({@link Specificity}); how many images teach it ({@link ImagesNeeded}); and whether knowledge
 * that was removed comes back when later neurons are freed ({@link Return}).
 */
public final class Scaling {
  private Scaling() {}

  /**
   * @param names how many are taught at once, each at least 1; those beyond the set are left out
   * @param draws random orders in which names are taught
   * @param cases names that are taught, or removed, one at a time; evenly spread over the set
   * @param neighbours how many count as near
   * @param images by how many a name is taught, each at least 1; those beyond the set are reached
   *     with variations of what it has
   * @param removed knowledge neurons of an entity that are silenced
   * @param freed how many later neurons are freed, besides none and all
   * @param ridge λ in units of the mean of diag(K Kᵀ), above 0
   */
  public record Settings(
      List<Integer> names,
      int draws,
      int cases,
      int neighbours,
      List<Integer> images,
      int removed,
      List<Integer> freed,
      double ridge) {
    /** Refuses what measures nothing. */
    public Settings {
      names = ascending(names);
      images = ascending(images);
      freed = ascending(freed);
      Insertions.checkRidge(ridge);
      if (IntStream.of(draws, cases, neighbours, removed).min().orElseThrow() < 1) {
        throw new EngramException(
            "The scaling needs at least 1 draw, case, neighbour and removed neuron, got %d, %d, %d, %d."
                .formatted(draws, cases, neighbours, removed));
      }
    }

    private static List<Integer> ascending(List<Integer> counts) {
      if (counts.isEmpty() || counts.stream().anyMatch(c -> c < 1)) {
        throw new EngramException("Counts of names, images and neurons begin at 1, got " + counts);
      }
      return counts.stream().distinct().sorted().toList();
    }

    /**
     * @return up to 50 names at once, up to 20 images, the top 3 neurons of 20 entities
     */
    public static Settings standard() {
      return new Settings(
          List.of(1, 2, 5, 10, 20, 50),
          5,
          20,
          5,
          List.of(1, 3, 5, 10, 20),
          3,
          List.of(1, 10, 50, 200, 1000),
          0.01);
    }
  }

  /**
   * @param model its name
   * @param where the one weight that every edit changes
   * @param atOnce how many names
   * @param specificity who else is touched
   * @param images how many images
   * @param returned what comes back
   * @param provenance where the numbers come from
   */
  public record Result(
      String model,
      String where,
      AtOnce.Result atOnce,
      Specificity.Result specificity,
      ImagesNeeded.Result images,
      Return.Result returned,
      Provenance provenance) {}

  /**
   * @param study of a model without edits, with at least two entities of two images
   */
  public static Result run(Study study, Settings settings) {
    return run(Lessons.turned(study), settings);
  }

  /**
   * @param lessons of one data set
   */
  public static Result run(Lessons lessons, Settings settings) {
    try (Insertions insertions = new Insertions(lessons, settings.ridge)) {
      Seen original = insertions.original();
      List<Integer> cases = Table6.spread(lessons.teachable(), settings.cases);
      Weight where = Insertions.best(insertions.trace(cases));
      AtOnce.Result atOnce = AtOnce.run(insertions, lessons, original, where, settings);
      Specificity.Result specificity =
          Specificity.run(insertions, lessons, original, where, cases, settings.neighbours);
      ImagesNeeded.Result images =
          ImagesNeeded.run(insertions, lessons, original, where, cases, settings.images);
      Return.Result returned = Return.run(lessons.study(), settings);
      return new Result(
          lessons.study().clip().name(),
          where.toString(),
          atOnce,
          specificity,
          images,
          returned,
          Insertions.provenance("scaling", List.of(lessons), settings.ridge)
              .with(
                  "weight",
                  "%s, the best over %d names by causal tracing of %s"
                      .formatted(where, cases.size(), lessons.tracedTokens()))
              .with("images varied", ImagesNeeded.VARIATIONS + ", where the set has too few")
              .with("removed", "top %d, literal reading".formatted(settings.removed))
              .with("interval", interval(atOnce, specificity, returned)));
    }
  }

  /** Of the four questions, for provenance. */
  private static String interval(
      AtOnce.Result atOnce, Specificity.Result specificity, Return.Result returned) {
    List<Estimate> all = new ArrayList<>();
    atOnce.points().forEach(p -> all.add(p.rest()));
    all.add(specificity.near().change());
    all.add(returned.fall());
    return Interval.named(all);
  }
}
