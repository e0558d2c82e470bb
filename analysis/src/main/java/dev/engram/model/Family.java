package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A kind of CLIP that differs from others in more than its sizes. Each is one class: by which
 * configurations and tensors it is known, what it takes where its files are silent, and which
 * features its towers have. Everything else asks for a feature and never for a name, which {@code
 * SourceTest} holds; a new family is a new class in the list of {@link Families}.
 */
public abstract sealed class Family permits ClipFamily, EvaFamily, SiglipFamily, ImagesAloneFamily {
  /** Its name, as in papers. */
  public abstract String title();

  /** Whether token 0 of the image tower is a class token. */
  public abstract boolean hasClassToken();

  /** Whether it learns of texts, so that a checkpoint may have a text tower. */
  boolean learnsTexts() {
    return true;
  }

  /**
   * Whether its authors give images of another size than it learned with, and interpolate its
   * positions. Then its image processor says the size.
   */
  boolean interpolatesPositions() {
    return false;
  }

  /** What a sentence says that Engram reads, as "a SigLIP (model_type siglip)". */
  abstract String described();

  // ---------------------------------------------------------------- features of the towers

  /** Whether the patch embedding has a bias. */
  abstract boolean hasPatchBias();

  /** Whether a layer norm stands before the first layer of the image tower. */
  abstract boolean hasPreNorm();

  /** Whether a bias is added after P. */
  abstract boolean hasProjectionBias();

  /** Whether a token of a text sees those before it alone, and a text is read at its end. */
  abstract boolean hasCausalText();

  /** Whether a bias is added after the projection of texts. */
  abstract boolean hasTextProjectionBias();

  // ---------------------------------------------------------------- tensors

  /** Who names its tensors, the surest to tell first. */
  abstract List<Naming> namings();

  /** Whether the tensors are of this family, or of one that is built alike. */
  abstract boolean isBuiltAs(Checkpoint checkpoint);

  /** The Hugging Face name of the tensor whose rows are the shared space. */
  abstract String imageProjection();

  /** The Hugging Face name of what projects texts, without {@code .weight}. */
  abstract String textProjection();

  /**
   * What transformers expects of such a model besides its layers.
   *
   * @return Hugging Face names
   * @throws EngramException if transformers has no class for this family
   */
  abstract List<String> savedBesideLayers(Checkpoint checkpoint, boolean hasText);

  /** Whether transformers keeps logit_scale without a dimension. */
  abstract boolean hasScalarLogitScale();

  // ---------------------------------------------------------------- configuration

  /** What it takes where its files are silent. */
  abstract FamilyDefaults defaults();

  /** What the names of its classes in transformers begin with; empty where there are none. */
  abstract Set<String> transformersClasses();

  /**
   * Whether a configuration of transformers is of this family.
   *
   * @param type its model_type, {@code clip} where it states none
   */
  abstract boolean isTransformers(String type, JsonNode config, Path directory);

  /** Keys of its configuration in transformers that change nothing of what is computed here. */
  Set<String> passedOver() {
    return Set.of();
  }

  /** d_f as a configuration of transformers states it; 0 where it does not. */
  int ffnWidth(ConfigFile file, JsonNode tower) {
    return file.size(tower, "intermediate_size", 0);
  }

  /**
   * Refuses kinds of this family that are not computed here.
   *
   * @param type its model_type
   */
  void checkTransformers(String type, ConfigFile file, Checkpoint checkpoint) {}

  /**
   * The settings of a tower in a configuration of transformers.
   *
   * @param name {@code vision_config} or {@code text_config}
   * @param heads the default of transformers
   */
  JsonNode tower(ConfigFile file, String name, int heads) {
    if (file.root().path(name + "_dict").isObject()) {
      file.note(
          "%s has %s_dict too, which transformers does not read for this family: %s is taken."
              .formatted(file.name(), name, name));
    }
    return file.root().path(name);
  }

  /**
   * The token at which texts are pooled.
   *
   * @param stated eos_token_id, or the default of transformers
   * @return its id, or -1 for the largest one, or where texts are pooled at their last place
   */
  abstract int endOfText(int stated);

  /** Reads the settings of an image tower from OpenCLIP's configuration of a model. */
  @FunctionalInterface
  interface OpenClipVision {
    Stated.Tower read(ConfigFile file, ClipConfig.Activation activation, Checkpoint checkpoint);
  }

  /**
   * Whether an image tower of OpenCLIP is of this family.
   *
   * @param settings {@code vision_cfg}
   * @return how its settings are read, if it is
   */
  Optional<OpenClipVision> openClip(JsonNode settings) {
    return Optional.empty();
  }

  // ---------------------------------------------------------------- texts

  /** The tokenizer in a model's folder, to be closed by the caller. */
  Tokenizer tokenizer(Path directory, ClipConfig config) {
    return Tokenizer.of(directory, config.contextLength(), config.endOfTextId());
  }

  /** A sentence that a user should read of every such model with a text tower. */
  Optional<String> noteOnTexts(Path directory) {
    return Optional.empty();
  }

  @Override
  public final String toString() {
    return title();
  }
}
