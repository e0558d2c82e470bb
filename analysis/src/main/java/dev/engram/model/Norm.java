package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.norm.LayerNorm;

/**
 * A layer norm (Eq. 9): γ (x − mean)/√(var + ζ) + β over the last dimension.
 *
 * @param weight γ (n)
 * @param bias β (n)
 * @param eps ζ
 */
record Norm(NDArray weight, NDArray bias, float eps) {
  NDArray of(NDArray x) {
    return LayerNorm.layerNorm(x, weight.getShape(), weight, bias, eps).singletonOrThrow();
  }
}
