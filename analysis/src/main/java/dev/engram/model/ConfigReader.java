package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.ClipConfig.Tower;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes a {@link ClipConfig} from a checkpoint: sizes come from the tensors, the rest from {@code
 * config.json} (Hugging Face), {@code open_clip_config.json} or {@code openai_config.json}. What no
 * file states is inferred as the original code does, and noted.
 */
final class ConfigReader {
  private static final double EPS = 1e-5;

  /** The causal mask has this many rows and columns. */
  private static final int MOST_CONTEXT = 4096;

  /** OpenCLIP's settings that are read here, or that the tensors or other settings make good. */
  private static final Set<String> OPEN_CLIP_READ =
      Set.of(
          // of both towers
          "layers",
          "width",
          "mlp_ratio",
          "output_tokens",
          // of images; the pooler's matter only with attentional_pool, timm_* with a timm model
          "head_width",
          "image_size",
          "patch_size",
          "patch_dropout",
          "attn_pooler_heads",
          "attn_pooler_queries",
          "timm_drop",
          "timm_drop_path",
          "timm_model_pretrained",
          "timm_pool",
          "timm_proj",
          "timm_proj_bias",
          // of texts; the ids matter only with embed_cls or another pool_type, hf_* with its model
          "heads",
          "context_length",
          "vocab_size",
          "eos_id",
          "pad_id",
          "hf_model_pretrained",
          "hf_pooler_type",
          "hf_proj_type");

  /** What other settings of OpenCLIP may say besides null and false. */
  private static final Map<String, Set<String>> OPEN_CLIP_DEFAULTS =
      Map.of(
          "vision_cfg.pool_type", Set.of("tok"),
          "vision_cfg.pos_embed_type", Set.of("learnable"),
          "text_cfg.pool_type", Set.of("argmax"),
          "text_cfg.proj_type", Set.of("linear"));

  private final Checkpoint ckpt;
  private final List<String> notes = new ArrayList<>();
  private Path file; // where the settings come from, for errors

  private ConfigReader(Checkpoint ckpt) {
    this.ckpt = ckpt;
    this.file = ckpt.directory;
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
    int[] patch = ckpt.sizes("vision_model.embeddings.patch_embedding.weight", 4);
    if (patch[1] != 3 || patch[2] != patch[3]) {
      throw new EngramException(
          "The patch embedding in %s has the shape %s, expected (width, 3, patch, patch)."
              .formatted(ckpt.directory, Arrays.toString(patch)));
    }
    int positions = ckpt.sizes("vision_model.embeddings.position_embedding.weight", 2)[0];
    int side = (int) Math.round(Math.sqrt(positions - 1.0));
    if (side < 1 || side * side != positions - 1) {
      throw new EngramException(
          "The image tower in "
              + ckpt.directory
              + " has "
              + positions
              + " positions, expected 1 more than a square number; other layouts are not read.");
    }
    int context = ckpt.sizes("text_model.embeddings.position_embedding.weight", 2)[0];
    if (context > MOST_CONTEXT) {
      throw new EngramException(
          "The text tower in %s has %d positions; Engram reads texts of at most %d tokens."
              .formatted(ckpt.directory, context, MOST_CONTEXT));
    }
    int[] tokens = ckpt.sizes("text_model.embeddings.token_embedding.weight", 2);
    ClipConfig config =
        new ClipConfig(
            tower("vision_model", patch[0], stated.vision),
            tower("text_model", tokens[1], stated.text),
            ckpt.sizes("visual_projection.weight", 2)[0],
            side * patch[2],
            patch[2],
            context,
            tokens[0],
            stated.endOfTextId,
            notes);
    check("image_size", stated.imageSize, config.imageSize());
    check("patch_size", stated.patchSize, config.patchSize());
    check("projection width", stated.projectionWidth, config.projectionWidth());
    check("context length", stated.contextLength, context);
    check("vocabulary size", stated.vocabularySize, tokens[0]);
    return config;
  }

  /** What a file states of one tower; 0 where it does not. */
  private record StatedTower(
      int layers, int width, int heads, int ffnWidth, Activation activation, double eps) {}

  /** What a file states; 0 where it does not. */
  private record Stated(
      StatedTower vision,
      StatedTower text,
      int projectionWidth,
      int imageSize,
      int patchSize,
      int contextLength,
      int vocabularySize,
      int endOfTextId) {}

