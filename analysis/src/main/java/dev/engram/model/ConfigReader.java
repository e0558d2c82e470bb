package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.ClipConfig.Family;
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
 *
 * <p>Which family it is the configuration says: model_type siglip, or a timm model of {@link #EVA}.
 * OpenCLIP's configuration of a timm model has no sizes; what the tensors do not tell either, the
 * number of heads and the rotation, stands here as timm defines its models.
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
          "timm_model_name",
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

  private static final double TIMM_EPS = 1e-6;

  /** The grid at which every EVA-02 learned its rotary positions: 224 pixels in patches of 14. */
  private static final int EVA_GRID = 16;

  /**
   * A model of timm.
   *
   * @param heads H
   * @param rotaryGrid see {@link Tower}
   */
  private record Eva(int heads, int rotaryGrid) {}

  /** The image towers of EVA-CLIP in timm, without the resolution behind the name. */
  private static final Map<String, Eva> EVA =
      Map.of(
          "eva_giant_patch14", new Eva(16, 0),
          "eva_giant_patch14_clip", new Eva(16, 0),
          "eva02_base_patch16_clip", new Eva(12, EVA_GRID),
          "eva02_large_patch14_clip", new Eva(16, EVA_GRID));

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
    checkIsOf(stated.family);
    int[] patch = ckpt.sizes("vision_model.embeddings.patch_embedding.weight", 4);
    if (patch[1] != 3 || patch[2] != patch[3]) {
      throw new EngramException(
          "The patch embedding in %s has the shape %s, expected (width, 3, patch, patch)."
              .formatted(ckpt.directory, Arrays.toString(patch)));
    }
    int side = side(stated.family);
    int context = ckpt.sizes("text_model.embeddings.position_embedding.weight", 2)[0];
    if (context > MOST_CONTEXT) {
      throw new EngramException(
          "The text tower in %s has %d positions; Engram reads texts of at most %d tokens."
              .formatted(ckpt.directory, context, MOST_CONTEXT));
    }
    int[] tokens = ckpt.sizes("text_model.embeddings.token_embedding.weight", 2);
    // 384 pixels make 27 patches of 14 and a rest
    int imageSize =
        stated.imageSize / patch[2] == side ? stated.imageSize : Math.multiplyExact(side, patch[2]);
    ClipConfig config =
        new ClipConfig(
            stated.family,
            tower("vision_model", patch[0], stated.vision),
            tower("text_model", tokens[1], stated.text),
            ckpt.sizes(projection(stated.family), 2)[0],
            imageSize,
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

  /**
   * A configuration beside the weights of another family would be told by a missing tensor alone.
   */
  private void checkIsOf(Family family) {
    boolean pool = ckpt.has("vision_model.head.probe");
    boolean timm = ckpt.naming == Checkpoint.Naming.OPENCLIP_TIMM;
    if (pool != (family == Family.SIGLIP) || timm != (family == Family.EVA)) {
      throw new EngramException(
          "By its configuration %s the model is a %s, but its weights are of another family (%s names, %s attention pool); take both from the same model."
              .formatted(file, family.title(), ckpt.naming.title, pool ? "an" : "no"));
    }
  }

  private static String projection(Family family) {
    return family == Family.SIGLIP
        ? "vision_model.head.attention.out_proj.weight"
        : "visual_projection.weight";
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

  /** What a file states of one tower; 0 where it does not. */
  private record StatedTower(
      int layers,
      int width,
      int heads,
      int ffnWidth,
      Activation activation,
      double eps,
      boolean gated,
      boolean innerNorms,
      int rotaryGrid) {
    StatedTower(int layers, int width, int heads, int ffnWidth, Activation activation, double eps) {
      this(layers, width, heads, ffnWidth, activation, eps, false, false, 0);
    }
  }

  /** What a file states; 0 where it does not. */
  private record Stated(
      Family family,
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
        JsonNode c = Checkpoint.json(file);
        return c.has("model_cfg")
            ? openClip(c.path("model_cfg"))
            : c.has("vision_config") || c.has("model_type") ? huggingFace(c) : openAi(c);
      }
    }
    file = ckpt.directory;
    notes.add(
        "No configuration file: heads are taken as width / 64, the activation as quick_gelu and the"
            + " layer-norm epsilon as 1e-5, as in OpenAI's code; if the model was trained with exact"
            + " gelu, add a config.json.");
    StatedTower none = new StatedTower(0, 0, 0, 0, Activation.QUICK_GELU, EPS);
    return new Stated(Family.CLIP, none, none, 0, 0, 0, 0, 0, -1);
  }

  private Stated huggingFace(JsonNode c) {
    String type = c.path("model_type").asText("clip");
    if (!type.equals("clip") && !type.equals("siglip")) {
      throw unknown(type);
    }
    Defaults otherwise = type.equals("clip") ? Defaults.CLIP : Defaults.SIGLIP;
    JsonNode v = c.path("vision_config");
    JsonNode t = c.path("text_config");
    JsonNode eos = t.path("eos_token_id");
    if (!eos.isMissingNode() && !eos.isNull() && !eos.canConvertToInt()) {
      throw wrong("eos_token_id", eos, "a whole number");
    }
    int end = eos.asInt(49407);
    List<String> assumed = new ArrayList<>();
    StatedTower vision = huggingFaceTower(v, "vision_config", 12, otherwise, assumed);
    StatedTower text = huggingFaceTower(t, "text_config", otherwise.textHeads, otherwise, assumed);
    if (!assumed.isEmpty()) {
      notes.add(
          file.getFileName()
              + " leaves out what follows, so the defaults of Hugging Face are taken: "
              + String.join(", ", assumed)
              + ".");
    }
    return new Stated(
        otherwise.family,
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

  /**
   * What transformers takes where a configuration is silent.
   *
   * @param textHeads of the text tower; an image tower has 12
   */
  private record Defaults(Family family, int textHeads, Activation activation, double eps) {
    static final Defaults CLIP = new Defaults(Family.CLIP, 8, Activation.QUICK_GELU, EPS);
    static final Defaults SIGLIP =
        new Defaults(Family.SIGLIP, 12, Activation.GELU_PYTORCH_TANH, 1e-6);
  }

  /** Configurations leave out what is the default, as the number of heads. */
  private StatedTower huggingFaceTower(
      JsonNode c, String name, int heads, Defaults otherwise, List<String> assumed) {
    String activation = otherwise.activation.configName();
    if (!c.hasNonNull("num_attention_heads")) {
      assumed.add(name + ".num_attention_heads " + heads);
    }
    if (!c.hasNonNull("hidden_act")) {
      assumed.add(name + ".hidden_act " + activation);
    }
    if (!c.hasNonNull("layer_norm_eps")) {
      assumed.add(name + ".layer_norm_eps " + (otherwise.eps == EPS ? "1e-5" : "1e-6"));
    }
    return new StatedTower(
        size(c, "num_hidden_layers", 0),
        size(c, "hidden_size", 0),
        size(c, "num_attention_heads", heads),
        size(c, "intermediate_size", 0),
        activation(c.path("hidden_act").asText(activation)),
        epsilon(c, otherwise.eps));
  }

  private Stated openClip(JsonNode m) {
    JsonNode v = m.path("vision_cfg");
    JsonNode t = m.path("text_cfg");
    boolean timm = v.hasNonNull("timm_model_name");
    Eva eva = timm ? eva(v) : null;
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
    StatedTower text =
        new StatedTower(size(t, "layers", 0), size(t, "width", 0), size(t, "heads", 8), 0, a, EPS);
    return new Stated(
        eva == null ? Family.CLIP : Family.EVA,
        eva == null ? openClipVision(v, a) : timmVision(eva),
        text,
        size(m, "embed_dim", 0),
        size(v, "image_size", 224),
        size(v, "patch_size", 0),
        size(t, "context_length", 0),
        size(t, "vocab_size", 0),
        -1);
  }

  private StatedTower openClipVision(JsonNode v, Activation a) {
    int width = ckpt.sizes("vision_model.embeddings.class_embedding", 1)[0];
    int headWidth = size(v, "head_width", 64);
    if (width % headWidth != 0) {
      throw new EngramException(
          "A width of %d cannot be divided into heads of %d channels; check head_width in %s."
              .formatted(width, headWidth, file));
    }
    return new StatedTower(size(v, "layers", 0), size(v, "width", 0), width / headWidth, 0, a, EPS);
  }

  /** The image tower of an EVA-CLIP, by the name of its model in timm. */
  private Eva eva(JsonNode v) {
    String name = v.path("timm_model_name").asText();
    Eva eva = EVA.get(name.replaceFirst("_\\d+$", ""));
    if (eva == null) {
      throw name.contains("siglip")
          ? new EngramException(
              "SigLIP is read from Hugging Face's own checkpoints, not as OpenCLIP's %s; take one of google, as google/siglip-base-patch16-224."
                  .formatted(name))
          : unknown(name);
    }
    if (!v.path("timm_pool").asText("token").equals("token")) {
      throw wrong("vision_cfg.timm_pool", v.path("timm_pool"), "token");
    }
    if (v.hasNonNull("timm_proj")) {
      throw wrong("vision_cfg.timm_proj", v.path("timm_proj"), "null");
    }
    return eva;
  }

  private StatedTower timmVision(Eva eva) {
    boolean gated = ckpt.has("vision_model.encoder.layers.0.mlp.gate.weight");
    return new StatedTower(
        0,
        0,
        eva.heads,
        0,
        gated ? Activation.SILU : Activation.GELU,
        TIMM_EPS,
        gated,
        ckpt.has("vision_model.encoder.layers.0.self_attn.inner_norm.weight"),
        eva.rotaryGrid);
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
        Family.CLIP,
        new StatedTower(
            size(c, "vision_layers", 0),
            size(c, "vision_width", 0),
            size(c, "vision_heads", 0),
            size(c, "vision_mlp", 0),
            a,
            epsilon(c, EPS)),
        new StatedTower(
            size(c, "transformer_layers", 0),
            size(c, "transformer_width", 0),
            size(c, "transformer_heads", 0),
            size(c, "transformer_mlp", 0),
            a,
            epsilon(c, EPS)),
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
    if (stated.rotaryGrid > 0 && width / heads % 4 != 0) {
      throw new EngramException(
          "Rotary positions turn channels of rows and of columns in pairs, so a head needs a multiple of 4; the %s in %s has %d."
              .formatted(title, ckpt.directory, width / heads));
    }
    return new Tower(
        layers,
        width,
        heads,
        ffn,
        stated.activation,
        stated.eps,
        stated.gated,
        stated.innerNorms,
        stated.rotaryGrid);
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

  private double epsilon(JsonNode c, double otherwise) {
    JsonNode n = c.path("layer_norm_eps");
    if (n.isMissingNode() || n.isNull()) {
      return otherwise;
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
      case "gelu_pytorch_tanh" -> Activation.GELU_PYTORCH_TANH;
      default ->
          throw new EngramException(
              "The activation '%s' in %s is not implemented, expected quick_gelu, gelu or gelu_pytorch_tanh."
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
            + "' is not implemented: expected a CLIP with two plain transformers (model_type clip or"
            + " OpenCLIP), a SigLIP (model_type siglip) or an EVA-CLIP (EVA01-g, EVA02-B, EVA02-L of"
            + " OpenCLIP).");
  }
}
