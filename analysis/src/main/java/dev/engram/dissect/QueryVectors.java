package dev.engram.dissect;

import dev.engram.EngramException;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;

/**
 * The query vectors of neurons, plain and with the layer norm before them folded in: γ q − mean(γ
 * q), which divided by the standard deviation of a token gives that token's coefficient exactly.
 */
final class QueryVectors {
  private final VisionTower tower;

  QueryVectors(Clip clip) {
    tower = clip.vision();
  }

  /**
   * Refuses a neuron whose coefficient is not an inner product with one vector.
   *
   * @throws EngramException for a gated FFN, and where an inner norm stands before W_o or W_fc2
   */
  void requireQueryVector(Neuron n) {
    tower.requireQueryVectors(n.block());
    if (tower.config().innerNorms()) {
      throw new EngramException(
          "An inner norm stands between the query vector of %s and its coefficient, so this is not defined for it; attribution, words, edits and the heatmaps of MSA neurons are."
              .formatted(n));
    }
  }

  /** Row of W_fc1 or W_v (d). */
  float[] plain(Neuron n) {
    return tower.queryVector(n);
  }

  /** γ q − mean(γ q), to be divided by the standard deviation of a token (d). */
  double[] folded(Neuron n) {
    float[] w = plain(n);
    float[] gamma = tower.inputNormWeight(n.block(), n.layer()).toFloatArray();
    double[] q = new double[w.length];
    double mean = 0;
    for (int i = 0; i < q.length; i++) {
      q[i] = (double) gamma[i] * w[i];
      mean += q[i] / q.length;
    }
    for (int i = 0; i < q.length; i++) {
      q[i] -= mean;
    }
    return q;
  }

  /** √(var + ζ) of one row of (rows, d). */
  double std(float[] rows, int row) {
    int d = tower.config().width();
    double mean = 0;
    for (int i = 0; i < d; i++) {
      mean += rows[row * d + i] / (double) d;
    }
    double v = 0;
    for (int i = 0; i < d; i++) {
      v += (rows[row * d + i] - mean) * (rows[row * d + i] - mean) / d;
    }
    return Math.sqrt(v + tower.config().layerNormEps());
  }
}