  /** Reads the first file there is; which dialect it is in, its content tells. */
  private Stated stated() {
    List<String> names =
        ckpt.naming == Checkpoint.Naming.HUGGING_FACE
            ? List.of("config.json", "open_clip_config.json", "openai_config.json")
            : List.of("open_clip_config.json", "openai_config.json", "config.json");
    for (String name : names) {
      file = ckpt.directory.resolve(name);
      if (Files.exists(file)) {
        JsonNode c = Json.object(file);
        return c.has("model_cfg")
            ? openClip(c.path("model_cfg"))
            : c.has("vision_config") || c.has("model_type") ? huggingFace(c) : openAi(c);
      }
    }
    notes.add(
        "No configuration file: heads are taken as width / 64, the activation as quick_gelu and the"
            + " layer-norm epsilon as 1e-5, as in OpenAI's code; if the model was trained with exact"
            + " gelu, add a config.json.");
    StatedTower none = new StatedTower(0, 0, 0, 0, Activation.QUICK_GELU, EPS);
    return new Stated(none, none, 0, 0, 0, 0, 0, -1);
  }

  private Stated huggingFace(JsonNode c) {
    String type = c.path("model_type").asText("clip");
    if (!type.equals("clip")) {
      throw unknown(type);
    }
    JsonNode v = c.path("vision_config");
    JsonNode t = c.path("text_config");
    JsonNode eos = t.path("eos_token_id");
    if (!eos.isMissingNode() && !eos.isNull() && !eos.canConvertToInt()) {
      throw wrong("eos_token_id", eos, "a whole number");
    }
    int end = eos.asInt(49407);
    List<String> assumed = new ArrayList<>();
    StatedTower vision = huggingFaceTower(v, "vision_config", 12, assumed);
    StatedTower text = huggingFaceTower(t, "text_config", 8, assumed);
    if (!assumed.isEmpty()) {
      notes.add(
          file.getFileName()
              + " leaves out what follows, so the defaults of Hugging Face are taken: "
              + String.join(", ", assumed)
              + ".");
    }
    return new Stated(
        vision,
        text,
        size(c, "projection_dim", 0),
        size(v, "image_size", 0),
        size(v, "patch_size", 0),
        size(t, "max_position_embeddings", 0),
        size(t, "vocab_size", 0),
        // 2 is what old configurations say; transformers then pools at the largest id, as OpenAI.
        end == 2 ? -1 : end);
  }

  /** Old configurations leave out what is the default, as the number of heads. */
  private StatedTower huggingFaceTower(JsonNode c, String name, int heads, List<String> assumed) {
    if (!c.hasNonNull("num_attention_heads")) {
      assumed.add(name + ".num_attention_heads " + heads);
    }
    if (!c.hasNonNull("hidden_act")) {
      assumed.add(name + ".hidden_act quick_gelu");
    }
    if (!c.hasNonNull("layer_norm_eps")) {
      assumed.add(name + ".layer_norm_eps 1e-5");
    }
    return new StatedTower(
        size(c, "num_hidden_layers", 0),
        size(c, "hidden_size", 0),
        size(c, "num_attention_heads", heads),
        size(c, "intermediate_size", 0),
        activation(c.path("hidden_act").asText("quick_gelu")),
        epsilon(c));
  }

  private Stated openClip(JsonNode m) {
    JsonNode v = m.path("vision_cfg");
    JsonNode t = m.path("text_cfg");
    if (v.hasNonNull("timm_model_name")) {
      throw unknown(v.path("timm_model_name").asText());
    }
    if (t.hasNonNull("hf_model_name")) {
      throw unknown(t.path("hf_model_name").asText());
    }
    if (v.path("layers").isArray()) {
      throw unknown("ResNet");
    }
    refuseOthers(v, "vision_cfg");
    refuseOthers(t, "text_cfg");
    JsonNode quick = m.path("quick_gelu");
    if (!quick.isMissingNode() && !quick.isBoolean()) {
      throw wrong("quick_gelu", quick, "true or false");
    }
    Activation a = quick.asBoolean(false) ? Activation.QUICK_GELU : Activation.GELU;
    int width = ckpt.sizes("vision_model.embeddings.class_embedding", 1)[0];
    int headWidth = size(v, "head_width", 64);
    if (width % headWidth != 0) {
      throw new EngramException(
          "A width of %d cannot be divided into heads of %d channels; check head_width in %s."
              .formatted(width, headWidth, file));
    }
    return new Stated(
        new StatedTower(size(v, "layers", 0), size(v, "width", 0), width / headWidth, 0, a, EPS),
        new StatedTower(size(t, "layers", 0), size(t, "width", 0), size(t, "heads", 8), 0, a, EPS),
        size(m, "embed_dim", 0),
        size(v, "image_size", 224),
        size(v, "patch_size", 0),
        size(t, "context_length", 0),
        size(t, "vocab_size", 0),
        -1);
  }

