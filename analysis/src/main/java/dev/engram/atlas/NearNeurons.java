package dev.engram.atlas;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;

/**
 * The neurons whose value vectors point most nearly the same way in the residual stream, for all
 * neurons of a block: products of blocks, of which the largest are taken where they are computed.
 */
final class NearNeurons {
  /** How many a neuron keeps. */
  static final int COUNT = 10;

  /** Rows of a product: 512 × 4,096 cosines are 8 MB. */
  private static final int ROWS = 512;

  private final Clip clip;
  private final NeuronSpace space;

  NearNeurons(Clip clip) {
    this.clip = clip;
    this.space = clip.config().vision().space();
  }

  /** The nearest neurons of each neuron of the block, by its column; values are cosines. */
  TopLists of(Neuron.Block block, int layer) {
    int n = space.size(block);
    TopLists lists = TopLists.of(n, COUNT);
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray own = unit(block, layer, scope).transpose(); // (n, d)
      own.attach(scope);
      for (int l = 0; l < space.layers(); l++) {
        for (Neuron.Block other : Neuron.Block.values()) {
          try (NDManager pair = scope.newSubManager()) {
            NDArray all = unit(other, l, pair); // (d, m)
            for (int from = 0; from < n; from += ROWS) {
              Progress.checkInterrupt();
              add(
                  lists,
                  own,
                  from,
                  Math.min(n, from + ROWS),
                  all,
                  space.offset(other, l),
                  space.offset(block, layer),
                  pair);
            }
          }
        }
      }
    }
    return lists;
  }

  private static void add(
      TopLists lists,
      NDArray own,
      int from,
      int to,
      NDArray all,
      int offset,
      int ownOffset,
      NDManager owner) {
    try (NDManager scope = owner.newSubManager()) {
      NDArray rows = own.get(new NDIndex(from + ":" + to));
      rows.attach(scope);
      NDArray cosines = rows.matMul(all); // (rows, m)
      // one more than are kept: a neuron is its own nearest
      int k = (int) Math.min(COUNT + 1, all.getShape().get(1));
      NDList top = cosines.topK(k, 1);
      top.attach(scope);
      float[] values = top.get(0).toFloatArray();
      long[] columns = top.get(1).toLongArray();
      for (int i = 0; i < values.length; i++) {
        int neuron = from + i / k;
        int found = offset + (int) columns[i];
        if (found != ownOffset + neuron) {
          lists.add(neuron, values[i], found);
        }
      }
    }
  }

  /** Value vectors of unit length; one of length 0 stays 0. (d, n) */
  private NDArray unit(Neuron.Block block, int layer, NDManager owner) {
    try (NDManager scope = owner.newSubManager()) {
      NDArray w = clip.vision().values(block, layer, scope).duplicate();
      w.attach(scope);
      NDArray lengths = w.square().sum(new int[] {0}, true).sqrt().maximum(1e-20f);
      NDArray out = w.div(lengths);
      out.attach(owner);
      return out;
    }
  }
}
