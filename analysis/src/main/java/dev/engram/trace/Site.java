package dev.engram.trace;

/**
 * A place in a layer of the vision tower where the forward pass can be read and changed. In the
 * order of the forward pass; shapes for B images, T tokens, H heads, widths d and d_f.
 */
public enum Site {
  /** h, the residual stream before the layer (B, T, d); for index L the stream after the last. */
  H,
  /** v = LN_a(h) W_vᵀ + b_v, the attention values (B, T, d), heads side by side. */
  VALUE,
  /** α of Eq. 3, after the softmax (B, H, T, T): query token by key token. */
  ATTENTION,
  /** m_A of Eq. 5, the coefficients of the MSA neurons (B, T, d). */
  M_A,
  /** A, the output of the MSA block, bias included (B, T, d). */
  A,
  /** h + A, the residual stream between the blocks (B, T, d). */
  MID,
  /** The FFN's hidden layer before σ (B, T, d_f). */
  PRE,
  /** m_F of Eq. 4, the coefficients of the FFN neurons, after σ (B, T, d_f). */
  M_F,
  /** F, the output of the FFN block, bias included (B, T, d). */
  F;

  /** Where the coefficients of a block's neurons are read. */
  public static Site coefficients(Neuron.Block block) {
    return block == Neuron.Block.FFN ? M_F : M_A;
  }

  /** Where the output of a block is read. */
  public static Site output(Neuron.Block block) {
    return block == Neuron.Block.FFN ? F : A;
  }
}
