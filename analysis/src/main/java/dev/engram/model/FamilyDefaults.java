package dev.engram.model;

import dev.engram.model.ClipConfig.Activation;
import java.util.List;

/**
 * What a family takes where its files are silent.
 *
 * @param modelType in config.json; "" where transformers has no such model
 * @param textHeads of the text tower; an image tower has 12
 * @param activation of both towers
 * @param eps of all layer norms
 * @param processor the image processor of transformers; "" for none of its own
 * @param preparing who prepares images so, as in "it is done as … by default"
 * @param filter by which images are scaled
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
    String preparing,
    ResizeFilter filter,
    boolean squash,
    List<Double> mean,
    List<Double> std) {
  private static final String VISION_ALONE = "_vision_model";

  /** Of OpenAI's training set, which OpenCLIP takes too. */
  static final List<Double> OPENAI_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);

  /** Of OpenAI's training set, which OpenCLIP takes too. */
  static final List<Double> OPENAI_STD = List.of(0.26862954, 0.26130258, 0.27577711);

  /** Whether a name is that of the image processor, also its older or its faster form. */
  boolean isProcessor(String name) {
    return !processor.isEmpty()
        && name.replaceFirst("(Fast|Pil)$", "")
            .replace("FeatureExtractor", "ImageProcessor")
            .equals(processor);
  }

  /** Whether a model_type is that of the model, or of its image tower alone. */
  boolean isType(String type) {
    return !modelType.isEmpty()
        && (type.equals(modelType) || type.equals(modelType + VISION_ALONE));
  }

  /** Whether a model_type is that of an image tower alone. */
  static boolean isVisionAlone(String type) {
    return type.endsWith(VISION_ALONE);
  }
}
