package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/**
 * From the last residual stream to the embedding. With the statistics of an image's layer norms,
 * and the attention of the head where it has one, kept as they are, the embedding is linear in the
 * stream: z = Σ_j Σ_p s_jp G_j h_p + c + Σ_k m_k w_k, which is what {@link
 * dev.engram.attribution.Contributions} splits. j counts the ways in which the head reads a token
 * (1 for a class token, one a head of an attention pool), p the tokens, k the neurons of the head's
 * own FFN (none for a class token).
 */
public interface Head {
  /**
   * What a pass ends with.
   *
   * @param pooled LN_post(h[L][0]) (B, d), or where the image is pooled by attention what the pool
   *     gives before its FFN (B, d)
   * @param embedding z, not normalised (B, D)
   */
  record Result(NDArray pooled, NDArray embedding) {}

  /**
   * @param h the last residual stream (B, T, d), or of the class token alone (B, 1, d); owns the
   *     result
   */
  Result read(NDArray h);

  /**
   * How much of each token each way reads: an attention, without the layer norm. Its sum over the
   * tokens is 1.
   *
   * @param h as in {@link #read}
   * @return (B, J, T)
   */
  NDArray attention(NDArray h);

  /**
   * s_jp, the attention of each token by the standard deviation of its residual stream.
   *
   * @param h as in {@link #read}
   * @return (B, J, T)
   */
  NDArray shares(NDArray h);

  /** In how many ways tokens reach the embedding, J. */
  int ways();

  /**
   * @param way j
   * @param scope owns the result
   * @return G_j, centred: G_j v = G_j (v − mean v); (D, d)
   */
  NDArray map(int way, NDManager scope);

  /** c, what does not depend on the image: P β and biases (D). */
  float[] constant();

  /**
   * The part of each neuron of the head's own FFN, m_k w_k.
   *
   * @param h as in {@link #read}
   * @return (n, D) for each image; n is 0 for a class token
   */
  float[][][] ownNeurons(NDArray h);

  /** γ and β of LN_post (d each); the model's own. */
  NDArray postNormWeight();

  /** β of LN_post (d); the model's own. */
  NDArray postNormBias();

  /**
   * P (D, d); of an attention pool W_o W_v, by which it would read a token if all its heads looked
   * at that one. The model's own.
   */
  NDArray projection();

  /** What is added after P (D); zeros in a CLIP. The model's own. */
  NDArray projectionBias();
}
