package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.experiment.Experiment;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.Experiments;
import dev.engram.experiment.Settings;
import dev.engram.lab.Lab;
import dev.engram.lab.Reproduce;
import dev.engram.lab.ReproduceAll;
import dev.engram.lab.ReproducedAll;
import java.util.List;
import java.util.Locale;

/** The lines of {@code %reproduce all}: which setting belongs to which experiment. */
final class ReproduceAllRun {
  /** As it is typed. */
  static final String NAME = "all";

  /** What it shows. */
  static final String TITLE =
      "Every table and figure of the paper, in order, with a verdict for each finding";

  private final List<String> set;
  private final ReproduceAll.Requests requests;

  /**
   * @param set {@code table4.steps=200}
   * @param requests with all other options
   * @throws EngramException if a setting names no experiment of the paper, or is none of it
   */
  ReproduceAllRun(List<String> set, ReproduceAll.Requests requests) {
    this.set = List.copyOf(set);
    this.requests = requests;
    for (String assignment : set) {
      int dot = assignment.indexOf('.');
      int equals = assignment.indexOf('=');
      if (dot < 1 || equals < dot) {
        throw new EngramException(
            "With all, a setting is given as EXPERIMENT.NAME=VALUE, such as table4.steps=200; got '%s'."
                .formatted(assignment));
      }
      Experiment<?> experiment = Experiments.named(assignment.substring(0, dot));
      if (!experiment.ofPaper()) {
        throw new EngramException(
            "%s goes beyond the paper, and all computes the paper's: %s."
                .formatted(experiment, Experiments.names(Experiment::ofPaper)));
      }
      with(experiment.standard().get());
    }
  }

  private <R> ExperimentSettings<R> with(ExperimentSettings<R> standard) {
    String prefix = standard.experiment().name() + ".";
    return Settings.with(
        standard,
        set.stream()
            .filter(s -> s.toLowerCase(Locale.ROOT).startsWith(prefix))
            .map(s -> s.substring(prefix.length()))
            .toList());
  }

  ReproducedAll on(Lab lab) {
    return new ReproduceAll(
            new ReproduceAll.Requests() {
              @Override
              public <R> Reproduce<R> of(ExperimentSettings<R> standard) {
                return requests.of(with(standard));
              }
            })
        .run(lab);
  }
}
