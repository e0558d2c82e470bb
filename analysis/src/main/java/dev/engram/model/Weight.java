package dev.engram.model;

import dev.engram.trace.Neuron;
import java.util.Comparator;

/**
 * One weight of the vision tower that an edit can change: a matrix, a bias or a layer norm's
 * parameter of one layer. Matrices are stored (out, in).
 *
 * @param layer index of the layer, from 0
 * @param kind which weight of the layer
 */
public record Weight(int layer, Kind kind) implements Comparable<Weight> {
  private static final String LAYERS = "vision_model.encoder.layers.";

  /** The weights of a layer, in the order of the forward pass; named as in the paper. */
  public enum Kind {
    /** γ of LN_a (d). */
    LN_A_WEIGHT("layer_norm1.weight"),
    /** β of LN_a (d). */
    LN_A_BIAS("layer_norm1.bias"),
    /** W_q (d, d). */
    W_Q("self_attn.q_proj.weight"),
    /** b_q (d). */
    B_Q("self_attn.q_proj.bias"),
    /** W_k (d, d). */
    W_K("self_attn.k_proj.weight"),
    /** b_k (d). */
    B_K("self_attn.k_proj.bias"),
    /** W_v (d, d): row c is the query vector of MSA neuron c. */
    W_V("self_attn.v_proj.weight"),
    /** b_v (d). */
    B_V("self_attn.v_proj.bias"),
    /** W_o (d, d): column c is the value vector of MSA neuron c. */
    W_O("self_attn.out_proj.weight"),
    /** b_o (d). */
    B_O("self_attn.out_proj.bias"),
    /** γ of LN_f (d). */
    LN_F_WEIGHT("layer_norm2.weight"),
    /** β of LN_f (d). */
    LN_F_BIAS("layer_norm2.bias"),
    /** W_fc1 (d_f, d): row k is the query vector of FFN neuron k. */
    W_FC1("mlp.fc1.weight"),
    /** b_fc1 (d_f). */
    B_FC1("mlp.fc1.bias"),
    /** W_fc2 (d, d_f): column k is the value vector of FFN neuron k. */
    W_FC2("mlp.fc2.weight"),
    /** b_fc2 (d). */
    B_FC2("mlp.fc2.bias");

    private final String tensor;

    Kind(String tensor) {
      this.tensor = tensor;
    }

    /**
     * @return its name within a layer of Hugging Face's {@code CLIPModel}
     */
    public String tensor() {
      return tensor;
    }

    /**
     * @return its shape in a tower, rows first
     */
    public long[] shape(ClipConfig.Tower tower) {
      long d = tower.width();
      long df = tower.ffnWidth();
      return switch (this) {
        case W_Q, W_K, W_V, W_O -> new long[] {d, d};
        case W_FC1 -> new long[] {df, d};
        case W_FC2 -> new long[] {d, df};
        case B_FC1 -> new long[] {df};
        default -> new long[] {d};
      };
    }
  }

  /** Refuses negative indices. */
  public Weight {
    if (layer < 0) {
      throw new IllegalArgumentException("layers count from 0, got " + layer);
    }
  }

  /**
   * @return W_fc2 or W_o, whose columns are the value vectors of a block's neurons
   */
  public static Weight values(Neuron.Block block, int layer) {
    return new Weight(layer, block == Neuron.Block.FFN ? Kind.W_FC2 : Kind.W_O);
  }

  /**
   * @return the block whose value vectors it holds
   * @throws IllegalArgumentException unless it is W_fc2 or W_o
   */
  public Neuron.Block block() {
    return switch (kind) {
      case W_FC2 -> Neuron.Block.FFN;
      case W_O -> Neuron.Block.MSA;
      default ->
          throw new IllegalArgumentException(
              "expected W_FC2 or W_O, which hold value vectors, got " + this);
    };
  }

  /**
   * @return its name in a checkpoint of Hugging Face's {@code CLIPModel}
   */
  public String tensor() {
    return LAYERS + layer + "." + kind.tensor;
  }

  /**
   * @return the number of its rows, or the length of a vector
   */
  public int rows(ClipConfig.Tower tower) {
    return (int) kind.shape(tower)[0];
  }

  /**
   * @return the number of its columns; 1 for a vector
   */
  public int columns(ClipConfig.Tower tower) {
    long[] shape = kind.shape(tower);
    return shape.length == 1 ? 1 : (int) shape[1];
  }

  /** Layer by layer, in the order of the forward pass. */
  @Override
  public int compareTo(Weight o) {
    return Comparator.comparingInt(Weight::layer).thenComparing(Weight::kind).compare(this, o);
  }

  /** As in {@code W_FC2 of layer 5}. */
  @Override
  public String toString() {
    return kind + " of layer " + layer;
  }
}
