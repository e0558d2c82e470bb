package dev.engram.dissect;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;

/**
 * Where an image drives a neuron (Eq. 6): the share of each token in the coefficient before σ, and
 * what belongs to no token. The shares and the rest sum to the coefficient.
 *
 * @param neuron which
 * @param tokens share of each token (T); token 0 is the class token
 * @param side patches in a row
 * @param rest what belongs to no patch
 * @param provenance where the numbers come from
 */
public record Heatmap(Neuron neuron, double[] tokens, int side, Rest rest, Provenance provenance) {
  /**
   * The part of the coefficient that no token brings.
   *
   * @param initial of the class token's embedding h[0][0]
   * @param ffn of the earlier FFN blocks
   * @param bias of the attention's output biases b_o
   * @param constant of the layer norm's β and the neuron's own bias
   */
  public record Rest(double initial, double ffn, double bias, double constant) {
    /** Nothing: for an MSA neuron the tokens are all there is. */
    public static final Rest NONE = new Rest(0, 0, 0, 0);

    double sum() {
      return initial + ffn + bias + constant;
    }

    Rest negative() {
      return new Rest(0 - initial, 0 - ffn, 0 - bias, 0 - constant); // 0 stays 0, not −0
    }
  }

  /** The neuron's coefficient at the class token; before σ for an FFN neuron. */
  public double coefficient() {
    double s = rest.sum();
    for (double t : tokens) {
      s += t;
    }
    return s;
  }

  /** A copy whose provenance names the image. */
  public Heatmap on(String image) {
    return new Heatmap(neuron, tokens, side, rest, provenance.with("image", image));
  }

  /**
   * The map of the neuron turned around (A.2): query and value vector, and with them the
   * coefficient and every share, change their sign.
   */
  public Heatmap turned() {
    double[] negative = java.util.Arrays.stream(tokens).map(t -> -t).toArray();
    return new Heatmap(
        neuron, negative, side, rest.negative(), provenance.with("sign", "−1 (A.2)"));
  }

  /** The shares of the patches, row by row (side²). */
  public double[] map() {
    return java.util.Arrays.copyOfRange(tokens, 1, tokens.length);
  }

  /**
   * @param size side of the image in pixels
   * @return the map, bilinear, row-major (size²)
   */
  public double[] upsampled(int size) {
    return Maps.bilinear(map(), side, size);
  }
}
