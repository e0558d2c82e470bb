package dev.engram.model;

import static dev.engram.model.Products.linear;

import ai.djl.ndarray.NDArray;
import dev.engram.model.TransformerLayer.Tap;
import dev.engram.trace.Site;
import org.jspecify.annotations.Nullable;

/**
 * How an FFN makes the coefficients of its neurons, m_F of Eq. 4, from what it reads: they are what
 * W_fc2 is multiplied with, so that F = W_fc2 m_F + b_2 whatever the kind.
 */
interface Ffn {
  /**
   * @param x LN_f(h + A), (B, T, d)
   * @param tap sees the hidden layer before the activation, {@link Site#PRE}
   * @return m_F (B, T, d_f)
   */
  NDArray coefficients(NDArray x, Tap tap);

  /**
   * The paper's: m_F = σ(W_fc1 x + b_1).
   *
   * @param w1 (d_f, d); row k is the query vector of FFN neuron k
   * @param b1 (d_f)
   */
  record Plain(NDArray w1, NDArray b1, Sigma sigma, @Nullable Norm norm) implements Ffn {
    @Override
    public NDArray coefficients(NDArray x, Tap tap) {
      NDArray m = sigma.of(tap.at(Site.PRE, linear(x, w1, b1)));
      return norm == null ? m : norm.of(m);
    }
  }

  /**
   * Gated (SwiGLU): m_F = LN(σ(W_gate x + b_gate) · (W_fc1 x + b_1)), with the inner norm LN where
   * there is one. A neuron is a hidden channel after gate and norm.
   *
   * @param gate (d_f, d)
   * @param gateBias (d_f)
   * @param w1 (d_f, d)
   * @param b1 (d_f)
   */
  record Gated(
      NDArray gate, NDArray gateBias, NDArray w1, NDArray b1, Sigma sigma, @Nullable Norm norm)
      implements Ffn {
    @Override
    public NDArray coefficients(NDArray x, Tap tap) {
      NDArray open = sigma.of(tap.at(Site.PRE, linear(x, gate, gateBias)));
      NDArray m = open.mul(linear(x, w1, b1));
      return norm == null ? m : norm.of(m);
    }
  }
}
