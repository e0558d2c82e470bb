package dev.engram.lab;

import dev.engram.experiment.KeptParts;
import dev.engram.experiment.ZeroShot;

/**
 * Zero-shot accuracy on a data set.
 *
 * @param result every prediction
 * @param kept how much was computed now, and how much before
 */
public record Evaluated(ZeroShot.Result result, KeptParts kept) {
  /**
   * @return top-1 accuracy, 0 to 1
   */
  public double accuracy() {
    return result.accuracy().mean();
  }
}
