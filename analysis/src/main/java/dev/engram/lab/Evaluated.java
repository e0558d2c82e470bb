package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.experiment.KeptParts;
import dev.engram.experiment.ZeroShot;
import org.jspecify.annotations.Nullable;

/**
 * Zero-shot accuracy on a data set, of all classes or with one of them looked at: what its images
 * are taken for.
 *
 * @param result every prediction
 * @param kept how much was computed now, and how much before
 * @param shown the class that is looked at, by its index in the data set; null for all
 */
public record Evaluated(ZeroShot.Result result, KeptParts kept, @Nullable Integer shown) {
  /** Top-1 accuracy, 0 to 1. */
  public double accuracy() {
    return result.accuracy().mean();
  }

  /** The share of images whose class is among the five nearest, 0 to 1. */
  public double topFive() {
    return result.topFive();
  }

  /**
   * @param name of a class, as the data set or as people write it
   * @return the same evaluation, with that class looked at
   * @throws EngramException if the data set has no such class
   */
  public Evaluated ofClass(String name) {
    return new Evaluated(result, kept, result.dataset().classIndex(name));
  }
}
