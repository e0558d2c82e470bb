package dev.engram.model;

import java.util.List;
import java.util.Set;

/**
 * The names of OpenAI's code, which OpenCLIP kept: W_q, W_k and W_v are one matrix, and projections
 * are stored (in, out).
 *
 * @param textPrefix what stands before the names of the text tower
 */
record OpenAiNaming(String title, String textPrefix) implements Naming {
  @Override
  public boolean isOf(Set<String> names) {
    return names.contains("visual.class_embedding")
        && (textPrefix.isEmpty() || names.contains(textPrefix + "token_embedding.weight"));
  }

  @Override
  public List<String> textRoots() {
    return textPrefix.isEmpty()
        ? List.of("transformer.", "token_embedding.", "positional_embedding")
        : List.of(textPrefix);
  }

  @Override
  public StoredTensor stored(String name, Set<String> names) {
    boolean vision = name.startsWith("vision_model.") || name.startsWith("visual_projection");
    String prefix = vision ? "visual." : textPrefix;
    return switch (name) {
      case "logit_scale" -> StoredTensor.whole(name);
      case "visual_projection.weight" -> StoredTensor.transposed("visual.proj");
      case "text_projection.weight" -> StoredTensor.transposed(prefix + "text_projection");
      default -> within(prefix, name);
    };
  }

  private static StoredTensor within(String prefix, String name) {
    String n =
        name.replaceFirst("^(vision|text)_model\\.", "")
            .replace("embeddings.class_embedding", "class_embedding")
            .replace("embeddings.patch_embedding", "conv1")
            .replace("embeddings.position_embedding.weight", "positional_embedding")
            .replace("embeddings.token_embedding", "token_embedding")
            .replace("pre_layrnorm", "ln_pre")
            .replace("post_layernorm", "ln_post")
            .replace("final_layer_norm", "ln_final")
            .replace("encoder.layers.", "transformer.resblocks.")
            .replace("layer_norm1", "ln_1")
            .replace("layer_norm2", "ln_2")
            .replace("mlp.fc1", "mlp.c_fc")
            .replace("mlp.fc2", "mlp.c_proj")
            .replace("self_attn.", "attn.");
    String stored = prefix + n.replaceFirst("[qkv]_proj\\.", "in_proj_");
    int third =
        n.contains(".q_proj.") ? 0 : n.contains(".k_proj.") ? 1 : n.contains(".v_proj.") ? 2 : -1;
    return third < 0 ? StoredTensor.whole(stored) : StoredTensor.third(stored, third);
  }
}
