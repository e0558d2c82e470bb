package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.experiment.Experiment;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Findings;
import dev.engram.lab.ReproducedAll.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Every table and figure of the paper on the loaded model, in order: {@code new
 * ReproduceAll(Reproduce::of).run(lab)}. Parts are kept as those of one experiment, so a run that
 * was interrupted goes on where it stopped.
 *
 * @param requests makes the request of an experiment of its settings
 */
public record ReproduceAll(Requests requests) {
  /** What each experiment is asked for. */
  @FunctionalInterface
  public interface Requests {
    /**
     * @param standard settings of the experiment
     */
    <R> Reproduce<R> of(ExperimentSettings<R> standard);
  }

  /**
   * Runs them. One that this model or these images do not allow is told with the sentence that
   * refused it, and the next one follows.
   *
   * @param lab with a model
   * @return what the paper says, and what this model says of it
   */
  public ReproducedAll run(Lab lab) {
    List<Part> parts = new ArrayList<>();
    for (Experiment<?> experiment : Experiments.ALL) {
      if (experiment.ofPaper()) {
        parts.add(part(lab, experiment));
      }
    }
    return new ReproducedAll(parts);
  }

  private <R> Part part(Lab lab, Experiment<R> experiment) {
    try {
      Reproduced<R> done = lab.reproduce(requests.of(experiment.standard().get()));
      return new Part(
          experiment,
          Optional.of(done),
          Findings.judge(experiment, done.result()),
          Optional.empty());
    } catch (EngramException e) {
      return Part.refused(experiment, String.valueOf(e.getMessage()));
    }
  }
}
