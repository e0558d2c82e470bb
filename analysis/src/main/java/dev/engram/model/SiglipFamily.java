package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * SigLIP: no class token, an attention pool reads all patches; texts are read without a mask, at
 * their last place. Its defaults are those of transformers' SiglipConfig and SiglipImageProcessor
 * (4.57).
 */
sealed class SiglipFamily extends Family permits Siglip2Family {
  static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          "siglip",
          12,
          Activation.GELU_PYTORCH_TANH,
          1e-6,
          "SiglipImageProcessor",
          "SiglipImageProcessor of transformers does",
          ResizeFilter.BICUBIC,
          true,
          List.of(0.5, 0.5, 0.5),
          List.of(0.5, 0.5, 0.5));

  @Override
  public String title() {
    return "SigLIP";
  }

  @Override
  public final boolean hasClassToken() {
    return false;
  }

  @Override
  String described() {
    return "a SigLIP (model_type siglip)";
  }

  @Override
  final boolean hasPatchBias() {
    return true;
  }

  @Override
  final boolean hasPreNorm() {
    return false;
  }

  /** It is part of the pool. */
  @Override
  final boolean hasProjectionBias() {
    return false;
  }

  @Override
  final boolean hasCausalText() {
    return false;
  }

  @Override
  final boolean hasTextProjectionBias() {
    return true;
  }

  @Override
  final List<Naming> namings() {
    return List.of(Naming.HUGGING_FACE);
  }

  @Override
  final boolean isBuiltAs(Checkpoint checkpoint) {
    return checkpoint.has("vision_model.head.probe") && namings().contains(checkpoint.naming);
  }

  @Override
  final String imageProjection() {
    return "vision_model.head.attention.out_proj.weight";
  }

  @Override
  final String textProjection() {
    return "text_model.head";
  }

  /** What the model read, and its loss, which transformers expects. */
  @Override
  final List<String> savedBesideLayers(Checkpoint checkpoint, boolean hasText) {
    Set<String> unread = checkpoint.unread();
    return checkpoint.names().stream()
        .filter(n -> !n.contains(".encoder.layers."))
        .filter(n -> !unread.contains(n) || n.equals("logit_bias"))
        .toList();
  }

  @Override
  final boolean hasScalarLogitScale() {
    return false;
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of("Siglip");
  }

  @Override
  boolean isTransformers(String type, JsonNode config, Path directory) {
    return DEFAULTS.isType(type);
  }

  @Override
  final int endOfText(int stated) {
    return -1;
  }

  @Override
  Optional<OpenClipVision> openClip(JsonNode settings) {
    String name = settings.path("timm_model_name").asText();
    return !name.contains("siglip")
        ? Optional.empty()
        : Optional.of(
            (file, activation, ckpt) -> {
              throw new EngramException(
                  "SigLIP is read from Hugging Face's own checkpoints, not as OpenCLIP's %s; take one of google, as google/siglip-base-patch16-224."
                      .formatted(name));
            });
  }

  @Override
  Tokenizer tokenizer(Path directory, ClipConfig config) {
    return Tokenizer.withoutStart(directory, config.contextLength(), TokenizerDialect.PLAIN);
  }
}
