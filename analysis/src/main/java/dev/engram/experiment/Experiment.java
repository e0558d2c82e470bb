package dev.engram.experiment;

import java.util.Set;
import java.util.function.Supplier;

/**
 * An entry of the registry, {@link Experiments}: what an experiment is called, what it needs and
 * what it returns. What a notebook asks and refuses follows from it.
 *
 * @param <R> what it returns
 * @param name as it is typed: {@code table4}
 * @param title what it shows, one line
 * @param ofPaper whether it is a table or figure of the paper, whose numbers stand beside ours
 * @param seconds how long it takes on the embedded model, measured on two cores beside other work
 * @param needs what it takes besides a model and images
 * @param standard its settings: the paper's, where the paper says them
 * @param result what it returns
 */
public record Experiment<R>(
    String name,
    String title,
    boolean ofPaper,
    int seconds,
    Set<Need> needs,
    Supplier<? extends ExperimentSettings<R>> standard,
    Class<R> result) {
  /** What an experiment may take besides the loaded model and the open images. */
  public enum Need {
    /** A dictionary of words. */
    WORDS,
    /** Other models, which are looked at beside the loaded one. */
    MODELS,
    /** Entities, which a data set may give in the place of the open images. */
    DATA_SET,
    /** Lessons of one image set or data set. */
    LESSONS,
    /** Lessons of an image set, or of one data set or several. */
    SEVERAL_LESSONS
  }

  /** Keeps a copy. */
  public Experiment {
    needs = Set.copyOf(needs);
  }

  /** Whether it needs that. */
  public boolean needs(Need what) {
    return needs.contains(what);
  }

  /** Whether it teaches names. */
  public boolean teaches() {
    return needs(Need.LESSONS) || needs(Need.SEVERAL_LESSONS);
  }

  /** Whether a data set may stand in the place of the open images. */
  public boolean takesDataSets() {
    return needs(Need.DATA_SET) || teaches();
  }

  /** As it is typed. */
  @Override
  public String toString() {
    return name;
  }
}
