package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.engram.trace.Site;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a transformer, the same in both towers: h + A + F (Eq. 1 to 3, with the layer norms
 * of Eq. 10). Every intermediate passes a {@link Tap}, which may read it or put another in its
 * place.
 */
public final class TransformerLayer {
  /** Reads, and may replace, the value at a site of the layer. */
  @FunctionalInterface
  interface Tap {
    /** Leaves everything as it is. */
    Tap NONE = (site, value) -> value;

    NDArray at(Site site, NDArray value);
  }

  final NDArray lnAWeight; // (d)
  final NDArray lnABias; // (d)
  final NDArray wq; // (d, d)
  final NDArray bq; // (d)
  final NDArray wk; // (d, d)
  final NDArray bk; // (d)
  final NDArray wv; // (d, d); row c is the query vector of MSA neuron c
  final NDArray bv; // (d)
  final NDArray wo; // (d, d); column c is the value vector of MSA neuron c
  final NDArray bo; // (d)
  final NDArray lnFWeight; // (d)
  final NDArray lnFBias; // (d)
  final NDArray w1; // (d_f, d); row k is the query vector of FFN neuron k
  final NDArray b1; // (d_f)
  final NDArray w2; // (d, d_f); column k is the value vector of FFN neuron k
  final NDArray b2; // (d)

  private final int heads;
  private final ClipConfig.Activation activation;
  private final float eps;
  // Scalars are arrays of the model: mul(Number) wraps a Java buffer that may be collected while
  // autograd still needs it, which made gradients wrong now and then.
  private final NDArray attentionScale; // 1/√(d/H)
  private final NDArray quickGeluScale; // 1.702

  TransformerLayer(NDManager m, Checkpoint c, String name, ClipConfig.Tower tower) {
    int d = tower.width();
    int df = tower.ffnWidth();
    lnAWeight = c.tensor(m, name + ".layer_norm1.weight", d);
    lnABias = c.tensor(m, name + ".layer_norm1.bias", d);
    wq = c.tensor(m, name + ".self_attn.q_proj.weight", d, d);
    bq = c.tensor(m, name + ".self_attn.q_proj.bias", d);
    wk = c.tensor(m, name + ".self_attn.k_proj.weight", d, d);
    bk = c.tensor(m, name + ".self_attn.k_proj.bias", d);
    wv = c.tensor(m, name + ".self_attn.v_proj.weight", d, d);
    bv = c.tensor(m, name + ".self_attn.v_proj.bias", d);
    wo = c.tensor(m, name + ".self_attn.out_proj.weight", d, d);
    bo = c.tensor(m, name + ".self_attn.out_proj.bias", d);
    lnFWeight = c.tensor(m, name + ".layer_norm2.weight", d);
    lnFBias = c.tensor(m, name + ".layer_norm2.bias", d);
    w1 = c.tensor(m, name + ".mlp.fc1.weight", df, d);
    b1 = c.tensor(m, name + ".mlp.fc1.bias", df);
    w2 = c.tensor(m, name + ".mlp.fc2.weight", d, df);
    b2 = c.tensor(m, name + ".mlp.fc2.bias", d);
    heads = tower.heads();
    activation = tower.activation();
    eps = (float) tower.layerNormEps();
    attentionScale = m.create((float) (1 / Math.sqrt(tower.headWidth())));
    quickGeluScale = m.create(1.702f);
  }

  /** A layer of the same kind whose every tensor is another. */
  private TransformerLayer(TransformerLayer from, UnaryOperator<NDArray> each) {
    lnAWeight = each.apply(from.lnAWeight);
    lnABias = each.apply(from.lnABias);
    wq = each.apply(from.wq);
    bq = each.apply(from.bq);
    wk = each.apply(from.wk);
    bk = each.apply(from.bk);
    wv = each.apply(from.wv);
    bv = each.apply(from.bv);
    wo = each.apply(from.wo);
    bo = each.apply(from.bo);
    lnFWeight = each.apply(from.lnFWeight);
    lnFBias = each.apply(from.lnFBias);
    w1 = each.apply(from.w1);
    b1 = each.apply(from.b1);
    w2 = each.apply(from.w2);
    b2 = each.apply(from.b2);
    heads = from.heads;
    activation = from.activation;
    eps = from.eps;
    attentionScale = from.attentionScale;
    quickGeluScale = from.quickGeluScale;
  }

