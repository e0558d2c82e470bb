package dev.engram.lab;

import dev.engram.experiment.Change;
import dev.engram.experiment.ExperimentSettings;
import dev.engram.experiment.KeptParts;
import dev.engram.experiment.Settings;
import java.util.List;

/**
 * What an experiment has returned.
 *
 * @param settings it was run with
 * @param result its numbers, the paper's beside them
 * @param kept how much was computed now, and how much before
 * @param <R> what the experiment returns
 */
public record Reproduced<R>(ExperimentSettings<R> settings, R result, KeptParts kept) {
  /** The settings that are other ones than the standard. */
  public List<Change> changes() {
    return Settings.changes(settings);
  }
}
