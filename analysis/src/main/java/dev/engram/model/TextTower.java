package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import dev.engram.Progress;
import dev.engram.model.TransformerLayer.Tap;
import dev.engram.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The text transformer of CLIP: causal attention, read at the end-of-text token, projected into the
 * space that images and texts share (M_text of Sec. 3.1). That of SigLIP has no mask: every text is
 * padded to the context length, all its places see each other, and the last one is read.
 */
public final class TextTower {
  private final NDManager manager;
  private final ClipConfig config;
  private final NDArray tokenEmbedding; // (V, d)
  private final NDArray positions; // (context, d)
  private final @Nullable NDArray causalMask; // (context, context), −∞ above the diagonal
  private final List<TransformerLayer> layers = new ArrayList<>();
  private final Norm lnFinal;
  private final NDArray projectionT; // (d, D)
  private final @Nullable NDArray projectionBias; // (D)
  private final int padId;

  /**
   * @param padId fills a text up to the context length, where texts are read at their last place
   */
  TextTower(NDManager m, Checkpoint c, ClipConfig config, int padId) {
    this.manager = m;
    this.config = config;
    this.padId = padId;
    int d = config.text().width();
    int n = config.contextLength();
    String name = "text_model";
    tokenEmbedding =
        c.tensor(m, name + ".embeddings.token_embedding.weight", config.vocabularySize(), d);
    positions = c.tensor(m, name + ".embeddings.position_embedding.weight", n, d);
    TransformerLayer.Parts parts =
        TransformerLayer.Parts.of(m, config.text(), Rotation.NONE, Precision.F32);
    for (int l = 0; l < config.text().layers(); l++) {
      layers.add(new TransformerLayer(m, c, name + ".encoder.layers." + l, config.text(), parts));
    }
    lnFinal =
        new Norm(
            c.tensor(m, name + ".final_layer_norm.weight", d),
            c.tensor(m, name + ".final_layer_norm.bias", d),
            (float) config.text().layerNormEps());
    Family family = config.family();
    String projection = family.textProjection();
    projectionT = c.tensor(m, projection + ".weight", config.projectionWidth(), d).transpose();
    projectionBias =
        family.hasTextProjectionBias()
            ? c.tensor(m, projection + ".bias", config.projectionWidth())
            : null;
    causalMask = family.hasCausalText() ? causalMask(m, n) : null;
  }

  private static NDArray causalMask(NDManager m, int n) {
    float[] mask = new float[n * n];
    for (int i = 0; i < n; i++) {
      java.util.Arrays.fill(mask, i * n + i + 1, (i + 1) * n, Float.NEGATIVE_INFINITY);
    }
    return m.create(mask, new Shape(n, n));
  }

  /**
   * The forward pass. Texts may have different lengths; each is read at its own end, and what pads
   * it after the end cannot be seen by it, or it is padded to the context length (SigLIP).
   *
   * @param ids token ids of B texts, start and end included
   * @return M_text, not normalised, (B, D)
   */
  public float[][] forward(List<int[]> ids) {
    int b = ids.size();
    int t =
        causalMask == null
            ? config.contextLength()
            : ids.stream().mapToInt(a -> a.length).max().orElse(0);
    int[] padded = new int[b * t];
    java.util.Arrays.fill(padded, padId);
    long[] ends = new long[b]; // index of the pooled token in the flattened batch
    for (int i = 0; i < b; i++) {
      int[] a = ids.get(i);
      System.arraycopy(a, 0, padded, i * t, a.length);
      ends[i] = (long) i * t + (causalMask == null ? t - 1 : end(a));
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray tokens =
          scope.create(padded, new Shape(b, t)).toType(ai.djl.ndarray.types.DataType.INT64, false);
      NDArray h =
          tokens
              .getNDArrayInternal()
              .embedding(tokens, tokenEmbedding, SparseFormat.DENSE)
              .singletonOrThrow();
      h.attach(scope);
      NDArray where = positions.get("0:" + t);
      where.attach(scope);
      h = h.add(where);
      NDArray mask = causalMask == null ? null : causalMask.get("0:" + t + ", 0:" + t);
      if (mask != null) {
        mask.attach(scope);
      }
      for (TransformerLayer layer : layers) {
        Progress.checkInterrupt();
        try (NDManager layerScope = scope.newSubManager()) {
          h.attach(layerScope);
          h = layer.forward(h, mask, false, Tap.NONE);
          h.attach(scope);
        }
      }
      NDArray last =
          h.reshape(-1, config.text().width()).get(new NDIndex("{}", scope.create(ends)));
      NDArray z = lnFinal.of(last).matMul(projectionT);
      if (projectionBias != null) {
        z = z.add(projectionBias);
      }
      return Trace.rows(z);
    }
  }

  /** The first end-of-text token, or, as in OpenAI's code, the largest id. */
  private int end(int[] ids) {
    int best = 0;
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] == config.endOfTextId()) {
        return i;
      }
      if (ids[i] > ids[best]) {
        best = i;
      }
    }
    return best;
  }
}
