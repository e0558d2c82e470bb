package dev.engram.experiment;

import dev.engram.Provenance;
import java.util.Set;

/**
 * Figure 6: the removals of Figure 4a with the residual stream kept (Eq. 21). What {@link Figure4a}
 * has computed is read.
 */
public final class Figure6 {
  private Figure6() {}

  /** Its entry in the registry. */
  public static final Experiment<Result> EXPERIMENT =
      new Experiment<>(
          "figure6",
          "Figure 6: the same with the residual stream kept (Eq. 21)",
          true,
          13,
          Set.of(),
          Figure6::standard,
          Result.class);

  /** The settings of Figure 4a. */
  public static Settings standard() {
    return new Settings(Figure4a.standard().most());
  }

  /** What can be set. */
  public record Settings(@About(Figure4a.MOST) int most) implements ExperimentSettings<Result> {
    /** Refuses what cannot be run. */
    public Settings {
      Figure4a.checkMost(most);
    }

    /**
     * @param newMost neurons whose query vectors are compared
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
      return new Result(Figure4a.run(on.study(), new Figure4a.Settings(most)));
    }
  }

  /**
   * @param removals of one knowledge neuron of each entity
   */
  public record Result(Figure4a.Result removals) {
    /** Where the numbers come from. */
    public Provenance provenance() {
      return removals.provenance().with("experiment", EXPERIMENT.name());
    }
  }
}
