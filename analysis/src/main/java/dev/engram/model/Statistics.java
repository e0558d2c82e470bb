package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** What the heads of the families have in common about LN_post. */
final class Statistics {
  private Statistics() {}

  /**
   * √(var + ζ) of each token.
   *
   * @param h (B, T, d); owns the result
   * @return (B, T)
   */
  static NDArray std(NDArray h, float eps) {
    NDArray centred = h.sub(h.mean(new int[] {2}, true));
    return centred.square().mean(new int[] {2}).add(eps).sqrt();
  }

  /**
   * P diag(γ)(I − 11ᵀ/d), so that it takes v to P(γ (v − mean v)).
   *
   * @param projection P (D, d)
   * @param gamma γ (d)
   * @param scope owns the result
   * @return (D, d)
   */
  static NDArray centred(NDArray projection, NDArray gamma, NDManager scope) {
    NDArray g = projection.duplicate();
    g.attach(scope);
    g = g.mul(gamma);
    return g.sub(g.mean(new int[] {1}, true));
  }
}
