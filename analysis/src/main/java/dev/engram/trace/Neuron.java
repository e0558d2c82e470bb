package dev.engram.trace;

import dev.engram.EngramException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One neuron of the vision tower (paper, Sec. 3.2): a query vector (row of W_fc1 or W_v) with a
 * value vector (column of W_fc2 or W_o). Written as in the paper, {@code L23F1930} or {@code
 * L22A3H17} (layer, head, channel within the head), but every index counts from 0, as in the
 * weights.
 *
 * @param block whether it belongs to an FFN or an MSA block
 * @param layer index of the layer, from 0
 * @param head index of the attention head, from 0; 0 for an FFN neuron
 * @param channel index within the FFN's hidden layer, or within the head, from 0
 */
public record Neuron(Block block, int layer, int head, int channel) implements Comparable<Neuron> {
  private static final Pattern NAME =
      Pattern.compile(
          "\\s*L(\\d{1,6})(?:F(\\d{1,9})|A(\\d{1,6})H(\\d{1,9}))\\s*", Pattern.CASE_INSENSITIVE);

  /** The two kinds of block in a layer, in the order of the forward pass. */
  public enum Block {
    /** Multi-head self-attention; coefficient m_A, value vectors are the columns of W_o. */
    MSA,
    /** Feed-forward network; coefficient m_F, value vectors are the columns of W_fc2. */
    FFN
  }

  /** Refuses negative indices. */
  public Neuron {
    if (layer < 0 || head < 0 || channel < 0 || (block == Block.FFN && head != 0)) {
      throw new IllegalArgumentException(
          "indices of a neuron count from 0, got layer %d, head %d, channel %d"
              .formatted(layer, head, channel));
    }
  }

  /** The FFN neuron {@code LlFk}. */
  public static Neuron ffn(int layer, int channel) {
    return new Neuron(Block.FFN, layer, 0, channel);
  }

  /** The MSA neuron {@code LlAjHk}. */
  public static Neuron msa(int layer, int head, int channel) {
    return new Neuron(Block.MSA, layer, head, channel);
  }

  /**
   * @param column index of the value vector in W_fc2 or W_o, from 0
   * @param headWidth channels per head (ignored for FFN)
   * @return the neuron whose value vector is that column
   */
  public static Neuron ofColumn(Block block, int layer, int column, int headWidth) {
    return block == Block.FFN
        ? ffn(layer, column)
        : msa(layer, column / headWidth, column % headWidth);
  }

  /** Whether a text has the form of a neuron's name. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Reads a name; upper and lower case are the same.
   *
   * @throws EngramException if it is not of the form {@code L5F412} or {@code L3A0H11}
   */
  public static Neuron parse(String name) {
    Matcher m = NAME.matcher(name);
    if (Feature.isName(name)) {
      throw new EngramException(
          "%s is a feature of a sparse autoencoder, and this asks for a neuron, written L5F412 (layer, FFN channel) or L3A0H11 (layer, head, channel)."
              .formatted(name));
    }
    if (!m.matches()) {
      throw new EngramException(
          "A neuron is written L5F412 (layer, FFN channel) or L3A0H11 (layer, head, channel), all"
              + " from 0; got '"
              + name
              + "'.");
    }
    int layer = Integer.parseInt(m.group(1));
    return m.group(2) != null
        ? ffn(layer, Integer.parseInt(m.group(2)))
        : msa(layer, Integer.parseInt(m.group(3)), Integer.parseInt(m.group(4)));
  }

  /**
   * @param headWidth channels per head (ignored for FFN)
   * @return index of its value vector among the columns of W_fc2 or W_o, from 0
   */
  public int column(int headWidth) {
    return block == Block.FFN ? channel : head * headWidth + channel;
  }

  /** The order of the forward pass: L0 A, L0 F, L1 A, …; ties in a ranking are broken by it. */
  @Override
  public int compareTo(Neuron o) {
    int c = Integer.compare(layer, o.layer);
    c = c != 0 ? c : block.compareTo(o.block);
    c = c != 0 ? c : Integer.compare(head, o.head);
    return c != 0 ? c : Integer.compare(channel, o.channel);
  }

  @Override
  public String toString() {
    return block == Block.FFN
        ? "L" + layer + "F" + channel
        : "L" + layer + "A" + head + "H" + channel;
  }
}
