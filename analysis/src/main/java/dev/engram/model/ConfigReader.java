package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.ClipConfig.Tower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a {@link ClipConfig} from a checkpoint: sizes come from the tensors, the rest from {@code
 * config.json} (Hugging Face), {@code open_clip_config.json} or {@code openai_config.json}. What no
 * file states is inferred as the original code does, and noted.
 */
final class ConfigReader {
  private final Checkpoint ckpt;
  private final List<String> notes = new ArrayList<>();

  private ConfigReader(Checkpoint ckpt) {
    this.ckpt = ckpt;
  }

  /**
   * @throws EngramException if the configuration is of another architecture, or contradicts the
   *     tensors
   */
  static ClipConfig read(Checkpoint ckpt) {
    return new ConfigReader(ckpt).read();
  }

  private ClipConfig read() {
    Path dir = ckpt.directory;
    Stated stated;
    if (Files.exists(dir.resolve("config.json")) && ckpt.naming == Checkpoint.Naming.HUGGING_FACE) {
      stated = huggingFace(Checkpoint.json(dir.resolve("config.json")));
    } else if (Files.exists(dir.resolve("open_clip_config.json"))) {
      stated = openClip(Checkpoint.json(dir.resolve("open_clip_config.json")));
    } else if (Files.exists(dir.resolve("openai_config.json"))) {
      stated = openAi(Checkpoint.json(dir.resolve("openai_config.json")));
    } else {
      notes.add(
          "No configuration file: heads are taken as width / 64, the activation as quick_gelu and the"
              + " layer-norm epsilon as 1e-5, as in OpenAI's code; if the model was trained with exact"
              + " gelu, add a config.json.");
      stated = new Stated(0, 0, Activation.QUICK_GELU, Activation.QUICK_GELU, 1e-5, 1e-5, -1, 0, 0);
    }
    return build(stated);
  }

  /** What a file states; 0 where it does not. */
  private record Stated(
      int visionHeads,
      int textHeads,
      Activation visionActivation,
      Activation textActivation,
      double visionEps,
      double textEps,
      int endOfTextId,
      int imageSize,
      int patchSize) {}

  private Stated huggingFace(JsonNode c) {
    String type = c.path("model_type").asText("clip");
    if (!type.equals("clip")) {
      throw unknown(type);
    }
    JsonNode v = c.path("vision_config");
    JsonNode t = c.path("text_config");
    int eos = t.path("eos_token_id").asInt(49407);
    // 2 is what old configurations say; transformers then pools at the largest id, as OpenAI does.
    return new Stated(
        v.path("num_attention_heads").asInt(12),
        t.path("num_attention_heads").asInt(8),
        activation(v.path("hidden_act").asText("quick_gelu")),
        activation(t.path("hidden_act").asText("quick_gelu")),
        v.path("layer_norm_eps").asDouble(1e-5),
        t.path("layer_norm_eps").asDouble(1e-5),
        eos == 2 ? -1 : eos,
        v.path("image_size").asInt(0),
        v.path("patch_size").asInt(0));
  }

  private Stated openClip(JsonNode c) {
    JsonNode m = c.path("model_cfg");
    JsonNode v = m.path("vision_cfg");
    JsonNode t = m.path("text_cfg");
    if (v.has("timm_model_name") || v.path("layers").isArray() || t.has("hf_model_name")) {
      throw unknown(
          v.has("timm_model_name")
              ? v.path("timm_model_name").asText()
              : t.has("hf_model_name") ? t.path("hf_model_name").asText() : "ResNet");
    }
    Activation a = m.path("quick_gelu").asBoolean(false) ? Activation.QUICK_GELU : Activation.GELU;
    int width = (int) ckpt.shape("vision_model.embeddings.class_embedding")[0];
    return new Stated(
        width / v.path("head_width").asInt(64),
        t.path("heads").asInt(8),
        a,
        a,
        1e-5,
        1e-5,
        -1,
        v.path("image_size").asInt(224),
        v.path("patch_size").asInt(0));
  }

  private Stated openAi(JsonNode c) {
    Activation a = activation(c.path("hidden_act").asText("quick_gelu"));
    double eps = c.path("layer_norm_eps").asDouble(1e-5);
    return new Stated(
        c.path("vision_heads").asInt(0),
        c.path("transformer_heads").asInt(0),
        a,
        a,
        eps,
        eps,
        -1,
        c.path("image_resolution").asInt(0),
        c.path("vision_patch_size").asInt(0));
  }

  private ClipConfig build(Stated s) {
    long[] patch = ckpt.shape("vision_model.embeddings.patch_embedding.weight");
    if (patch.length != 4 || patch[1] != 3 || patch[2] != patch[3]) {
      throw new EngramException(
          "The patch embedding has the shape %s, expected (width, 3, patch, patch)."
              .formatted(java.util.Arrays.toString(patch)));
    }
    int patchSize = (int) patch[2];
    long[] positions = ckpt.shape("vision_model.embeddings.position_embedding.weight");
    int side = (int) Math.round(Math.sqrt(positions[0] - 1.0));
    check("patch_size", s.patchSize, patchSize);
    check("image_size", s.imageSize, side * patchSize);
    if (side * side != positions[0] - 1) {
      throw new EngramException(
          "The image tower has "
              + positions[0]
              + " positions, expected 1 more than a square number; other layouts are not read.");
    }
    long[] contexts = ckpt.shape("text_model.embeddings.position_embedding.weight");
    long[] tokens = ckpt.shape("text_model.embeddings.token_embedding.weight");
    return new ClipConfig(
        tower("vision_model", (int) patch[0], s.visionHeads, s.visionActivation, s.visionEps),
        tower("text_model", (int) tokens[1], s.textHeads, s.textActivation, s.textEps),
        (int) ckpt.shape("visual_projection.weight")[0],
        side * patchSize,
        patchSize,
        (int) contexts[0],
        (int) tokens[0],
        s.endOfTextId,
        notes);
  }

  private Tower tower(String name, int width, int stated, Activation activation, double eps) {
    int layers = 0;
    while (ckpt.has(name + ".encoder.layers." + layers + ".layer_norm1.weight")) {
      layers++;
    }
    if (layers == 0) {
      throw new EngramException(
          "The checkpoint in "
              + ckpt.directory
              + " has no layers of the "
              + name.replace("_model", "")
              + " tower.");
    }
    int heads = stated > 0 ? stated : Math.max(1, width / 64);
    if (width % heads != 0) {
      throw new EngramException(
          "A width of "
              + width
              + " cannot be divided into "
              + heads
              + " heads; check the configuration in "
              + ckpt.directory
              + ".");
    }
    int ffn = (int) ckpt.shape(name + ".encoder.layers.0.mlp.fc1.weight")[0];
    return new Tower(layers, width, heads, ffn, activation, eps);
  }

  private void check(String what, int stated, int found) {
    if (stated != 0 && stated != found) {
      throw new EngramException(
          "The configuration in %s says %s %d, but the tensors say %d."
              .formatted(ckpt.directory, what, stated, found));
    }
  }

  private Activation activation(String name) {
    return switch (name) {
      case "quick_gelu" -> Activation.QUICK_GELU;
      case "gelu" -> Activation.GELU;
      default ->
          throw new EngramException(
              "The activation '" + name + "' is not implemented, expected quick_gelu or gelu.");
    };
  }

  private EngramException unknown(String type) {
    return new EngramException(
        "The architecture '"
            + type
            + "' is not implemented: expected a CLIP with two plain transformers (model_type clip, or"
            + " OpenCLIP without timm or Hugging Face towers).");
  }
}
