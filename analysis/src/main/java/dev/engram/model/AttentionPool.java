package dev.engram.model;

import static dev.engram.model.Products.linear;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.TransformerLayer.Tap;

/**
 * The head of SigLIP: a learned query attends to all tokens, y_p = LN_post(h[L][p]), each head j
 * with its own attention β_j; a = Σ_j W_o,j Σ_p β_jp (W_v,j y_p + b_v,j) + b_o, and z = a + FFN(LN
 * a). a is linear in the stream once β and the statistics are given; the FFN is a block of its own,
 * whose neurons add to z directly.
 */
final class AttentionPool implements Head {
  private final int heads;
  private final Norm lnPost;
  private final NDArray query; // (W_q probe + b_q)/√(d/H), (1, H, d/H, 1)
  private final NDArray wk; // (d, d)
  private final NDArray bk; // (d)
  private final NDArray wv; // (d, d)
  private final NDArray bv; // (d)
  private final NDArray wo; // (d, d)
  private final NDArray bo; // (d)
  private final Norm lnOwn;
  private final Ffn ffn;
  private final NDArray w2; // (d, d_f)
  private final NDArray b2; // (d)
  private final NDArray projection; // W_o W_v, (d, d)
  private final NDArray projectionBias; // W_o b_v + b_o, (d)

  AttentionPool(NDManager m, Checkpoint c, ClipConfig config) {
    ClipConfig.Tower v = config.vision();
    int d = v.width();
    int df = v.ffnWidth();
    float eps = (float) v.layerNormEps();
    heads = v.heads();
    lnPost =
        new Norm(
            c.tensor(m, "vision_model.post_layernorm.weight", d),
            c.tensor(m, "vision_model.post_layernorm.bias", d),
            eps);
    String name = "vision_model.head.";
    NDArray in = c.tensor(m, name + "attention.in_proj_weight", 3L * d, d);
    NDArray inBias = c.tensor(m, name + "attention.in_proj_bias", 3L * d);
    wk = in.get(d + ":" + 2 * d).duplicate();
    bk = inBias.get(d + ":" + 2 * d).duplicate();
    wv = in.get(2 * d + ":").duplicate();
    bv = inBias.get(2 * d + ":").duplicate();
    wo = c.tensor(m, name + "attention.out_proj.weight", d, d);
    bo = c.tensor(m, name + "attention.out_proj.bias", d);
    lnOwn =
        new Norm(
            c.tensor(m, name + "layernorm.weight", d),
            c.tensor(m, name + "layernorm.bias", d),
            eps);
    ffn =
        new Ffn.Plain(
            c.tensor(m, name + "mlp.fc1.weight", df, d),
            c.tensor(m, name + "mlp.fc1.bias", df),
            new Sigma(m, v.activation()),
            null);
    w2 = c.tensor(m, name + "mlp.fc2.weight", d, df);
    b2 = c.tensor(m, name + "mlp.fc2.bias", d);
    try (NDManager scope = m.newSubManager()) {
      NDArray probe = c.tensor(scope, name + "probe", 1, 1, d).reshape(1, d);
      NDArray q = linear(probe, in.get("0:" + d), inBias.get("0:" + d));
      query = q.div((float) Math.sqrt(v.headWidth())).reshape(1, heads, v.headWidth(), 1);
      query.attach(m);
      NDArray own = wo.duplicate();
      own.attach(scope);
      projection = own.matMul(wv);
      projection.attach(m);
      projectionBias = own.matMul(bv.reshape(-1, 1)).reshape(d).add(bo);
      projectionBias.attach(m);
    }
  }

  /** (B, T, d) → (B, H, T, d/H). */
  private NDArray heads(NDArray x) {
    Shape s = x.getShape();
    return x.reshape(s.get(0), s.get(1), heads, s.get(2) / heads).transpose(0, 2, 1, 3);
  }

  /** β, (B, H, 1, T). */
  private NDArray beta(NDArray y) {
    NDArray k = heads(linear(y, wk, bk));
    return k.matMul(query).transpose(0, 1, 3, 2).softmax(-1);
  }

  /** a, what the pool gives before its FFN (B, d). */
  private NDArray pool(NDArray h) {
    NDArray y = lnPost.of(h);
    NDArray v = heads(linear(y, wv, bv));
    NDArray gathered = beta(y).matMul(v); // (B, H, 1, d/H)
    return linear(gathered.reshape(h.getShape().get(0), -1), wo, bo);
  }

  @Override
  public Result read(NDArray h) {
    NDArray a = pool(h);
    NDArray m = ffn.coefficients(lnOwn.of(a), Tap.NONE);
    return new Result(a, a.add(linear(m, w2, b2)));
  }

  @Override
  public NDArray attention(NDArray h) {
    return beta(lnPost.of(h)).squeeze(2);
  }

  @Override
  public NDArray shares(NDArray h) {
    return attention(h).div(Statistics.std(h, lnPost.eps()).expandDims(1));
  }

  @Override
  public int ways() {
    return heads;
  }

  @Override
  public NDArray map(int way, NDManager scope) {
    long width = wo.getShape().get(0) / heads;
    String part = way * width + ":" + (way + 1) * width;
    NDArray out = wo.get(":, " + part); // W_o,j (d, d/H)
    out.attach(scope);
    NDArray in = wv.get(part); // W_v,j (d/H, d)
    in.attach(scope);
    return Statistics.centred(out.matMul(in), lnPost.weight(), scope);
  }

  @Override
  public float[] constant() {
    try (NDManager scope = wo.getManager().newSubManager()) {
      NDArray beta = lnPost.bias().reshape(-1, 1);
      beta.attach(scope);
      NDArray pT = projection.transpose();
      pT.attach(scope);
      return beta.reshape(1, -1).matMul(pT).add(projectionBias).add(b2).toFloatArray();
    }
  }

  @Override
  public float[][][] ownNeurons(NDArray h) {
    float[] m = ffn.coefficients(lnOwn.of(pool(h)), Tap.NONE).toFloatArray(); // (B, d_f)
    float[] values = w2.toFloatArray(); // (d, d_f)
    int images = (int) h.getShape().get(0);
    int n = m.length / images;
    int d = values.length / n;
    float[][][] out = new float[images][n][d];
    for (int b = 0; b < images; b++) {
      for (int k = 0; k < n; k++) {
        for (int i = 0; i < d; i++) {
          out[b][k][i] = m[b * n + k] * values[i * n + k];
        }
      }
    }
    return out;
  }

  @Override
  public NDArray postNormWeight() {
    return lnPost.weight();
  }

  @Override
  public NDArray postNormBias() {
    return lnPost.bias();
  }

  @Override
  public NDArray projection() {
    return projection;
  }

  @Override
  public NDArray projectionBias() {
    return projectionBias;
  }
}
