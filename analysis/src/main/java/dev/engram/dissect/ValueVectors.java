package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.Vectors;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Compares the value vectors of all neurons with one vector: with another neuron's in the residual
 * stream, or with a text in the shared space. One product for each block; lengths are computed once
 * for a model and kept, two numbers a neuron.
 */
public final class ValueVectors {
  private final Clip clip;
  private final VisionTower tower;
  private final NeuronSpace space;
  private double @Nullable [] residualLengths;
  private double @Nullable [] sharedLengths;

  /**
   * A neuron beside another.
   *
   * @param neuron which
   * @param cosine of the two value vectors
   */
  public record Near(Neuron neuron, double cosine) {}

  /**
   * @param clip the model; must outlive this
   */
  public ValueVectors(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.space = clip.config().vision().space();
  }

  /**
   * The neurons whose value vectors point most nearly the same way in the residual stream, the
   * nearest first, without the neuron itself.
   */
  public List<Near> nearest(Neuron neuron, int count) {
    double[] cosines = cosines(neuron);
    int self = space.index(neuron);
    return IntStream.range(0, cosines.length)
        .filter(i -> i != self)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -cosines[i]))
        .limit(count)
        .map(i -> new Near(space.neuron(i), cosines[i]))
        .toList();
  }

  /**
   * The neurons whose value vectors point most nearly the same way as a vector, the nearest first.
   *
   * @param vector of the residual stream, as a feature's value vector (d)
   * @return none for a vector of length 0
   */
  public List<Near> nearest(float[] vector, int count) {
    double length = Math.sqrt(Vectors.squares(vector, 0, vector.length));
    if (length == 0) {
      return List.of();
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray row = scope.create(vector, new Shape(1, vector.length));
      double[] cosines = cosines(row, length, residualLengths());
      return IntStream.range(0, cosines.length)
          .boxed()
          .sorted(Comparator.comparingDouble(i -> -cosines[i]))
          .limit(count)
          .map(i -> new Near(space.neuron(i), cosines[i]))
          .toList();
    }
  }

  /**
   * cos(w, w_k) with every value vector w_k, in the residual stream, in the order of {@link
   * NeuronSpace}; 0 for one of length 0.
   */
  public double[] cosines(Neuron neuron) {
    try (NDManager scope = clip.manager().newSubManager()) {
      float[] w = tower.valueVector(neuron);
      double[] lengths = residualLengths();
      return cosines(
          scope.create(w, new Shape(1, w.length)), lengths[space.index(neuron)], lengths);
    }
  }

  /**
   * How near each neuron is to saying a text: its value vector with the linear part of LN_post,
   * projected (A.1), as {@link ValueReading#LINEAR}.
   *
   * @param text M_text, of any length but 0 (D)
   * @return cos(P(γ (w − mean w)), t) of every neuron, in the order of {@link NeuronSpace}; 0 for a
   *     value vector of length 0
   */
  public double[] cosines(float[] text) {
    double square = 0;
    for (float x : text) {
      square += (double) x * x;
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray t = scope.create(text, new Shape(1, text.length));
      return cosines(t.matMul(centred(scope)), Math.sqrt(square), sharedLengths());
    }
  }

  /** row · w_k / (length · length_k) for every neuron; row (1, d). */
  private double[] cosines(NDArray row, double length, double[] lengths) {
    double[] out = new double[space.count()];
    for (int l = 0; l < space.layers(); l++) {
      for (Neuron.Block block : Neuron.Block.values()) {
        try (NDManager scope = clip.manager().newSubManager();
            NDArray dots = row.matMul(tower.values(block, l, scope))) {
          float[] dot = dots.toFloatArray();
          int offset = space.offset(block, l);
          for (int k = 0; k < dot.length; k++) {
            double lengthK = lengths[offset + k];
            out[offset + k] = lengthK == 0 ? 0 : dot[k] / (length * lengthK);
          }
        }
      }
    }
    return out;
  }

  /**
   * The lengths of a block's value vectors in the residual stream.
   *
   * @param layer from 0
   * @return ‖w_k‖ of every neuron of the block, by its column
   */
  public double[] lengths(Neuron.Block block, int layer) {
    int offset = space.offset(block, layer);
    return Arrays.copyOfRange(residualLengths(), offset, offset + space.size(block));
  }

  private synchronized double[] residualLengths() {
    if (residualLengths == null) {
      residualLengths = lengths(null);
    }
    return residualLengths;
  }

  private synchronized double[] sharedLengths() {
    if (sharedLengths == null) {
      try (NDManager scope = clip.manager().newSubManager()) {
        sharedLengths = lengths(centred(scope));
      }
    }
    return sharedLengths;
  }

  /** ‖w_k‖ of every neuron, or ‖G w_k‖. */
  private double[] lengths(@Nullable NDArray g) {
    double[] out = new double[space.count()];
    for (int l = 0; l < space.layers(); l++) {
      Progress.checkInterrupt();
      for (Neuron.Block block : Neuron.Block.values()) {
        try (NDManager scope = clip.manager().newSubManager()) {
          NDArray w = tower.values(block, l, scope);
          NDArray vectors = g == null ? w.duplicate() : g.matMul(w); // (d or D, n)
          vectors.attach(scope);
          float[] squares = vectors.square().sum(new int[] {0}).toFloatArray();
          int offset = space.offset(block, l);
          for (int k = 0; k < squares.length; k++) {
            out[offset + k] = Math.sqrt(squares[k]);
          }
        }
      }
    }
    return out;
  }

  /**
   * P diag(γ)(I − 11ᵀ/d), which takes a value vector to the shared space but for its std (D, d).
   */
  private NDArray centred(NDManager scope) {
    NDArray g = tower.projection().duplicate();
    g.attach(scope);
    g = g.mul(tower.postNormWeight());
    return g.sub(g.mean(new int[] {1}, true));
  }
}
