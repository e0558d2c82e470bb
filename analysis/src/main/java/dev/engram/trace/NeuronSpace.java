package dev.engram.trace;

import dev.engram.EngramException;

/**
 * All neurons of a vision tower in one row: the order of the forward pass, L0 MSA, L0 FFN, L1 MSA,
 * …, by which ties in a ranking are broken. Maps neurons to positions in arrays of scores and back.
 *
 * @param layers L
 * @param width d, MSA neurons of a layer
 * @param ffnWidth d_f, FFN neurons of a layer
 * @param headWidth d/H
 */
public record NeuronSpace(int layers, int width, int ffnWidth, int headWidth) {
  /**
   * Counts the attention heads of a layer.
   *
   * @return H
   */
  public int heads() {
    return width / headWidth;
  }

  /** How many neurons there are: L·(d + d_f). */
  public int count() {
    return layers * (width + ffnWidth);
  }

  /** The neurons of one block. */
  public int size(Neuron.Block block) {
    return block == Neuron.Block.FFN ? ffnWidth : width;
  }

  /** The position of a block's first neuron. */
  public int offset(Neuron.Block block, int layer) {
    return layer * (width + ffnWidth) + (block == Neuron.Block.FFN ? width : 0);
  }

  /** The position of a neuron, from 0. */
  public int index(Neuron n) {
    return offset(n.block(), n.layer()) + n.column(headWidth);
  }

  /** The neuron at a position. */
  public Neuron neuron(int index) {
    int layer = index / (width + ffnWidth);
    int column = index % (width + ffnWidth);
    return column < width
        ? Neuron.ofColumn(Neuron.Block.MSA, layer, column, headWidth)
        : Neuron.ffn(layer, column - width);
  }

  /**
   * Reads a name, as {@link Neuron#parse}.
   *
   * @throws EngramException if the name is malformed or the model has no such neuron
   */
  public Neuron neuron(String name) {
    return known(Neuron.parse(name));
  }

  /**
   * The neuron itself, if the model has it.
   *
   * @throws EngramException if not; it says which ones there are
   */
  public Neuron known(Neuron n) {
    boolean ffn = n.block() == Neuron.Block.FFN;
    String limit =
        n.layer() >= layers
            ? "layers 0 to " + (layers - 1)
            : ffn && n.channel() >= ffnWidth
                ? "FFN channels 0 to " + (ffnWidth - 1)
                : !ffn && n.head() >= heads()
                    ? "heads 0 to " + (heads() - 1)
                    : !ffn && n.channel() >= headWidth
                        ? "channels 0 to " + (headWidth - 1) + " in a head"
                        : "";
    if (!limit.isEmpty()) {
      throw new EngramException(
          "There is no neuron " + n + ": this model has " + limit + " (every index from 0).");
    }
    return n;
  }
}
