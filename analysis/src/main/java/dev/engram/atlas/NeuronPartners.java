package dev.engram.atlas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.model.EngineArrays;
import java.util.Arrays;
import java.util.List;

/** Finds for some neurons the most correlated one of another model, by products of sketches. */
final class NeuronPartners {
  /** Rows and columns of a product: 512 × 8,192 correlations are 16 MB. */
  private static final int ROWS = 512;

  private static final int COLUMNS = 8192;

  private NeuronPartners() {}

  /**
   * The most correlated neurons.
   *
   * @param others by neuron; −1 where it was not asked for, or no other is moved by any image
   * @param correlations with them
   */
  record Best(int[] others, double[] correlations) {
    int of(int neuron) {
      return others[neuron];
    }

    double correlation(int neuron) {
      return correlations[neuron];
    }
  }

  /**
   * @param sketches of all neurons of a model
   * @param asked which of them need a partner
   * @param others sketches of the other model, in which partners are looked for
   */
  static Best best(List<short[]> sketches, int[] asked, List<short[]> others, Progress progress) {
    int[] best = new int[sketches.size()];
    double[] correlations = new double[sketches.size()];
    Arrays.fill(best, -1);
    Arrays.fill(correlations, Double.NaN);
    if (asked.length == 0) {
      return new Best(best, correlations);
    }
    float[] largest = new float[asked.length];
    Arrays.fill(largest, Float.NEGATIVE_INFINITY);
    try (NDManager manager = EngineArrays.onCpu()) {
      for (int column = 0; column < others.size(); column += COLUMNS) {
        int end = Math.min(others.size(), column + COLUMNS);
        try (NDManager scope = manager.newSubManager()) {
          NDArray columns = unit(others, range(column, end), scope).transpose(); // (W, columns)
          columns.attach(scope);
          for (int row = 0; row < asked.length; row += ROWS) {
            progress.step(
                "comparing neurons",
                column * (long) asked.length + (long) row * (end - column),
                (long) asked.length * others.size());
            int last = Math.min(asked.length, row + ROWS);
            take(sketches, asked, row, last, columns, column, largest, best, scope);
          }
        }
      }
    }
    for (int neuron : asked) {
      if (best[neuron] >= 0) {
        correlations[neuron] = Sketches.correlation(sketches.get(neuron), others.get(best[neuron]));
        if (Double.isNaN(correlations[neuron])) { // all others are constant
          best[neuron] = -1;
        }
      }
    }
    return new Best(best, correlations);
  }

  private static void take(
      List<short[]> sketches,
      int[] asked,
      int from,
      int to,
      NDArray columns,
      int firstColumn,
      float[] largest,
      int[] best,
      NDManager owner) {
    try (NDManager scope = owner.newSubManager()) {
      NDArray rows = unit(sketches, Arrays.copyOfRange(asked, from, to), scope);
      NDList top = rows.matMul(columns).topK(1, 1);
      top.attach(scope);
      float[] values = top.get(0).toFloatArray();
      long[] places = top.get(1).toLongArray();
      for (int i = 0; i < values.length; i++) {
        if (values[i] > largest[from + i]) { // of equal ones the first block's
          largest[from + i] = values[i];
          best[asked[from + i]] = firstColumn + (int) places[i];
        }
      }
    }
  }

  private static int[] range(int from, int to) {
    return java.util.stream.IntStream.range(from, to).toArray();
  }

  /** Sketches of unit length, zeros of a constant neuron (n, W). */
  private static NDArray unit(List<short[]> sketches, int[] which, NDManager owner) {
    float[] rows = new float[which.length * Sketches.WIDTH];
    for (int i = 0; i < which.length; i++) {
      short[] sketch = sketches.get(which[i]);
      for (int k = 0; k < Sketches.WIDTH; k++) {
        rows[i * Sketches.WIDTH + k] = sketch[k] / (float) Sketches.UNIT;
      }
    }
    return owner.create(rows, new Shape(which.length, Sketches.WIDTH));
  }
}
