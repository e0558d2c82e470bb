package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One weight of the vision tower that an edit can change: a matrix, a bias or a layer norm's
 * parameter of one layer. Matrices are stored (out, in).
 *
 * @param layer index of the layer, from 0
 * @param kind which weight of the layer
 */
public record Weight(int layer, Kind kind) implements Comparable<Weight> {
  private static final Pattern BLOCK =
      Pattern.compile("\\s*L(\\d{1,6})([FA])\\s*", Pattern.CASE_INSENSITIVE);

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
    /** γ of the inner norm before W_o (d), where there is one. */
    LN_O_WEIGHT("self_attn.inner_norm.weight"),
    /** β of the inner norm before W_o (d), where there is one. */
    LN_O_BIAS("self_attn.inner_norm.bias"),
    /** W_o (d, d): column c is the value vector of MSA neuron c. */
    W_O("self_attn.out_proj.weight"),
    /** b_o (d). */
    B_O("self_attn.out_proj.bias"),
    /** γ of LN_f (d). */
    LN_F_WEIGHT("layer_norm2.weight"),
    /** β of LN_f (d). */
    LN_F_BIAS("layer_norm2.bias"),
    /** W_gate (d_f, d) of a gated FFN. */
    W_GATE("mlp.gate.weight"),
    /** b_gate (d_f) of a gated FFN. */
    B_GATE("mlp.gate.bias"),
    /** W_fc1 (d_f, d): row k is the query vector of FFN neuron k, if the FFN is not gated. */
    W_FC1("mlp.fc1.weight"),
    /** b_fc1 (d_f). */
    B_FC1("mlp.fc1.bias"),
    /** γ of the inner norm before W_fc2 (d_f), where there is one. */
    LN_FC2_WEIGHT("mlp.inner_norm.weight"),
    /** β of the inner norm before W_fc2 (d_f), where there is one. */
    LN_FC2_BIAS("mlp.inner_norm.bias"),
    /** W_fc2 (d, d_f): column k is the value vector of FFN neuron k. */
    W_FC2("mlp.fc2.weight"),
    /** b_fc2 (d). */
    B_FC2("mlp.fc2.bias");

    private final String tensor;

    Kind(String tensor) {
      this.tensor = tensor;
    }

    /** Its name within a layer of Hugging Face's {@code CLIPModel}. */
    public String tensor() {
      return tensor;
    }

    /** Its shape in a tower, rows first. */
    public long[] shape(ClipConfig.Tower tower) {
      long d = tower.width();
      long df = tower.ffnWidth();
      return switch (this) {
        case W_Q, W_K, W_V, W_O -> new long[] {d, d};
        case W_FC1, W_GATE -> new long[] {df, d};
        case W_FC2 -> new long[] {d, df};
        case B_FC1, B_GATE, LN_FC2_WEIGHT, LN_FC2_BIAS -> new long[] {df};
        default -> new long[] {d};
      };
    }

    /** Whether the layers of a tower have it. */
    public boolean isIn(ClipConfig.Tower tower) {
      return switch (this) {
        case W_GATE, B_GATE -> tower.gated();
        case LN_O_WEIGHT, LN_O_BIAS, LN_FC2_WEIGHT, LN_FC2_BIAS -> tower.innerNorms();
        default -> true;
      };
    }

    /** What the layers of a tower have, in the order of the forward pass. */
    public static List<Kind> of(ClipConfig.Tower tower) {
      return Arrays.stream(values()).filter(kind -> kind.isIn(tower)).toList();
    }
  }

  /** Refuses negative indices. */
  public Weight {
    if (layer < 0) {
      throw new IllegalArgumentException("layers count from 0, got " + layer);
    }
  }

  /** W_fc2 or W_o, whose columns are the value vectors of a block's neurons. */
  public static Weight values(Neuron.Block block, int layer) {
    return new Weight(layer, block == Neuron.Block.FFN ? Kind.W_FC2 : Kind.W_O);
  }

  /**
   * The block whose value vectors it holds.
   *
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
   * Reads the name of a block: {@code L5F} is the FFN block of layer 5, {@code L3A} the MSA block
   * of layer 3. Upper and lower case are the same.
   *
   * @return W_fc2 or W_o of the block
   * @throws EngramException if it is not of that form, or the tower has no such block
   */
  public static Weight ofBlock(String name, ClipConfig.Tower tower) {
    Matcher m = BLOCK.matcher(name);
    if (!m.matches()) {
      throw new EngramException(
          "A block is written L5F (FFN of layer 5) or L5A (MSA of layer 5), from 0; got '"
              + name
              + "'.");
    }
    int layer = Integer.parseInt(m.group(1));
    if (layer >= tower.layers()) {
      throw new EngramException(
          "There is no block %s: this model has the layers 0 to %d."
              .formatted(name.strip(), tower.layers() - 1));
    }
    return values(m.group(2).equalsIgnoreCase("F") ? Neuron.Block.FFN : Neuron.Block.MSA, layer);
  }

  /**
   * The name of its block, as {@link #ofBlock} reads it.
   *
   * @throws IllegalArgumentException unless it is W_fc2 or W_o
   */
  public String blockName() {
    return "L" + layer + (block() == Neuron.Block.FFN ? "F" : "A");
  }

  /** Its name in a checkpoint of Hugging Face's {@code CLIPModel}. */
  public String tensor() {
    return LAYERS + layer + "." + kind.tensor;
  }

  /** The number of its rows, or the length of a vector. */
  public int rows(ClipConfig.Tower tower) {
    return (int) kind.shape(tower)[0];
  }

  /** The number of its columns; 1 for a vector. */
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
