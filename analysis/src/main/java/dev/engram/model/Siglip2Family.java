package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * SigLIP 2 with a fixed resolution: the towers of SigLIP, images scaled with the bilinear filter,
 * texts in the tokens of Gemma, filled up with {@code <pad>}. Its checkpoints call themselves
 * siglip as well, so that Gemma's tokenizer tells it. NaFlex, the variant with a variable
 * resolution (model_type siglip2, patches that come as a list), is another model and is refused.
 */
final class Siglip2Family extends SiglipFamily {
  private static final String TYPE = "siglip2";

  /** The tokens of Gemma; SigLIP has 32,000, and its multilingual model 250,000. */
  private static final int GEMMA_VOCABULARY = 256_000;

  private static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          SiglipFamily.DEFAULTS.modelType(),
          SiglipFamily.DEFAULTS.textHeads(),
          SiglipFamily.DEFAULTS.activation(),
          SiglipFamily.DEFAULTS.eps(),
          "", // its image processor is SigLIP's, whose own default is bicubic
          "google's checkpoints of SigLIP 2 do",
          ResizeFilter.BILINEAR,
          true,
          SiglipFamily.DEFAULTS.mean(),
          SiglipFamily.DEFAULTS.std());

  /** Siglip2Tokenizer of transformers 5 makes texts lower case before the file's own rules. */
  private static final TokenizerDialect GEMMA =
      new TokenizerDialect("<pad>", Set.of("Siglip2Tokenizer", "Siglip2TokenizerFast"));

  @Override
  public String title() {
    return "SigLIP 2";
  }

  @Override
  String described() {
    return "a SigLIP 2 with a fixed resolution";
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of("Siglip2", "Siglip");
  }

  @Override
  boolean isTransformers(String type, JsonNode config, Path directory) {
    return isOwnType(type)
        || (DEFAULTS.isType(type)
            && (config.path("text_config").path("vocab_size").asInt() == GEMMA_VOCABULARY
                || tokenizerClass(directory).matches("(Gemma|Siglip2)Tokenizer(Fast)?")));
  }

  private static boolean isOwnType(String type) {
    return type.equals(TYPE) || type.equals(TYPE + "_vision_model");
  }

  private static String tokenizerClass(Path directory) {
    Path file = directory.resolve("tokenizer_config.json");
    return Files.exists(file) ? Json.object(file).path("tokenizer_class").asText() : "";
  }

  @Override
  void checkTransformers(String type, ConfigFile file, Checkpoint checkpoint) {
    JsonNode vision = file.root().path("vision_config");
    boolean lists = file.root().has("num_patches") || vision.has("num_patches");
    long[] patch = checkpoint.shape("vision_model.embeddings.patch_embedding.weight");
    if (patch.length == 2 || (isOwnType(type) && lists)) {
      throw new EngramException(
          "The model in %s is a SigLIP 2 NaFlex (model_type %s), whose images have a variable resolution: Engram computes SigLIP 2 with a fixed resolution alone, as google/siglip2-base-patch16-224."
              .formatted(checkpoint.directory, type));
    }
  }

  @Override
  Optional<OpenClipVision> openClip(JsonNode settings) {
    return Optional.empty(); // SigLIP's sentence is right for it, too
  }

  @Override
  Tokenizer tokenizer(Path directory, ClipConfig config) {
    return Tokenizer.withoutStart(directory, config.contextLength(), GEMMA);
  }

  @Override
  Optional<String> noteOnTexts(Path directory) {
    Path file = directory.resolve("tokenizer.json");
    boolean lowers =
        GEMMA.lowers(tokenizerClass(directory))
            || (Files.exists(file)
                && Json.object(file).path("normalizer").toString().contains("\"Lowercase\""));
    return lowers
        ? Optional.empty()
        : Optional.of(
            "SigLIP 2 learned texts in lower case, but its tokenizer keeps capitals, as in transformers: write labels in lower case.");
  }
}
