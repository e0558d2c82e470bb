package dev.engram.model;

import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.ClipConfig.Family;
import java.util.List;

/**
 * What a family takes where its files are silent: the defaults of transformers' configuration and
 * image processor (4.57), or of OpenCLIP for EVA-CLIP.
 *
 * @param modelType in config.json
 * @param textHeads of the text tower; an image tower has 12
 * @param activation of both towers
 * @param eps of all layer norms
 * @param processor the image processor of transformers
 * @param squash whether that scales to a square instead of cutting one
 * @param mean of red, green and blue, in units of 0 to 1
 * @param std of red, green and blue, in units of 0 to 1
 */
record FamilyDefaults(
    String modelType,
    int textHeads,
    Activation activation,
    double eps,
    String processor,
    boolean squash,
    List<Double> mean,
    List<Double> std) {
  private static final FamilyDefaults CLIP =
      new FamilyDefaults(
          "clip",
          8,
          Activation.QUICK_GELU,
          1e-5,
          "CLIPImageProcessor",
          false,
          List.of(0.48145466, 0.4578275, 0.40821073),
          List.of(0.26862954, 0.26130258, 0.27577711));

  private static final FamilyDefaults SIGLIP =
      new FamilyDefaults(
          "siglip",
          12,
          Activation.GELU_PYTORCH_TANH,
          1e-6,
          "SiglipImageProcessor",
          true,
          List.of(0.5, 0.5, 0.5),
          List.of(0.5, 0.5, 0.5));

  static FamilyDefaults of(Family family) {
    return switch (family) {
      case CLIP, EVA -> CLIP;
      case SIGLIP -> SIGLIP;
    };
  }

  /** Of a file that names its image processor; those of the model's family for another name. */
  static FamilyDefaults ofProcessor(String name, Family family) {
    return CLIP.isProcessor(name) ? CLIP : SIGLIP.isProcessor(name) ? SIGLIP : of(family);
  }

  /** Whether a name is that of the image processor, also its older or its faster form. */
  boolean isProcessor(String name) {
    return name.replaceFirst("(Fast|Pil)$", "")
        .replace("FeatureExtractor", "ImageProcessor")
        .equals(processor);
  }

  /** The model_type of an image tower alone. */
  String visionType() {
    return modelType + "_vision_model";
  }
}
