package dev.engram.experiment;

/**
 * What an experiment is run with: an immutable record whose components are its settings, each with
 * an {@link About}. {@link Settings} reads and changes them by their names.
 *
 * @param <R> what the experiment returns
 */
public interface ExperimentSettings<R> {
  /** Whose settings these are. */
  Experiment<R> experiment();

  /**
   * Runs the experiment.
   *
   * @param on the model and the images, and whatever else {@link Experiment#needs} names
   */
  R run(Material on);
}
