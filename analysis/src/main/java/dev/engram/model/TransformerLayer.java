package dev.engram.model;

import static dev.engram.model.Products.linear;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.trace.Site;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a transformer, the same in both towers: h + A + F (Eq. 1 to 3, with the layer norms
 * of Eq. 10). Every intermediate passes a {@link Tap}, which may read it or put another in its
 * place. What families add to the paper's layer has names of its own: {@link Rotation}, {@link Ffn}
 * and the inner norms.
 */
public final class TransformerLayer {
  /** Reads, and may replace, the value at a site of the layer. */
  @FunctionalInterface
  interface Tap {
    /** Leaves everything as it is. */
    Tap NONE = (site, value) -> value;

    NDArray at(Site site, NDArray value);
  }

  final NDArray wq; // (d, d)
  final NDArray bq; // (d)
  final NDArray wk; // (d, d)
  final NDArray bk; // (d)
  final NDArray wv; // (d, d); row c is the query vector of MSA neuron c
  final NDArray bv; // (d)
  final NDArray wo; // (d, d); column c is the value vector of MSA neuron c
  final NDArray bo; // (d)
  final NDArray w2; // (d, d_f); column k is the value vector of FFN neuron k
  final NDArray b2; // (d)
  private final Norm lnA; // before the MSA block
  private final @Nullable Norm lnO; // before W_o, if there are inner norms
  private final Norm lnF; // before the FFN block
  private final Ffn ffn;

  private final ClipConfig.Tower tower;
  private final Map<Weight.Kind, NDArray> weights;
  private final Parts parts;

  /**
   * What the layers of a tower share.
   *
   * @param attentionScale 1/√(d/H), an array for the reason that {@link Sigma} gives
   * @param sigma the activation
   * @param rotation of queries and keys
   * @param precision in which matrices are kept and multiplied
   */
  record Parts(NDArray attentionScale, Sigma sigma, Rotation rotation, Precision precision) {
    static Parts of(NDManager m, ClipConfig.Tower tower, Rotation rotation, Precision precision) {
      return new Parts(
          m.create((float) (1 / Math.sqrt(tower.headWidth()))),
          new Sigma(m, tower.activation()),
          rotation,
          precision);
    }
  }

  TransformerLayer(NDManager m, Checkpoint c, String name, ClipConfig.Tower tower, Parts parts) {
    this(tower, read(m, c, name, tower, parts.precision), parts);
  }

  private TransformerLayer(ClipConfig.Tower tower, Map<Weight.Kind, NDArray> weights, Parts parts) {
    this.tower = tower;
    this.weights = weights;
    this.parts = parts;
    wq = weight(Weight.Kind.W_Q);
    bq = weight(Weight.Kind.B_Q);
    wk = weight(Weight.Kind.W_K);
    bk = weight(Weight.Kind.B_K);
    wv = weight(Weight.Kind.W_V);
    bv = weight(Weight.Kind.B_V);
    wo = weight(Weight.Kind.W_O);
    bo = weight(Weight.Kind.B_O);
    w2 = weight(Weight.Kind.W_FC2);
    b2 = weight(Weight.Kind.B_FC2);
    lnA = norm(Weight.Kind.LN_A_WEIGHT, Weight.Kind.LN_A_BIAS);
    lnF = norm(Weight.Kind.LN_F_WEIGHT, Weight.Kind.LN_F_BIAS);
    boolean inner = tower.innerNorms();
    lnO = inner ? norm(Weight.Kind.LN_O_WEIGHT, Weight.Kind.LN_O_BIAS) : null;
    Norm lnFc2 = inner ? norm(Weight.Kind.LN_FC2_WEIGHT, Weight.Kind.LN_FC2_BIAS) : null;
    NDArray w1 = weight(Weight.Kind.W_FC1);
    NDArray b1 = weight(Weight.Kind.B_FC1);
    ffn =
        tower.gated()
            ? new Ffn.Gated(
                weight(Weight.Kind.W_GATE), weight(Weight.Kind.B_GATE), w1, b1, parts.sigma, lnFc2)
            : new Ffn.Plain(w1, b1, parts.sigma, lnFc2);
  }

  private static Map<Weight.Kind, NDArray> read(
      NDManager m, Checkpoint c, String name, ClipConfig.Tower tower, Precision precision) {
    Map<Weight.Kind, NDArray> read = new EnumMap<>(Weight.Kind.class);
    for (Weight.Kind kind : Weight.Kind.of(tower)) {
      long[] shape = kind.shape(tower);
      NDArray array = c.tensor(m, name + "." + kind.tensor(), shape);
      read.put(kind, shape.length == 2 ? precision.narrowed(array) : array);
    }
    return read;
  }

  private Norm norm(Weight.Kind gamma, Weight.Kind beta) {
    return new Norm(weight(gamma), weight(beta), (float) tower.layerNormEps());
  }

  /** This layer with other arrays in the place of some of its weights; it shares the rest. */
  TransformerLayer with(Map<Weight.Kind, NDArray> others) {
    Map<Weight.Kind, NDArray> all = new EnumMap<>(weights);
    all.putAll(others);
    return new TransformerLayer(tower, all, parts);
  }

  /** The layer's own array, as it is kept: do not close or change it. */
  NDArray weight(Weight.Kind kind) {
    NDArray array = weights.get(kind);
    if (array == null) {
      throw new EngramException("The layers of this model have no weight " + kind + ".");
    }
    return array;
  }

  /**
   * The forward pass of one layer.
   *
   * @param h the residual stream (B, T, d)
   * @param mask added to the attention scores, (T, T); null for none
   * @param firstTokenOnly compute the output for token 0 alone; it still attends to all
   * @param tap sees every intermediate
   * @return the residual stream after the layer, (B, T, d), or (B, 1, d) for the first token
   */
  NDArray forward(NDArray h, @Nullable NDArray mask, boolean firstTokenOnly, Tap tap) {
    return ffn(msa(h, mask, firstTokenOnly, tap), tap);
  }

  /** The MSA block: h + A, the parameters as in {@link #forward}. */
  private NDArray msa(NDArray h, @Nullable NDArray mask, boolean firstTokenOnly, Tap tap) {
    NDArray x = lnA.of(h);
    NDArray q = heads(linear(firstTokenOnly ? first(x) : x, wq, bq).mul(parts.attentionScale));
    NDArray k = heads(linear(x, wk, bk));
    NDArray v = heads(tap.at(Site.VALUE, linear(x, wv, bv)));
    NDArray turned = parts.rotation.turn(k).transpose(0, 1, 3, 2);
    NDArray scores = parts.rotation.turn(q).matMul(turned);
    NDArray alpha = tap.at(Site.ATTENTION, (mask == null ? scores : scores.add(mask)).softmax(-1));
    NDArray gathered = sideBySide(alpha.matMul(v)); // Σ_p α v_p
    NDArray mA = tap.at(Site.M_A, lnO == null ? gathered : lnO.of(gathered));
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
    NDArray mF = tap.at(Site.M_F, ffn.coefficients(lnF.of(mid), tap));
    NDArray f = tap.at(Site.F, linear(mF, w2, b2));
    return mid.add(f);
  }

  /** (B, T, d) → (B, H, T, d/H). */
  private NDArray heads(NDArray x) {
    Shape s = x.getShape();
    return x.reshape(s.get(0), s.get(1), tower.heads(), tower.headWidth()).transpose(0, 2, 1, 3);
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
