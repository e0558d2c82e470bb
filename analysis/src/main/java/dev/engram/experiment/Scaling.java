package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.data.Spread;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Beyond the paper: how far its edits carry. How many names one weight takes, by MEMIT or by one
 * ROME after another ({@link AtOnce}); what a single edit does to the nearest neighbours of a name
 * ({@link Specificity}); how many images teach it ({@link ImagesNeeded}); and whether knowledge
 * that was removed comes back when later neurons are freed ({@link SelfRepair}).
 */
public final class Scaling {
  private Scaling() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "scaling",
          "Beyond the paper: how many names an edit takes, who else is touched, how many images teach, what comes back",
          false,
          250,
          Set.of(Experiment.Need.LESSONS),
          Scaling::standard,
          Result.class);

  /** Up to 50 names at once, up to 20 images, the top 3 neurons of 20 entities. */
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

  /** What can be set. */
  public record Settings(
      @About("how many names are taught at once; those beyond the set are left out")
          List<Integer> counts,
      @About("random orders in which names are taught") int draws,
      @About("names that are taught, or removed, one at a time; evenly spread over the set")
          int cases,
      @About("how many names count as near") int neighbours,
      @About("by how many images a name is taught; beyond those of the set, by variations of them")
          List<Integer> images,
      @About("knowledge neurons of an entity that are silenced") int removed,
      @About("how many later neurons are freed, besides none and all") List<Integer> freed,
      @About("λ in units of the mean of diag(K Kᵀ), above 0") double ridge)
      implements ExperimentSettings<Result> {
    /** Refuses what measures nothing; keeps the counts in ascending order. */
    public Settings {
      counts = ascending(counts);
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
     * @param newCounts how many names are taught at once; those beyond the set are left out
     * @return a copy with that setting
     */
    public Settings counts(List<Integer> newCounts) {
      return new Settings(newCounts, draws, cases, neighbours, images, removed, freed, ridge);
    }

    /**
     * @param newDraws random orders in which names are taught
     * @return a copy with that setting
     */
    public Settings draws(int newDraws) {
      return new Settings(counts, newDraws, cases, neighbours, images, removed, freed, ridge);
    }

    /**
     * @param newCases names that are taught, or removed, one at a time; evenly spread over the set
     * @return a copy with that setting
     */
    public Settings cases(int newCases) {
      return new Settings(counts, draws, newCases, neighbours, images, removed, freed, ridge);
    }

    /**
     * @param newNeighbours how many names count as near
     * @return a copy with that setting
     */
    public Settings neighbours(int newNeighbours) {
      return new Settings(counts, draws, cases, newNeighbours, images, removed, freed, ridge);
    }

    /**
     * @param newImages by how many images a name is taught; beyond those of the set, by variations
     *     of them
     * @return a copy with that setting
     */
    public Settings images(List<Integer> newImages) {
      return new Settings(counts, draws, cases, neighbours, newImages, removed, freed, ridge);
    }

    /**
     * @param newRemoved knowledge neurons of an entity that are silenced
     * @return a copy with that setting
     */
    public Settings removed(int newRemoved) {
      return new Settings(counts, draws, cases, neighbours, images, newRemoved, freed, ridge);
    }

    /**
     * @param newFreed how many later neurons are freed, besides none and all
     * @return a copy with that setting
     */
    public Settings freed(List<Integer> newFreed) {
      return new Settings(counts, draws, cases, neighbours, images, removed, newFreed, ridge);
    }

    /**
     * @param newRidge λ in units of the mean of diag(K Kᵀ), above 0
     * @return a copy with that setting
     */
    public Settings ridge(double newRidge) {
      return new Settings(counts, draws, cases, neighbours, images, removed, freed, newRidge);
    }

    @Override
    public Experiment<Result> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Result run(Material on) {
      return Scaling.run(on.lessons().get(0), this);
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
      SelfRepair.Result returned,
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
      NearestClasses original = insertions.original();
      List<Integer> cases = Spread.of(lessons.teachable(), settings.cases);
      Weight where = Insertions.best(insertions.trace(cases));
      AtOnce.Result atOnce = AtOnce.run(insertions, lessons, original, where, settings);
      Specificity.Result specificity =
          Specificity.run(insertions, lessons, original, where, cases, settings.neighbours);
      ImagesNeeded.Result images =
          ImagesNeeded.run(insertions, lessons, original, where, cases, settings.images);
      SelfRepair.Result returned = SelfRepair.run(lessons.study(), settings);
      return new Result(
          lessons.study().clip().name(),
          where.toString(),
          atOnce,
          specificity,
          images,
          returned,
          Insertions.provenance(settings, List.of(lessons), settings.ridge)
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
      AtOnce.Result atOnce, Specificity.Result specificity, SelfRepair.Result returned) {
    List<Estimate> all = new ArrayList<>();
    atOnce.points().forEach(p -> all.add(p.rest()));
    all.add(specificity.near().change());
    all.add(returned.fall());
    return Interval.named(all);
  }
}
