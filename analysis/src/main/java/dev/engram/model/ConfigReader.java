package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.model.ClipConfig.Tower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes a {@link ClipConfig} from a checkpoint: sizes come from the tensors, the rest from {@code
 * config.json} (Hugging Face), {@code open_clip_config.json} or {@code openai_config.json}, each in
 * its dialect. What no file states is inferred as the original code does, and noted.
 */
final class ConfigReader {
  /** The causal mask has this many rows and columns. */
  private static final int MOST_CONTEXT = 4096;

  private final Checkpoint ckpt;
  private final List<String> notes = new ArrayList<>();
  private Path path; // where the settings come from, for errors

  private ConfigReader(Checkpoint ckpt) {
    this.ckpt = ckpt;
    this.path = ckpt.directory;
  }

  /**
   * @throws EngramException if the configuration is of another architecture, or contradicts the
   *     tensors
   */
  static ClipConfig read(Checkpoint ckpt) {
    return new ConfigReader(ckpt).read();
  }

  private ClipConfig read() {
    Stated stated = stated();
    checkIsOf(stated.family());
    int[] patch = ckpt.sizes("vision_model.embeddings.patch_embedding.weight", 4);
    if (patch[1] != 3 || patch[2] != patch[3]) {
      throw new EngramException(
          "The patch embedding in %s has the shape %s, expected (width, 3, patch, patch)."
              .formatted(ckpt.directory, Arrays.toString(patch)));
    }
    int side = side(stated.family());
    boolean hasText = ckpt.hasText();
    if (hasText) {
      stated.family().noteOnTexts(ckpt.directory).ifPresent(notes::add);
    }
    int context = hasText ? ckpt.sizes("text_model.embeddings.position_embedding.weight", 2)[0] : 0;
    if (context > MOST_CONTEXT) {
      throw new EngramException(
          "The text tower in %s has %d positions; Engram reads texts of at most %d tokens."
              .formatted(ckpt.directory, context, MOST_CONTEXT));
    }
    int[] tokens =
        hasText ? ckpt.sizes("text_model.embeddings.token_embedding.weight", 2) : new int[2];
    boolean projects = hasText || ckpt.has(stated.family().imageProjection());
    if (!hasText) {
      notes.add(
          "The checkpoint has no text tower: what needs labels or words is refused."
              + (projects
                  ? ""
                  : " It has no visual_projection either: an image's embedding is LN_post(h[L][0]) of"
                      + " its class token, which lies in no space that is shared with texts."));
    }
    // 384 pixels make 27 patches of 14 and a rest
    int imageSize =
        stated.imageSize() / patch[2] == side
            ? stated.imageSize()
            : Math.multiplyExact(side, patch[2]);
    ClipConfig config =
        new ClipConfig(
            stated.family(),
            tower("vision_model", patch[0], stated.vision()),
            hasText ? tower("text_model", tokens[1], stated.text()) : null,
            projects ? ckpt.sizes(stated.family().imageProjection(), 2)[0] : patch[0],
            imageSize,
            patch[2],
            context,
            tokens[0],
            stated.endOfTextId(),
            notes);
    check("image_size", stated.imageSize(), config.imageSize());
    check("patch_size", stated.patchSize(), config.patchSize());
    if (projects) {
      check("projection width", stated.projectionWidth(), config.projectionWidth());
    }
    if (hasText) {
      check("context length", stated.contextLength(), context);
      check("vocabulary size", stated.vocabularySize(), tokens[0]);
      checkEnd(stated, tokens[0]);
    }
    return config;
  }

  /** An id beyond the vocabulary is in no text: transformers would read every text at its start. */
  private void checkEnd(Stated stated, int vocabulary) {
    if (stated.endOfTextId() >= vocabulary) {
      throw new EngramException(
          stated.endIsStated()
              ? "The configuration %s ends a text with the token %d, but the vocabulary has %d; take both from the same model."
                  .formatted(path, stated.endOfTextId(), vocabulary)
              : "The configuration %s has no %s.eos_token_id, and the default of transformers, %d, is beyond the vocabulary of %d tokens; add it (2 for the largest id of a text, as in OpenAI's models)."
                  .formatted(path, stated.textPath(), stated.endOfTextId(), vocabulary));
    }
  }

