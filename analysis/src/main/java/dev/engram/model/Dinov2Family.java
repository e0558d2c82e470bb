package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.util.Map;
import java.util.Set;

/**
 * DINOv2 without registers and with a plain FFN. Its layer scale, which multiplies each channel of
 * a block's output, is multiplied into W_o, b_o, W_fc2 and b_fc2: so a value vector is what its
 * neuron adds to the residual stream.
 */
final class Dinov2Family extends ImagesAloneFamily {
  private static final Naming NAMING =
      new ImagesAloneNaming(
          "DINOv2",
          "dinov2.",
          "encoder.layer.0.norm1.weight",
          Map.of(
              "layer_norm1", "norm1",
              "layer_norm2", "norm2",
              "mlp.fc1", "mlp.fc1",
              "mlp.fc2", "mlp.fc2"),
          Map.of("attention.output.dense", "layer_scale1", "mlp.fc2", "layer_scale2"));

  private static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          "dinov2",
          12,
          Activation.GELU,
          1e-6,
          "", // its image processor is BiT's, whose own defaults are others
          "Meta's checkpoints of DINOv2 do",
          ResizeFilter.BICUBIC,
          false,
          IMAGENET_MEAN,
          IMAGENET_STD);

  @Override
  public String title() {
    return "DINOv2";
  }

  @Override
  String described() {
    return "a DINOv2 without registers (model_type dinov2)";
  }

  @Override
  Naming naming() {
    return NAMING;
  }

  @Override
  boolean interpolatesPositions() {
    return true;
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of("Dinov2");
  }

  /** Of backbones, of masked images, and of how layer scale begins. */
  @Override
  Set<String> passedOver() {
    return Set.of(
        "apply_layernorm",
        "layerscale_value",
        "mlp_ratio",
        "out_features",
        "out_indices",
        "reshape_hidden_states",
        "stage_names",
        "use_mask_token");
  }

  @Override
  void checkTransformers(String type, ConfigFile file, Checkpoint checkpoint) {
    if (file.root().path("use_swiglu_ffn").asBoolean()) {
      throw new EngramException(
          "The model in %s is a DINOv2 with gated FFNs (use_swiglu_ffn), which Engram does not compute; take a size without them, as facebook/dinov2-large."
              .formatted(checkpoint.directory));
    }
  }

  /** It states d_f as a multiple of d. */
  @Override
  int ffnWidth(ConfigFile file, JsonNode tower) {
    JsonNode ratio = tower.path("mlp_ratio");
    if (ratio.isMissingNode()) {
      return 0;
    }
    if (!ratio.isNumber() || !(ratio.asDouble() > 0)) {
      throw file.wrong("mlp_ratio", ratio, "a number above 0");
    }
    return (int) (file.size(tower, "hidden_size", 0) * ratio.asDouble());
  }
}
