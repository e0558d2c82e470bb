package dev.engram.dissect;

/**
 * How a value vector is brought into the shared space before it is put into words (A.1, Sec. 3.3).
 */
public enum ValueReading {
  /**
   * P(γ (w − mean w)/std w): LN_post without its β, which would add the same vector to every
   * neuron.
   */
  LINEAR,
  /** P(γ (w − mean w)/std w + β): A.1 to the letter. */
  AFFINE,
  /** P w: Sec. 3.3 as printed. */
  PLAIN
}
