package dev.engram.edit;

import dev.engram.Progress;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * How the baselines of Table 4 are made comparable (A.7): training stops at checkpoints, and that
 * one is kept whose accuracy on the category is closest to the rank-one edit's.
 */
public final class MatchedTraining {
  private MatchedTraining() {}

  /**
   * When training ends.
   *
   * @param steps at most, from 1
   * @param every steps between checkpoints, from 1; the last step is one, too
   * @param wanted the accuracy that a checkpoint should come close to, 0 to 1; training ends at the
   *     first that reaches it
   */
  public record Plan(int steps, int every, double wanted) {
    /** Refuses what trains nothing. */
    public Plan {
      if (steps < 1 || every < 1) {
        throw new IllegalArgumentException(
            "training takes 1 step or more, got %d, every %d".formatted(steps, every));
      }
    }
  }

  /**
   * @param step from 1
   * @param loss before that step
   * @param accuracy on the category after it, 0 to 1
   */
  public record Checkpoint(int step, double loss, double accuracy) {}

  /**
   * @param edit the checkpoint that was kept, as a value
   * @param checkpoints all that were tried
   * @param kept index in them of the one that was kept, the first of equally close ones
   */
  public record Result(Edit edit, List<Checkpoint> checkpoints, int kept) {
    /** Keeps a copy. */
    public Result {
      checkpoints = List.copyOf(checkpoints);
    }
  }

  /**
   * Trains until a checkpoint reaches the accuracy that is wanted, or the steps are over.
   *
   * @param tuning at its first step
   * @param history of the same model; is not changed
   * @param name what is taught
   * @param source where the images come from, for provenance
   * @param accuracy of a model on the category, 0 to 1
   */
  public static Result train(
      FineTuning tuning,
      Plan plan,
      EditHistory history,
      String name,
      String source,
      ToDoubleFunction<Clip> accuracy,
      Progress progress) {
    List<Checkpoint> checkpoints = new ArrayList<>();
    Edit closest = null;
    int kept = 0;
    double distance = Double.POSITIVE_INFINITY;
    for (int step = 1; step <= plan.steps && distance > 0; step++) {
      progress.step("training", step - 1, plan.steps);
      double loss = tuning.step(Progress.NONE);
      if (step % plan.every != 0 && step != plan.steps) {
        continue;
      }
      Edit edit = tuning.edit(name, source);
      try (Clip after = history.with(edit)) {
        double reached = accuracy.applyAsDouble(after);
        checkpoints.add(new Checkpoint(step, loss, reached));
        if (Math.abs(reached - plan.wanted) < distance) {
          closest = edit;
          kept = checkpoints.size() - 1;
          distance = Math.abs(reached - plan.wanted);
        }
        if (reached > plan.wanted) {
          break;
        }
      }
    }
    return new Result(Objects.requireNonNull(closest), checkpoints, kept);
  }
}