  /**
   * A configuration beside the weights of another family would be told by a missing tensor alone.
   */
  private void checkIsOf(Family family) {
    if (family.isBuiltAs(ckpt)) {
      return;
    }
    boolean pool = ckpt.has("vision_model.head.probe");
    if (path.equals(ckpt.directory)) {
      throw new EngramException(
          "There is no configuration in %s, and the weights (%s names, %s attention pool) are not of a plain CLIP; add the %s of the model."
              .formatted(
                  path,
                  ckpt.naming.title(),
                  pool ? "an" : "no",
                  ckpt.naming.isTransformers() ? "config.json" : "open_clip_config.json"));
    }
    throw new EngramException(
        "By its configuration %s the model is a %s, but its weights are of another family (%s names, %s attention pool); take both from the same model."
            .formatted(path, family.title(), ckpt.naming.title(), pool ? "an" : "no"));
  }

  /** Patches along a side of the image. */
  private int side(Family family) {
    int positions = ckpt.sizes("vision_model.embeddings.position_embedding.weight", 2)[0];
    int extra = family.hasClassToken() ? 1 : 0;
    int side = (int) Math.round(Math.sqrt((double) positions - extra));
    if (side < 1 || (long) side * side != positions - extra) {
      throw new EngramException(
          "The image tower in "
              + ckpt.directory
              + " has "
              + positions
              + " positions, expected "
              + (extra == 1 ? "1 more than " : "")
              + "a square number; other layouts are not read.");
    }
    return side;
  }

  /** Reads the first file there is; which dialect it is in, its content tells. */
  private Stated stated() {
    List<String> names =
        ckpt.naming.isTransformers()
            ? List.of("config.json", "open_clip_config.json", "openai_config.json")
            : List.of("open_clip_config.json", "openai_config.json", "config.json");
    for (String name : names) {
      path = ckpt.directory.resolve(name);
      if (Files.exists(path)) {
        ConfigFile file = new ConfigFile(path, Json.object(path), notes);
        return OpenClipDialect.isOf(file.root()) // as OpenCLIP reads it
            ? OpenClipDialect.read(file, ckpt)
            : TransformersDialect.isOf(file.root())
                ? TransformersDialect.read(file, ckpt)
                : OpenAiDialect.read(file);
      }
    }
    path = ckpt.directory;
    notes.add(
        "No configuration file: heads are taken as width / 64, the activation as quick_gelu and the"
            + " layer-norm epsilon as 1e-5, as in OpenAI's code; if the model was trained with exact"
            + " gelu, add a config.json.");
    return OpenAiDialect.inferred();
  }

  private Tower tower(String name, int width, Stated.Tower stated) {
    String title = name.replace("_model", " tower");
    int layers = ckpt.layers(name);
    if (layers == 0) {
      throw new EngramException(
          "The checkpoint in " + ckpt.directory + " has no layers of the " + title + ".");
    }
    int heads = stated.heads() > 0 ? stated.heads() : Math.max(1, width / 64);
    if (width % heads != 0) {
      throw new EngramException(
          "The width %d of the %s cannot be divided into %d heads, which %s states or leaves to the default; give it the right number."
              .formatted(width, title, heads, path));
    }
    int ffn = ckpt.sizes(name + ".encoder.layers.0.mlp.fc1.weight", 2)[0];
    check("layers of the " + title, stated.layers(), layers);
    check("width of the " + title, stated.width(), width);
    check("FFN width of the " + title, stated.ffnWidth(), ffn);
    if (stated.rotaryGrid() > 0 && width / heads % 4 != 0) {
      throw new EngramException(
          "Rotary positions turn channels of rows and of columns in pairs, so a head needs a multiple of 4; the %s in %s has %d."
              .formatted(title, ckpt.directory, width / heads));
    }
    return new Tower(
        layers,
        width,
        heads,
        ffn,
        stated.activation(),
        stated.eps(),
        stated.gated(),
        stated.innerNorms(),
        stated.rotaryGrid());
  }

  private void check(String what, int stated, int found) {
    if (stated != 0 && stated != found) {
      throw new EngramException(
          "The configuration %s and the tensors contradict each other: %s is %d in the one and %d in"
                  .formatted(path, what, stated, found)
              + " the others; take both from the same model.");
    }
  }
}
