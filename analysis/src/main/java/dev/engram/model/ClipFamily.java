package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * CLIP, read at the class token, P LN_post(h[L][0]): OpenAI, OpenCLIP, DFN, MetaCLIP, TinyCLIP. Its
 * defaults are those of transformers' CLIPConfig and CLIPImageProcessor (4.57).
 */
final class ClipFamily extends Family {
  private static final FamilyDefaults DEFAULTS =
      new FamilyDefaults(
          "clip",
          8,
          Activation.QUICK_GELU,
          1e-5,
          "CLIPImageProcessor",
          "CLIPImageProcessor of transformers does",
          ResizeFilter.BICUBIC,
          false,
          FamilyDefaults.OPENAI_MEAN,
          FamilyDefaults.OPENAI_STD);

  @Override
  public String title() {
    return "CLIP";
  }

  @Override
  public boolean hasClassToken() {
    return true;
  }

  @Override
  String described() {
    return "a CLIP with two plain transformers (model_type clip or OpenCLIP)";
  }

  @Override
  boolean hasPatchBias() {
    return false;
  }

  @Override
  boolean hasPreNorm() {
    return true;
  }

  @Override
  boolean hasProjectionBias() {
    return false;
  }

  @Override
  boolean hasCausalText() {
    return true;
  }

  @Override
  boolean hasTextProjectionBias() {
    return false;
  }

  @Override
  List<Naming> namings() {
    return List.of(Naming.HUGGING_FACE, Naming.OPENCLIP_CUSTOM_TEXT, Naming.OPENAI);
  }

  @Override
  boolean isBuiltAs(Checkpoint checkpoint) {
    return !checkpoint.has("vision_model.head.probe") && namings().contains(checkpoint.naming);
  }

  @Override
  String imageProjection() {
    return "visual_projection.weight";
  }

  @Override
  String textProjection() {
    return "text_projection";
  }

  @Override
  List<String> savedBesideLayers(Checkpoint checkpoint, boolean hasText) {
    List<String> names = new ArrayList<>();
    names.add("logit_scale");
    names.add("visual_projection.weight");
    names.add("vision_model.embeddings.class_embedding");
    names.add("vision_model.embeddings.patch_embedding.weight");
    names.add("vision_model.embeddings.position_embedding.weight");
    List<String> norms =
        new ArrayList<>(List.of("vision_model.pre_layrnorm", "vision_model.post_layernorm"));
    if (hasText) {
      names.add("text_projection.weight");
      names.add("text_model.embeddings.token_embedding.weight");
      names.add("text_model.embeddings.position_embedding.weight");
      norms.add("text_model.final_layer_norm");
    }
    for (String norm : norms) {
      names.add(norm + ".weight");
      names.add(norm + ".bias");
    }
    return names;
  }

  @Override
  boolean hasScalarLogitScale() {
    return true;
  }

  @Override
  FamilyDefaults defaults() {
    return DEFAULTS;
  }

  @Override
  Set<String> transformersClasses() {
    return Set.of("CLIP");
  }

  @Override
  boolean isTransformers(String type, JsonNode config, Path directory) {
    return DEFAULTS.isType(type);
  }

  /**
   * Old files repeat a tower's settings as {@code vision_config_dict}: CLIPConfig of transformers
   * puts that, filled up with its own defaults, over {@code vision_config}.
   */
  @Override
  JsonNode tower(ConfigFile file, String name, int heads) {
    JsonNode base = file.root().path(name);
    JsonNode dict = file.root().path(name + "_dict");
    if (!dict.isObject()) {
      return base;
    }
    ObjectNode whole = dict.deepCopy();
    Map.of(
            "num_attention_heads", whole.numberNode(heads),
            "hidden_act", whole.textNode(DEFAULTS.activation().configName()),
            "layer_norm_eps", whole.numberNode(DEFAULTS.eps()))
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
      file.note(
          "%s says otherwise in %s and %s_dict; as in transformers, the second holds, filled up with its defaults: %s."
              .formatted(file.name(), name, name, String.join(", ", differing)));
    }
    return whole;
  }

  private static boolean isSame(JsonNode a, JsonNode b) {
    return a.isNumber() && b.isNumber() ? a.asDouble() == b.asDouble() : a.equals(b);
  }

  /** 2 is what old configurations say; transformers then pools at the largest id, as OpenAI. */
  @Override
  int endOfText(int stated) {
    return stated == 2 ? -1 : stated;
  }

  @Override
  Optional<OpenClipVision> openClip(JsonNode settings) {
    return settings.hasNonNull("timm_model_name")
        ? Optional.empty()
        : Optional.of((file, activation, ckpt) -> plainTower(file, settings, activation, ckpt));
  }

  private static Stated.Tower plainTower(
      ConfigFile file, JsonNode settings, Activation activation, Checkpoint ckpt) {
    int width = ckpt.sizes("vision_model.embeddings.class_embedding", 1)[0];
    int headWidth = file.size(settings, "head_width", 64);
    if (width % headWidth != 0) {
      throw new EngramException(
          "A width of %d cannot be divided into heads of %d channels; check head_width in %s."
              .formatted(width, headWidth, file.path()));
    }
    return new Stated.Tower(
        file.size(settings, "layers", 0),
        file.size(settings, "width", 0),
        width / headWidth,
        0,
        activation,
        DEFAULTS.eps());
  }
}
