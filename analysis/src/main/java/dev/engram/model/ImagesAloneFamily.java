package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A vision transformer that learned without texts: patches with a bias, a class token, plain
 * layers, and the embedding LN_post(h[L][0]). What its families put around that, as poolers and
 * classifiers, is not computed.
 */
abstract sealed class ImagesAloneFamily extends Family permits Dinov2Family, VitFamily {
  /** Of ImageNet, as most models of images alone take it. */
  static final List<Double> IMAGENET_MEAN = List.of(0.485, 0.456, 0.406);

  /** Of ImageNet, as most models of images alone take it. */
  static final List<Double> IMAGENET_STD = List.of(0.229, 0.224, 0.225);

  /** How its tensors are named. */
  abstract Naming naming();

  @Override
  public final boolean hasClassToken() {
    return true;
  }

  @Override
  final boolean learnsTexts() {
    return false;
  }

  @Override
  final boolean hasPatchBias() {
    return true;
  }

  @Override
  final boolean hasPreNorm() {
    return false;
  }

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
    return false;
  }

  @Override
  final List<Naming> namings() {
    return List.of(naming());
  }

  @Override
  final boolean isBuiltAs(Checkpoint checkpoint) {
    return checkpoint.naming == naming();
  }

  @Override
  final String imageProjection() {
    return "visual_projection.weight";
  }

  @Override
  final String textProjection() {
    return "text_projection";
  }

  /** What the model read, and what lies beside it, which is saved as it was. */
  @Override
  final List<String> savedBesideLayers(Checkpoint checkpoint, boolean hasText) {
    List<String> names =
        new ArrayList<>(
            List.of(
                "vision_model.embeddings.class_embedding",
                "vision_model.embeddings.patch_embedding.weight",
                "vision_model.embeddings.patch_embedding.bias",
                "vision_model.embeddings.position_embedding.weight",
                "vision_model.post_layernorm.weight",
                "vision_model.post_layernorm.bias"));
    checkpoint.names().stream()
        .filter(n -> !naming().isOfTowers(n) || n.endsWith("embeddings.mask_token"))
        .forEach(names::add);
    return names;
  }

  @Override
  final boolean hasScalarLogitScale() {
    return false;
  }

  @Override
  final boolean isTransformers(String type, JsonNode config, Path directory) {
    return type.equals(defaults().modelType());
  }

  @Override
  final int endOfText(int stated) {
    return stated;
  }
}