  /**
   * The layer with every weight drawn anew, from a normal distribution with the mean and the
   * deviation of its tensor.
   *
   * @param m gets the new weights; must not outlive this layer
   */
  TransformerLayer randomised(NDManager m, Random random) {
    return new TransformerLayer(this, t -> drawn(t, m, random));
  }

  private static NDArray drawn(NDArray like, NDManager m, Random random) {
    float[] values;
    try (NDManager scope = m.newSubManager()) {
      NDArray copy = like.duplicate();
      copy.attach(scope); // to read a transposed array, DJL leaves another copy to its manager
      values = copy.toFloatArray();
    }
    double mean = 0;
    for (float x : values) {
      mean += x / (double) values.length;
    }
    double variance = 0;
    for (float x : values) {
      variance += (x - mean) * (x - mean) / values.length;
    }
    double deviation = Math.sqrt(variance);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return m.create(values, like.getShape());
  }

  /**
   * The forward pass of one layer.
   *
   * @param h the residual stream (B, T, d)
   * @param mask added to the attention scores, (T, T); null for none
   * @param firstTokenOnly compute the output for token 0 alone; it still attends to all
   * @param tap sees every intermediate
   * @return the residual stream behind the layer, (B, T, d), or (B, 1, d) for the first token
   */
  NDArray forward(NDArray h, @Nullable NDArray mask, boolean firstTokenOnly, Tap tap) {
    NDArray x = layerNorm(h, lnAWeight, lnABias);
    NDArray q = heads(linear(firstTokenOnly ? first(x) : x, wq, bq).mul(attentionScale));
    NDArray k = heads(linear(x, wk, bk));
    NDArray v = heads(tap.at(Site.VALUE, linear(x, wv, bv)));
    NDArray scores = q.matMul(k.transpose(0, 1, 3, 2));
    NDArray alpha = tap.at(Site.ATTENTION, (mask == null ? scores : scores.add(mask)).softmax(-1));
    NDArray mA = tap.at(Site.M_A, sideBySide(alpha.matMul(v))); // Σ_p α v_p
    NDArray a = tap.at(Site.A, linear(mA, wo, bo));

    NDArray mid = tap.at(Site.MID, (firstTokenOnly ? first(h) : h).add(a));
    NDArray pre = tap.at(Site.PRE, linear(layerNorm(mid, lnFWeight, lnFBias), w1, b1));
    NDArray mF = tap.at(Site.M_F, sigma(pre));
    NDArray f = tap.at(Site.F, linear(mF, w2, b2));
    return mid.add(f); // h + A + F
  }

  private NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta) {
    return LayerNorm.layerNorm(x, gamma.getShape(), gamma, beta, eps).singletonOrThrow();
  }

  private static NDArray linear(NDArray x, NDArray weight, NDArray bias) {
    return Linear.linear(x, weight, bias).singletonOrThrow();
  }

  private NDArray sigma(NDArray x) {
    return activation == ClipConfig.Activation.GELU
        ? x.getNDArrayInternal().gelu()
        : x.mul(Activation.sigmoid(x.mul(quickGeluScale)));
  }

  /** (B, T, d) → (B, H, T, d/H). */
  private NDArray heads(NDArray x) {
    Shape s = x.getShape();
    return x.reshape(s.get(0), s.get(1), heads, s.get(2) / heads).transpose(0, 2, 1, 3);
  }

  /** (B, H, T, d/H) → (B, T, d). */
  private static NDArray sideBySide(NDArray x) {
    Shape s = x.getShape();
    return x.transpose(0, 2, 1, 3).reshape(s.get(0), s.get(2), s.get(1) * s.get(3));
  }

  private static NDArray first(NDArray x) {
    return x.get(":, 0:1");
  }
}
