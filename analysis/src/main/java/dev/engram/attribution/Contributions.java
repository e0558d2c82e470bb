package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.model.Clip;
import dev.engram.model.Head;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The embedding of an image as an exact sum (the additive form of Eq. 8 and 9): one vector for each
 * neuron, the biases, the initial embedding and P β. C(v) = P(γ (v − mean v))/s with the statistics
 * s of the last residual stream, so the parts sum to z = M_image.
 *
 * <p>With an attention pool (SigLIP) a neuron counts at every token: its part is Σ_j Σ_p s_jp G_j
 * m_p w, with the attention and the statistics of the image kept as they are ({@link Head}); the
 * pool's own FFN adds parts of its own, {@link #head()}.
 */
public final class Contributions implements AutoCloseable {
  private final VisionTower tower;
  private final NDManager manager;
  private final Trace trace;
  private final int image;
  private final int width;
  private final NDArray last; // h[L] of the image (1, T, d), or of its class token (1, 1, d)
  private final NDArray shares; // s_jp, (J, T)
  private final List<NDArray> maps = new ArrayList<>(); // G_jᵀ, (d, D)

  /**
   * @param clip the model
   * @param trace made with {@link #request} or more; must outlive this
   * @param image index in the batch
   */
  public Contributions(Clip clip, Trace trace, int image) {
    this.tower = clip.vision();
    this.trace = trace;
    this.image = image;
    this.width = clip.config().vision().width();
    manager = clip.manager().newSubManager();
    last = tokens(Site.H, trace.layers(), manager).expandDims(0);
    shares = tower.head().shares(last).squeeze(0);
    for (int j = 0; j < tower.head().ways(); j++) {
      maps.add(tower.head().map(j, manager).transpose());
    }
  }

  /** What a trace must keep: the class token, or all tokens where there is none. */
  public static TraceRequest request(Clip clip) {
    TraceRequest classToken = TraceRequest.classToken();
    if (clip.config().family().hasClassToken()) {
      return classToken;
    }
    TraceRequest all = TraceRequest.none();
    for (Site site : classToken.sites().keySet()) {
      all = all.with(site, Tokens.ALL);
    }
    return all;
  }

  /** The image's part of what the trace keeps, one row a token: (T, n), or (1, n). */
  private NDArray tokens(Site site, int layer, NDManager owner) {
    NDArray one = trace.get(site, layer).get(image).duplicate();
    one.attach(owner);
    return one.getShape().dimension() == 1 ? one.expandDims(0) : one;
  }

  /**
   * Contributions C(m_c w_c) of every neuron c of a block, (n, D); 0 for those that the model
   * suppresses.
   */
  public float[][] neurons(Neuron.Block block, int layer) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray read = shares.matMul(tokens(Site.coefficients(block), layer, scope)); // (J, n)
      read.attach(scope);
      NDArray values = tower.values(block, layer, scope).transpose(); // (n, d)
      values.attach(scope);
      NDArray sum = null;
      for (int j = 0; j < maps.size(); j++) {
        NDArray part = values.mul(read.get(j).reshape(-1, 1)).matMul(maps.get(j));
        sum = sum == null ? part : sum.add(part);
      }
      float[][] rows = rows(Objects.requireNonNull(sum));
      for (Neuron n : tower.suppressed()) {
        if (n.block() == block && n.layer() == layer) {
          java.util.Arrays.fill(rows[n.column(tower.config().headWidth())], 0);
        }
      }
      return rows;
    }
  }

  /**
   * What the attention heads of a layer write, without the block's bias.
   *
   * @param layer from 0
   * @return for each head the sum of its neurons' parts (H, D)
   */
  public float[][] heads(int layer) {
    int headWidth = tower.config().headWidth();
    return sums(Neuron.Block.MSA, layer, width / headWidth);
  }

  /**
   * What an FFN block writes, without its bias.
   *
   * @param layer from 0
   * @return the sum of its neurons' parts (D)
   */
  public float[] ffn(int layer) {
    return sums(Neuron.Block.FFN, layer, 1)[0];
  }

  /** The parts of a block's neurons, summed up in so many groups of neighbours (groups, D). */
  private float[][] sums(Neuron.Block block, int layer, int groups) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray read = shares.matMul(tokens(Site.coefficients(block), layer, scope)); // (J, n)
      read.attach(scope);
      read = read.mul(unsuppressed(block, layer, (int) read.getShape().get(1), scope));
      NDArray values = tower.values(block, layer, scope).transpose(); // (n, d)
      values.attach(scope);
      NDArray sum = null;
      for (int j = 0; j < maps.size(); j++) {
        NDArray written =
            values
                .mul(read.get(j).reshape(-1, 1))
                .reshape(groups, -1, width)
                .sum(new int[] {1}); // (groups, d)
        NDArray part = written.matMul(maps.get(j));
        sum = sum == null ? part : sum.add(part);
      }
      return rows(Objects.requireNonNull(sum));
    }
  }

  /** 0 for the neurons that the model suppresses, else 1 (n). */
  private NDArray unsuppressed(Neuron.Block block, int layer, int count, NDManager scope) {
    float[] mask = new float[count];
    java.util.Arrays.fill(mask, 1);
    for (Neuron n : tower.suppressed()) {
      if (n.block() == block && n.layer() == layer) {
        mask[n.column(tower.config().headWidth())] = 0;
      }
    }
    return scope.create(mask);
  }

  /**
   * The part of each neuron of the head's own FFN (n, D): of a SigLIP, which has one; n is 0 for
   * the other families.
   */
  public float[][] head() {
    try (NDManager scope = manager.newSubManager()) {
      NDArray h = last.duplicate();
      h.attach(scope);
      return tower.head().ownNeurons(h)[0];
    }
  }

  /** C of the block's output bias, b_2 or b_o (D). */
  public float[] bias(Neuron.Block block, int layer) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray bias = tower.outputBias(block, layer).duplicate();
      bias.attach(scope);
      int tokens = (int) shares.getShape().get(1);
      return of(bias.reshape(1, width).repeat(0, tokens));
    }
  }

  /** C of the class token's initial embedding h[0][0], or of those of all tokens (D). */
  public float[] initial() {
    try (NDManager scope = manager.newSubManager()) {
      return of(tokens(Site.H, 0, scope));
    }
  }

  /**
   * P β of LN_post, with what else does not depend on the image: a bias after P, the biases of an
   * attention pool (D).
   */
  public float[] beta() {
    return tower.head().constant();
  }

  /** Σ_j Σ_p s_jp G_j v_p of vectors v (T, d). */
  private float[] of(NDArray v) {
    NDArray sum = null;
    for (int j = 0; j < maps.size(); j++) {
      NDArray weights = shares.get(j).reshape(-1, 1);
      weights.attach(v.getManager());
      NDArray part = v.mul(weights).sum(new int[] {0}, true).matMul(maps.get(j));
      sum = sum == null ? part : sum.add(part);
    }
    return Objects.requireNonNull(sum).toFloatArray();
  }

  private static float[][] rows(NDArray a) {
    int n = (int) a.getShape().get(0);
    int d = (int) a.getShape().get(1);
    float[] flat = a.toFloatArray();
    float[][] out = new float[n][];
    for (int i = 0; i < n; i++) {
      out[i] = java.util.Arrays.copyOfRange(flat, i * d, (i + 1) * d);
    }
    return out;
  }

  @Override
  public void close() {
    manager.close();
  }
}