  /** Settings that are not read change what the model computes, unless they are off. */
  private void refuseOthers(JsonNode tower, String name) {
    tower
        .fields()
        .forEachRemaining(
            setting -> {
              String key = name + "." + setting.getKey();
              JsonNode value = setting.getValue();
              boolean off =
                  value.isNull()
                      || (value.isBoolean() && !value.booleanValue())
                      || (value.isObject() && value.isEmpty())
                      || (value.isTextual()
                          && OPEN_CLIP_DEFAULTS
                              .getOrDefault(key, Set.of())
                              .contains(value.textValue()));
              if (!off && !OPEN_CLIP_READ.contains(setting.getKey())) {
                throw wrong(key, value, "it to be left out: this setting is not implemented");
              }
            });
  }

  private Stated openAi(JsonNode c) {
    Activation a = activation(c.path("hidden_act").asText("quick_gelu"));
    return new Stated(
        new StatedTower(
            size(c, "vision_layers", 0),
            size(c, "vision_width", 0),
            size(c, "vision_heads", 0),
            size(c, "vision_mlp", 0),
            a,
            epsilon(c)),
        new StatedTower(
            size(c, "transformer_layers", 0),
            size(c, "transformer_width", 0),
            size(c, "transformer_heads", 0),
            size(c, "transformer_mlp", 0),
            a,
            epsilon(c)),
        size(c, "embed_dim", 0),
        size(c, "image_resolution", 0),
        size(c, "vision_patch_size", 0),
        size(c, "context_length", 0),
        size(c, "vocab_size", 0),
        -1);
  }

  private Tower tower(String name, int width, StatedTower stated) {
    String title = name.replace("_model", " tower");
    int layers = ckpt.layers(name);
    if (layers == 0) {
      throw new EngramException(
          "The checkpoint in " + ckpt.directory + " has no layers of the " + title + ".");
    }
    int heads = stated.heads > 0 ? stated.heads : Math.max(1, width / 64);
    if (width % heads != 0) {
      throw new EngramException(
          "The width %d of the %s cannot be divided into %d heads; check the configuration in %s."
              .formatted(width, title, heads, ckpt.directory));
    }
    int ffn = ckpt.sizes(name + ".encoder.layers.0.mlp.fc1.weight", 2)[0];
    check("layers of the " + title, stated.layers, layers);
    check("width of the " + title, stated.width, width);
    check("FFN width of the " + title, stated.ffnWidth, ffn);
    return new Tower(layers, width, heads, ffn, stated.activation, stated.eps);
  }

  private void check(String what, int stated, int found) {
    if (stated != 0 && stated != found) {
      throw new EngramException(
          "The configuration %s and the tensors contradict each other: %s is %d in the one and %d in"
                  .formatted(file, what, stated, found)
              + " the others; take both from the same model.");
    }
  }

  /** A size that a file states; OpenCLIP may write both sides of a square. */
  private int size(JsonNode c, String key, int otherwise) {
    JsonNode n = c.path(key);
    if (n.isArray() && n.size() == 2 && n.get(0).equals(n.get(1))) {
      n = n.get(0);
    }
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
    }
    if (!n.isIntegralNumber() || !n.canConvertToInt() || n.intValue() < 1) {
      throw wrong(key, c.path(key), "a whole number from 1");
    }
    return n.intValue();
  }

  private double epsilon(JsonNode c) {
    JsonNode n = c.path("layer_norm_eps");
    if (n.isMissingNode() || n.isNull()) {
      return EPS;
    }
    if (!n.isNumber() || !(n.doubleValue() >= 0 && n.doubleValue() < 1)) {
      throw wrong("layer_norm_eps", n, "a number from 0 to 1");
    }
    return n.doubleValue();
  }

  private Activation activation(String name) {
    return switch (name) {
      case "quick_gelu" -> Activation.QUICK_GELU;
      case "gelu" -> Activation.GELU;
      default ->
          throw new EngramException(
              "The activation '%s' in %s is not implemented, expected quick_gelu or gelu."
                  .formatted(name, file));
    };
  }

  private EngramException wrong(String key, JsonNode got, String expected) {
    String value = got.toString();
    return new EngramException(
        "The configuration %s says %s %s, expected %s."
            .formatted(
                file, key, value.length() > 80 ? value.substring(0, 80) + "…" : value, expected));
  }

  private EngramException unknown(String type) {
    return new EngramException(
        "The architecture '"
            + type
            + "' is not implemented: expected a CLIP with two plain transformers (model_type clip, or"
            + " OpenCLIP without timm or Hugging Face towers).");
  }
}
