package dev.engram.model;

import dev.engram.model.ClipConfig.Activation;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The vision transformer as it was first trained, with labels or without ({@code ViTModel} and
 * {@code ViTForImageClassification}). Its defaults are those of transformers' ViTConfig and
 * ViTImageProcessor.
 */
final class VitFamily extends ImagesAloneFamily {
  private static final Naming NAMING =
      new ImagesAloneNaming(
          "ViT",
          "vit.",
          "encoder.layer.0.layernorm_before.weight",
          Map.of(
              "layer_norm1", "layernorm_before",
              "layer_norm2", "layernorm_after",
              "mlp.fc1", "intermediate.dense",
              "mlp.fc2", "output.dense"),
          Map.of());

  private static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          "vit",
          12,
          Activation.GELU,
          1e-12,
          "ViTImageProcessor",
          "ViTImageProcessor of transformers does",
          ResizeFilter.BILINEAR,
          true,
          List.of(0.5, 0.5, 0.5),
          List.of(0.5, 0.5, 0.5));

  @Override
  public String title() {
    return "ViT";
  }

  @Override
  String described() {
    return "a ViT of transformers (model_type vit)";
  }

  @Override
  Naming naming() {
    return NAMING;
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of("ViT");
  }

  /** Of the pooler and of a decoder of masked images, which come after the embedding. */
  @Override
  Set<String> passedOver() {
    return Set.of("encoder_stride", "pooler_act", "pooler_output_size");
  }
}
