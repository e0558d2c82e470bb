package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import org.jspecify.annotations.Nullable;

/**
 * From pixels to the first residual stream: h[0] = LN_pre([class; patches] + positions). SigLIP has
 * no class token, and only CLIP has LN_pre.
 */
final class PatchEmbedding {
  private final ClipConfig config;
  private final NDArray weight; // (d, 3, p, p)
  private final @Nullable NDArray bias; // (d)
  private final @Nullable NDArray classToken; // (1, 1, d)
  private final NDArray positions; // (T, d)
  private final @Nullable Norm lnPre;

  PatchEmbedding(NDManager m, Checkpoint c, ClipConfig config) {
    this.config = config;
    int d = config.vision().width();
    int p = config.patchSize();
    String name = "vision_model.embeddings.";
    weight = c.tensor(m, name + "patch_embedding.weight", d, 3, p, p);
    bias = config.family().hasPatchBias() ? c.tensor(m, name + "patch_embedding.bias", d) : null;
    classToken =
        config.family().hasClassToken()
            ? c.tensor(m, name + "class_embedding", d).reshape(1, 1, d)
            : null;
    positions = Positions.read(m, c, config);
    lnPre =
        config.family().hasPreNorm()
            ? new Norm(
                c.tensor(m, "vision_model.pre_layrnorm.weight", d),
                c.tensor(m, "vision_model.pre_layrnorm.bias", d),
                (float) config.vision().layerNormEps())
            : null;
  }

  /**
   * @param pixels (B, 3, S, S)
   * @param scope owns the result
   * @return h[0], (B, T, d)
   */
  NDArray of(NDArray pixels, NDManager scope) {
    long b = pixels.getShape().get(0);
    long d = config.vision().width();
    int p = config.patchSize();
    NDArray map = Conv2d.conv2d(pixels, weight, null, new Shape(p, p)).singletonOrThrow();
    map.attach(scope);
    NDArray patches = map.reshape(b, d, -1).transpose(0, 2, 1);
    if (bias != null) {
      patches = patches.add(bias);
    }
    NDArray tokens = withClassToken(patches, scope).add(positions);
    return lnPre == null ? tokens : lnPre.of(tokens);
  }

  private NDArray withClassToken(NDArray patches, NDManager scope) {
    if (classToken == null) {
      return patches;
    }
    NDArray cls = classToken.broadcast(patches.getShape().get(0), 1, config.vision().width());
    cls.attach(scope);
    return cls.concat(patches, 1);
  }
}
