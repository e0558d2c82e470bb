package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.model.ClipConfig.Activation;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** OpenCLIP's configuration of a model, {@code model_cfg} of {@code open_clip_config.json}. */
final class OpenClipDialect {
  private static final double EPS = 1e-5;

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

  /** What other settings of OpenCLIP may say besides null and false. */
  private static final Map<String, Set<String>> OPEN_CLIP_DEFAULTS =
      Map.of(
          "vision_cfg.pool_type", Set.of("tok"),
          "vision_cfg.pos_embed_type", Set.of("learnable"),
          "text_cfg.pool_type", Set.of("argmax"),
          "text_cfg.proj_type", Set.of("linear"));

  private OpenClipDialect() {}

  /** Whether a file is OpenCLIP's. */
  static boolean isOf(JsonNode root) {
    return root.has("model_cfg") || root.has("vision_cfg");
  }

  static Stated read(ConfigFile file, Checkpoint ckpt) {
    JsonNode m = file.root().has("model_cfg") ? file.root().path("model_cfg") : file.root();
    JsonNode v = m.path("vision_cfg");
    JsonNode t = m.path("text_cfg");
    for (Family family : Families.ALL) {
      Optional<Family.OpenClipVision> vision = family.openClip(v);
      if (vision.isPresent()) {
        return read(file, ckpt, m, family, vision.get());
      }
    }
    throw file.unknown(v.path("timm_model_name").asText(t.path("hf_model_name").asText()));
  }

  private static Stated read(
      ConfigFile file, Checkpoint ckpt, JsonNode m, Family family, Family.OpenClipVision vision) {
    JsonNode v = m.path("vision_cfg");
    JsonNode t = m.path("text_cfg");
    if (t.hasNonNull("hf_model_name")) {
      throw file.unknown(t.path("hf_model_name").asText());
    }
    if (v.path("layers").isArray()) {
      throw file.unknown("ResNet");
    }
    refuseOthers(file, v, "vision_cfg.", OPEN_CLIP_READ);
    refuseOthers(file, t, "text_cfg.", OPEN_CLIP_READ);
    refuseOthers(file, m, "", OPEN_CLIP_ROOT);
    JsonNode quick = m.path("quick_gelu");
    if (!quick.isMissingNode() && !quick.isBoolean()) {
      throw file.wrong("quick_gelu", quick, "true or false");
    }
    Activation a = quick.asBoolean(false) ? Activation.QUICK_GELU : Activation.GELU;
    return new Stated(
        family,
        vision.read(file, a, ckpt),
        new Stated.Tower(
            file.size(t, "layers", 0),
            file.size(t, "width", 0),
            file.size(t, "heads", 8),
            0,
            a,
            EPS),
        file.size(m, "embed_dim", 0),
        file.size(v, "image_size", 0),
        file.size(v, "patch_size", 0),
        file.size(t, "context_length", 0),
        file.size(t, "vocab_size", 0));
  }

  /** Settings that are not read change what the model computes, unless they are off. */
  private static void refuseOthers(
      ConfigFile file, JsonNode settings, String path, Set<String> read) {
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
                throw file.wrong(key, value, "it to be left out: this setting is not implemented");
              }
            });
  }
}
