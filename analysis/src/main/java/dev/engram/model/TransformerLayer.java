package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.LayerNorm;
import dev.engram.trace.Site;
import java.util.Map;
import java.util.function.Function;
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

  private final ClipConfig.Tower tower;
  private final int heads;
  private final ClipConfig.Activation activation;
  private final float eps;
  // Scalars are arrays of the model: mul(Number) wraps a Java buffer that may be collected while
  // autograd still needs it, which made gradients wrong now and then.
  private final NDArray attentionScale; // 1/√(d/H)
  private final NDArray quickGeluScale; // 1.702

  TransformerLayer(NDManager m, Checkpoint c, String name, ClipConfig.Tower tower) {
    this(
        tower,
        kind -> c.tensor(m, name + "." + kind.tensor(), kind.shape(tower)),
        m.create((float) (1 / Math.sqrt(tower.headWidth()))),
        m.create(1.702f));
  }

  private TransformerLayer(
      ClipConfig.Tower tower,
      Function<Weight.Kind, NDArray> weights,
      NDArray attentionScale,
      NDArray quickGeluScale) {
    this.tower = tower;
    lnAWeight = weights.apply(Weight.Kind.LN_A_WEIGHT);
    lnABias = weights.apply(Weight.Kind.LN_A_BIAS);
    wq = weights.apply(Weight.Kind.W_Q);
    bq = weights.apply(Weight.Kind.B_Q);
    wk = weights.apply(Weight.Kind.W_K);
    bk = weights.apply(Weight.Kind.B_K);
    wv = weights.apply(Weight.Kind.W_V);
    bv = weights.apply(Weight.Kind.B_V);
    wo = weights.apply(Weight.Kind.W_O);
    bo = weights.apply(Weight.Kind.B_O);
    lnFWeight = weights.apply(Weight.Kind.LN_F_WEIGHT);
    lnFBias = weights.apply(Weight.Kind.LN_F_BIAS);
    w1 = weights.apply(Weight.Kind.W_FC1);
    b1 = weights.apply(Weight.Kind.B_FC1);
    w2 = weights.apply(Weight.Kind.W_FC2);
    b2 = weights.apply(Weight.Kind.B_FC2);
    heads = tower.heads();
    activation = tower.activation();
    eps = (float) tower.layerNormEps();
    this.attentionScale = attentionScale;
    this.quickGeluScale = quickGeluScale;
  }

  /**
   * @return this layer with other arrays in the place of some of its weights; it shares the rest
   */
  TransformerLayer with(Map<Weight.Kind, NDArray> others) {
    return new TransformerLayer(
        tower,
        kind -> {
          NDArray other = others.get(kind);
          return other == null ? weight(kind) : other;
        },
        attentionScale,
        quickGeluScale);
  }

  /**
   * @return the layer's own array: do not close or change it
   */
  NDArray weight(Weight.Kind kind) {
    return switch (kind) {
      case LN_A_WEIGHT -> lnAWeight;
      case LN_A_BIAS -> lnABias;
      case W_Q -> wq;
      case B_Q -> bq;
      case W_K -> wk;
      case B_K -> bk;
      case W_V -> wv;
      case B_V -> bv;
      case W_O -> wo;
      case B_O -> bo;
      case LN_F_WEIGHT -> lnFWeight;
      case LN_F_BIAS -> lnFBias;
      case W_FC1 -> w1;
      case B_FC1 -> b1;
      case W_FC2 -> w2;
      case B_FC2 -> b2;
    };
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
    return ffn(msa(h, mask, firstTokenOnly, tap), tap);
  }

  /** The MSA block: h + A, the parameters as in {@link #forward}. */
  private NDArray msa(NDArray h, @Nullable NDArray mask, boolean firstTokenOnly, Tap tap) {
    NDArray x = layerNorm(h, lnAWeight, lnABias);
    NDArray q = heads(linear(firstTokenOnly ? first(x) : x, wq, bq).mul(attentionScale));
    NDArray k = heads(linear(x, wk, bk));
    NDArray v = heads(tap.at(Site.VALUE, linear(x, wv, bv)));
    NDArray scores = q.matMul(k.transpose(0, 1, 3, 2));
    NDArray alpha = tap.at(Site.ATTENTION, (mask == null ? scores : scores.add(mask)).softmax(-1));
    NDArray mA = tap.at(Site.M_A, sideBySide(alpha.matMul(v))); // Σ_p α v_p
    NDArray a = tap.at(Site.A, linear(mA, wo, bo));

    return tap.at(Site.MID, (firstTokenOnly ? first(h) : h).add(a));
  }

  /**
   * The FFN block.
   *
   * @param mid h + A, (B, T, d) or (B, 1, d)
   * @return h + A + F, of the same shape
   */
  NDArray ffn(NDArray mid, Tap tap) {
    NDArray pre = tap.at(Site.PRE, linear(layerNorm(mid, lnFWeight, lnFBias), w1, b1));
    NDArray mF = tap.at(Site.M_F, sigma(pre));
    NDArray f = tap.at(Site.F, linear(mF, w2, b2));
    return mid.add(f);
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
