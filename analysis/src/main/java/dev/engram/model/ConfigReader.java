package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.Json;
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
import java.util.stream.Stream;

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

  /** Of the whole model; what begins a training does not matter. */
  private static final Set<String> OPEN_CLIP_ROOT =
      Set.of(
          "embed_dim",
          "vision_cfg",
          "text_cfg",
          "quick_gelu",
          "custom_text",
          "init_logit_scale",
          "init_logit_bias",
          "nonscalar_logit_scale",
          "cast_dtype",
          "output_dict",
          // where the file is model_cfg itself
          "preprocess_cfg");

  /** Of openai_config.json, whose names are those of OpenAI's class. */
  private static final Set<String> OPENAI_READ =
      Set.of(
          "embed_dim",
          "image_resolution",
          "vision_layers",
          "vision_width",
          "vision_heads",
          "vision_patch_size",
          "vision_mlp",
          "context_length",
          "vocab_size",
          "transformer_width",
          "transformer_heads",
          "transformer_layers",
          "transformer_mlp",
          "hidden_act",
          "layer_norm_eps");

  /** By any of these a file is transformers'. */
  private static final List<String> HUGGING_FACE =
      List.of(
          "vision_config", "text_config", "vision_config_dict", "text_config_dict", "model_type");

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
    boolean hasText = ckpt.hasText();
    int context = hasText ? ckpt.sizes("text_model.embeddings.position_embedding.weight", 2)[0] : 0;
    if (context > MOST_CONTEXT) {
      throw new EngramException(
          "The text tower in %s has %d positions; Engram reads texts of at most %d tokens."
              .formatted(ckpt.directory, context, MOST_CONTEXT));
    }
    int[] tokens =
        hasText ? ckpt.sizes("text_model.embeddings.token_embedding.weight", 2) : new int[2];
    boolean projects = hasText || ckpt.has(projection(stated.family));
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
        stated.imageSize / patch[2] == side ? stated.imageSize : Math.multiplyExact(side, patch[2]);
    ClipConfig config =
        new ClipConfig(
            stated.family,
            tower("vision_model", patch[0], stated.vision),
            hasText ? tower("text_model", tokens[1], stated.text) : null,
            projects ? ckpt.sizes(projection(stated.family), 2)[0] : patch[0],
            imageSize,
            patch[2],
            context,
            tokens[0],
            stated.endOfTextId,
            notes);
    check("image_size", stated.imageSize, config.imageSize());
    check("patch_size", stated.patchSize, config.patchSize());
    if (projects) {
      check("projection width", stated.projectionWidth, config.projectionWidth());
    }
    if (hasText) {
      check("context length", stated.contextLength, context);
      check("vocabulary size", stated.vocabularySize, tokens[0]);
      checkEnd(stated, tokens[0]);
    }
    return config;
  }

  /** An id beyond the vocabulary is in no text: transformers would read every text at its start. */
  private void checkEnd(Stated stated, int vocabulary) {
    if (stated.endOfTextId >= vocabulary) {
      throw new EngramException(
          stated.endIsStated
              ? "The configuration %s ends a text with the token %d, but the vocabulary has %d; take both from the same model."
                  .formatted(file, stated.endOfTextId, vocabulary)
              : "The configuration %s has no %s.eos_token_id, and the default of transformers, %d, is beyond the vocabulary of %d tokens; add it (2 for the largest id of a text, as in OpenAI's models)."
                  .formatted(file, stated.textPath, stated.endOfTextId, vocabulary));
    }
  }

  /**
   * A configuration beside the weights of another family would be told by a missing tensor alone.
   */
  private void checkIsOf(Family family) {
    boolean pool = ckpt.has("vision_model.head.probe");
    boolean timm = ckpt.naming == Checkpoint.Naming.OPENCLIP_TIMM;
    if (pool == (family == Family.SIGLIP) && timm == (family == Family.EVA)) {
      return;
    }
    if (file.equals(ckpt.directory)) {
      throw new EngramException(
          "There is no configuration in %s, and the weights (%s names, %s attention pool) are not of a plain CLIP; add the %s of the model."
              .formatted(
                  file,
                  ckpt.naming.title,
                  pool ? "an" : "no",
                  timm ? "open_clip_config.json" : "config.json"));
    }
    throw new EngramException(
        "By its configuration %s the model is a %s, but its weights are of another family (%s names, %s attention pool); take both from the same model."
            .formatted(file, family.title(), ckpt.naming.title, pool ? "an" : "no"));
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
      int endOfTextId,
      boolean endIsStated,
      String textPath) {
    /** Texts end at their largest id. */
    Stated(
        Family family,
        StatedTower vision,
        StatedTower text,
        int projectionWidth,
        int imageSize,
        int patchSize,
        int contextLength,
        int vocabularySize) {
      this(
          family,
          vision,
          text,
          projectionWidth,
          imageSize,
          patchSize,
          contextLength,
          vocabularySize,
          -1,
          true,
          "text_config");
    }
  }

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
        if (c.has("model_cfg") || c.has("vision_cfg")) {
          return openClip(c.has("model_cfg") ? c.path("model_cfg") : c); // as OpenCLIP reads it
        }
        return HUGGING_FACE.stream().anyMatch(c::has) ? huggingFace(c) : openAi(c);
      }
    }
    file = ckpt.directory;
    notes.add(
        "No configuration file: heads are taken as width / 64, the activation as quick_gelu and the"
            + " layer-norm epsilon as 1e-5, as in OpenAI's code; if the model was trained with exact"
            + " gelu, add a config.json.");
    StatedTower none = new StatedTower(0, 0, 0, 0, Activation.QUICK_GELU, EPS);
    return new Stated(Family.CLIP, none, none, 0, 0, 0, 0, 0);
  }

  private Stated huggingFace(JsonNode c) {
    String type = c.path("model_type").asText("clip");
    Family family =
        Stream.of(Family.CLIP, Family.SIGLIP)
            .filter(f -> type.matches(FamilyDefaults.of(f).modelType() + "(_vision_model)?"))
            .findFirst()
            .orElseThrow(() -> unknown(type));
    FamilyDefaults otherwise = FamilyDefaults.of(family);
    boolean visionAlone = type.equals(otherwise.visionType());
    if (visionAlone && ckpt.hasText()) {
      throw new EngramException(
          "By its configuration %s (model_type %s) the model is an image tower alone, but its weights have a text tower too; take both from the same model."
              .formatted(file, type));
    }
    JsonNode v = visionAlone ? c : tower(c, "vision_config", family, 12);
    JsonNode t = tower(c, "text_config", family, otherwise.textHeads());
    List<String> unread = new ArrayList<>(TransformersKeys.check(c, "", this::notComputed));
    if (!visionAlone) {
      unread.addAll(TransformersKeys.check(v, "vision_config.", this::notComputed));
      unread.addAll(TransformersKeys.check(t, "text_config.", this::notComputed));
    }
    JsonNode eos = t.path("eos_token_id");
    if (!eos.isMissingNode() && !eos.isNull() && !eos.canConvertToInt()) {
      throw wrong("eos_token_id", eos, "a whole number");
    }
    int end = eos.asInt(49407);
    List<String> assumed = new ArrayList<>();
    StatedTower vision =
        huggingFaceTower(v, visionAlone ? "" : "vision_config.", 12, otherwise, assumed);
    StatedTower text =
        ckpt.hasText()
            ? huggingFaceTower(t, "text_config.", otherwise.textHeads(), otherwise, assumed)
            : vision;
    if (!assumed.isEmpty()) {
      notes.add(
          file.getFileName()
              + " leaves out what follows, so the defaults of Hugging Face are taken: "
              + String.join(", ", assumed)
              + ".");
    }
    noteUnread(unread);
    return new Stated(
        family,
        vision,
        text,
        size(c, "projection_dim", 0),
        size(v, "image_size", 0),
        size(v, "patch_size", 0),
        size(t, "max_position_embeddings", 0),
        size(t, "vocab_size", 0),
        // 2 is what old configurations say; transformers then pools at the largest id, as OpenAI.
        end == 2 || family == Family.SIGLIP ? -1 : end,
        eos.isIntegralNumber(),
        c.path("text_config_dict").isObject() ? "text_config_dict" : "text_config");
  }

  /**
   * The settings of a tower. Old files repeat them as {@code vision_config_dict}: CLIPConfig of
   * transformers puts that, filled up with its own defaults, over {@code vision_config};
   * SiglipConfig does not know it.
   */
  private JsonNode tower(JsonNode c, String name, Family family, int heads) {
    JsonNode base = c.path(name);
    JsonNode dict = c.path(name + "_dict");
    if (family != Family.CLIP || !dict.isObject()) {
      return base;
    }
    FamilyDefaults otherwise = FamilyDefaults.of(family);
    ObjectNode whole = dict.deepCopy();
    Map.of(
            "num_attention_heads", whole.numberNode(heads),
            "hidden_act", whole.textNode(otherwise.activation().configName()),
            "layer_norm_eps", whole.numberNode(otherwise.eps()))
        .forEach(
            (key, value) -> {
              if (!dict.hasNonNull(key) && base.hasNonNull(key)) {
                whole.set(key, value);
              }
            });
    List<String> differing =
        whole.properties().stream()
            .filter(e -> base.has(e.getKey()) && !isSame(base.get(e.getKey()), e.getValue()))
            .map(e -> Settings.shown(e.getKey()) + " " + Settings.shown(e.getValue().toString()))
            .sorted()
            .toList();
    if (!differing.isEmpty()) {
      notes.add(
          "%s says otherwise in %s and %s_dict; as in transformers, the second holds, filled up with its defaults: %s."
              .formatted(file.getFileName(), name, name, String.join(", ", differing)));
    }
    return whole;
  }

  private static boolean isSame(JsonNode a, JsonNode b) {
    return a.isNumber() && b.isNumber() ? a.asDouble() == b.asDouble() : a.equals(b);
  }

  private EngramException notComputed(String key, JsonNode value) {
    return wrong(key, value, "it to be left out: what it changes is not computed here");
  }

  private void noteUnread(List<String> unread) {
    if (!unread.isEmpty()) {
      int most = 8;
      notes.add(
          "%s says what Engram does not know and did not read: %s%s."
              .formatted(
                  file.getFileName(),
                  String.join(", ", unread.subList(0, Math.min(most, unread.size()))),
                  unread.size() > most ? " and %d more".formatted(unread.size() - most) : ""));
    }
  }

  /** Configurations leave out what is the default, as the number of heads. */
  private StatedTower huggingFaceTower(
      JsonNode c, String path, int heads, FamilyDefaults otherwise, List<String> assumed) {
    String activation = otherwise.activation().configName();
    if (!c.hasNonNull("num_attention_heads")) {
      assumed.add(path + "num_attention_heads " + heads);
    }
    if (!c.hasNonNull("hidden_act")) {
      assumed.add(path + "hidden_act " + activation);
    }
    if (!c.hasNonNull("layer_norm_eps")) {
      assumed.add(path + "layer_norm_eps " + (otherwise.eps() == EPS ? "1e-5" : "1e-6"));
    }
    return new StatedTower(
        size(c, "num_hidden_layers", 0),
        size(c, "hidden_size", 0),
        size(c, "num_attention_heads", heads),
        size(c, "intermediate_size", 0),
        activation(c.path("hidden_act").asText(activation)),
        epsilon(c, otherwise.eps()));
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
    refuseOthers(v, "vision_cfg.", OPEN_CLIP_READ);
    refuseOthers(t, "text_cfg.", OPEN_CLIP_READ);
    refuseOthers(m, "", OPEN_CLIP_ROOT);
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
        size(v, "image_size", 0),
        size(v, "patch_size", 0),
        size(t, "context_length", 0),
        size(t, "vocab_size", 0));
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
  private void refuseOthers(JsonNode settings, String path, Set<String> read) {
    settings
        .properties()
        .forEach(
            setting -> {
              String key = path + setting.getKey();
              JsonNode value = setting.getValue();
              boolean off =
                  Settings.isOff(value)
                      || (value.isTextual()
                          && OPEN_CLIP_DEFAULTS
                              .getOrDefault(key, Set.of())
                              .contains(value.textValue()));
              if (!off && !read.contains(setting.getKey())) {
                throw wrong(key, value, "it to be left out: this setting is not implemented");
              }
            });
  }

  private Stated openAi(JsonNode c) {
    if (OPENAI_READ.stream().noneMatch(c::has)) {
      throw new EngramException(
          "The configuration %s has none of the settings that Engram reads (its keys: %s); expected vision_config and text_config (transformers), model_cfg (OpenCLIP), or sizes as vision_heads and transformer_heads."
              .formatted(
                  file,
                  c.properties().stream().map(e -> Settings.shown(e.getKey())).limit(6).toList()));
    }
    noteUnread(Settings.unread(c, OPENAI_READ));
    List<String> silent =
        Stream.of("hidden_act", "vision_heads", "transformer_heads")
            .filter(k -> !c.has(k))
            .toList();
    if (!silent.isEmpty()) {
      notes.add(
          "%s leaves out %s: heads are then width / 64 and the activation quick_gelu, as in OpenAI's code."
              .formatted(file.getFileName(), String.join(", ", silent)));
    }
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
        size(c, "vocab_size", 0));
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
          "The width %d of the %s cannot be divided into %d heads, which %s states or leaves to the default; give it the right number."
              .formatted(width, title, heads, file));
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
    return new EngramException(
        "The configuration %s says %s %s, expected %s."
            .formatted(file, Settings.shown(key), Settings.shown(got.toString()), expected));
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
