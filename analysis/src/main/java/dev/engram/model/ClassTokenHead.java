package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** The head of CLIP and EVA-CLIP: z = P LN_post(h[L][0]) + b (Eq. 8; b = 0 in CLIP). */
final class ClassTokenHead implements Head {
  private final Norm lnPost;
  private final NDArray projection; // P, (D, d)
  private final NDArray projectionT; // Pᵀ, (d, D)
  private final NDArray bias; // b, (D)
  private final boolean hasBias;

  ClassTokenHead(NDManager m, Checkpoint c, ClipConfig config) {
    int d = config.vision().width();
    lnPost =
        new Norm(
            c.tensor(m, "vision_model.post_layernorm.weight", d),
            c.tensor(m, "vision_model.post_layernorm.bias", d),
            (float) config.vision().layerNormEps());
    boolean projects = config.hasText() || c.has("visual_projection.weight");
    projection =
        projects
            ? c.tensor(m, "visual_projection.weight", config.projectionWidth(), d)
            : m.eye(d); // an image tower without one: z = LN_post(h[L][0])
    projectionT = projection.transpose();
    hasBias = config.family().hasProjectionBias();
    bias =
        hasBias
            ? c.tensor(m, "visual_projection.bias", config.projectionWidth())
            : m.zeros(new Shape(config.projectionWidth()));
  }

  @Override
  public Result read(NDArray h) {
    NDArray pooled = lnPost.of(h.get(":, 0"));
    NDArray z = pooled.matMul(projectionT);
    return new Result(pooled, hasBias ? z.add(bias) : z);
  }

  @Override
  public NDArray attention(NDArray h) {
    Shape s = h.getShape();
    NDArray all = h.getManager().zeros(new Shape(s.get(0), 1, s.get(1)));
    all.set(new ai.djl.ndarray.index.NDIndex(":, :, 0"), 1f);
    return all;
  }

  @Override
  public NDArray shares(NDArray h) {
    return attention(h).div(Statistics.std(h, lnPost.eps()).expandDims(1));
  }

  @Override
  public int ways() {
    return 1;
  }

  @Override
  public NDArray map(int way, NDManager scope) {
    return Statistics.centred(projection, lnPost.weight(), scope);
  }

  @Override
  public float[] constant() {
    try (NDManager scope = projection.getManager().newSubManager()) {
      NDArray beta = lnPost.bias().reshape(1, -1);
      beta.attach(scope);
      return beta.matMul(projectionT).add(bias).toFloatArray();
    }
  }

  @Override
  public float[][][] ownNeurons(NDArray h) {
    return new float[(int) h.getShape().get(0)][0][];
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
    return bias;
  }
}
