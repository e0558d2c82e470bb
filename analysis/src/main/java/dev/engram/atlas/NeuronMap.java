package dev.engram.atlas;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.engram.Progress;
import dev.engram.atlas.TopEigenvectors.Pairs;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;

/**
 * All neurons of a model in two dimensions: the first two principal components of their value
 * vectors in the residual stream, each of length 1 and the mean of all taken away. By their
 * directions, since that is what a neuron says and what {@code near} of an atlas compares; lengths
 * differ between layers so much that they alone would be the map. A value vector of length 0 stays
 * 0. Of a component and its opposite, which are equally right, the one is taken whose largest entry
 * is positive.
 *
 * @param x along the first component, by the position of a neuron in {@link NeuronSpace}
 * @param y along the second one
 * @param shares of the variance that the two components have
 */
public record NeuronMap(double[] x, double[] y, double[] shares) {
  private static final int DIMENSIONS = 2;

  /**
   * Computes it, in float64 on the CPU: about n·d² operations for n neurons.
   *
   * @param clip whose value vectors (d)
   */
  public static NeuronMap of(Clip clip, Progress progress) {
    NeuronSpace space = clip.config().vision().space();
    int d = space.width();
    double[] mean = new double[d];
    double[] moments = new double[d * d];
    each(
        clip,
        progress,
        "mapping neurons",
        (unit, offset) -> {
          add(mean, unit.sum(new int[] {1}));
          add(moments, unit.matMul(unit.transpose()));
        });
    double trace = 0;
    for (int i = 0; i < d; i++) {
      mean[i] /= space.count();
    }
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        moments[i * d + j] = moments[i * d + j] / space.count() - mean[i] * mean[j];
      }
      trace += moments[i * d + i];
    }
    Pairs top = TopEigenvectors.of(moments, d, Math.min(DIMENSIONS, d));
    double[][] at = new double[DIMENSIONS][space.count()];
    double[] shares = new double[DIMENSIONS];
    for (int k = 0; k < top.values().length; k++) {
      shares[k] = trace > 0 ? Math.max(0, top.values()[k]) / trace : 0;
    }
    each(
        clip,
        progress,
        "placing neurons",
        (unit, offset) -> {
          for (int k = 0; k < top.vectors().length; k++) {
            double[] v = top.vectors()[k];
            double zero = 0;
            for (int i = 0; i < d; i++) {
              zero += v[i] * mean[i];
            }
            double[] on = unit.getManager().create(v).matMul(unit).toDoubleArray();
            for (int c = 0; c < on.length; c++) {
              at[k][offset + c] = on[c] - zero;
            }
          }
        });
    return new NeuronMap(at[0], at[1], shares);
  }

  /** What is done with the vectors of a block: (d, n) in float64, and where its neurons begin. */
  private interface Blocks {
    void take(NDArray unit, int offset);
  }

  private static void each(Clip clip, Progress progress, String what, Blocks sink) {
    NeuronSpace space = clip.config().vision().space();
    for (int l = 0; l < space.layers(); l++) {
      progress.step(what, l, space.layers());
      for (Neuron.Block block : Neuron.Block.values()) {
        Progress.checkInterrupt();
        try (NDManager scope = clip.manager().newSubManager();
            NDManager cpu = clip.manager().newSubManager(Device.cpu())) {
          NDArray values = clip.vision().values(block, l, scope);
          NDArray w =
              cpu.create(values.toFloatArray(), values.getShape()).toType(DataType.FLOAT64, false);
          NDArray lengths = w.square().sum(new int[] {0}, true).sqrt().maximum(1e-20);
          sink.take(w.div(lengths), space.offset(block, l));
        }
      }
    }
    progress.step(what, space.layers(), space.layers());
  }

  private static void add(double[] sum, NDArray part) {
    double[] values = part.toDoubleArray();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }
}
