package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/** The configuration of transformers, {@code config.json}. */
final class TransformersDialect {
  /** By any of these a file is transformers'. */
  private static final List<String> KEYS =
      List.of(
          "vision_config", "text_config", "vision_config_dict", "text_config_dict", "model_type");

  private TransformersDialect() {}

  /** Whether a file is transformers'. */
  static boolean isOf(JsonNode root) {
    return KEYS.stream().anyMatch(root::has);
  }

  static Stated read(ConfigFile file, Checkpoint ckpt) {
    JsonNode c = file.root();
    String type = c.path("model_type").asText("clip");
    Family family =
        Families.transformers(type, c, ckpt.directory).orElseThrow(() -> file.unknown(type));
    family.checkTransformers(type, file, ckpt);
    FamilyDefaults otherwise = family.defaults();
    boolean visionAlone = FamilyDefaults.isVisionAlone(type) || !family.learnsTexts();
    if (visionAlone && ckpt.hasText()) {
      throw new EngramException(
          "By its configuration %s (model_type %s) the model is an image tower alone, but its weights have a text tower too; take both from the same model."
              .formatted(file.path(), type));
    }
    JsonNode v = visionAlone ? c : family.tower(file, "vision_config", 12);
    JsonNode t = family.tower(file, "text_config", otherwise.textHeads());
    BiFunction<String, JsonNode, RuntimeException> refusal =
        (key, value) ->
            file.wrong(key, value, "it to be left out: what it changes is not computed here");
    List<String> unread = new ArrayList<>(TransformersKeys.check(c, family, "", refusal));
    if (!visionAlone) {
      unread.addAll(TransformersKeys.check(v, family, "vision_config.", refusal));
      unread.addAll(TransformersKeys.check(t, family, "text_config.", refusal));
    }
    JsonNode eos = t.path("eos_token_id");
    if (!eos.isMissingNode() && !eos.isNull() && !eos.canConvertToInt()) {
      throw file.wrong("eos_token_id", eos, "a whole number");
    }
    int end = eos.asInt(49407);
    List<String> assumed = new ArrayList<>();
    Stated.Tower vision = tower(file, v, visionAlone ? "" : "vision_config.", 12, family, assumed);
    Stated.Tower text =
        ckpt.hasText()
            ? tower(file, t, "text_config.", otherwise.textHeads(), family, assumed)
            : vision;
    if (!assumed.isEmpty()) {
      file.note(
          file.name()
              + " leaves out what follows, so the defaults of Hugging Face are taken: "
              + String.join(", ", assumed)
              + ".");
    }
    file.noteUnread(unread);
    return new Stated(
        family,
        vision,
        text,
        file.size(c, "projection_dim", 0),
        file.size(v, "image_size", 0),
        file.size(v, "patch_size", 0),
        file.size(t, "max_position_embeddings", 0),
        file.size(t, "vocab_size", 0),
        family.endOfText(end),
        eos.isIntegralNumber(),
        c.path("text_config_dict").isObject() ? "text_config_dict" : "text_config");
  }

  /** Configurations leave out what is the default, as the number of heads. */
  private static Stated.Tower tower(
      ConfigFile file, JsonNode c, String path, int heads, Family family, List<String> assumed) {
    FamilyDefaults otherwise = family.defaults();
    String activation = otherwise.activation().configName();
    if (!c.hasNonNull("num_attention_heads")) {
      assumed.add(path + "num_attention_heads " + heads);
    }
    if (!c.hasNonNull("hidden_act")) {
      assumed.add(path + "hidden_act " + activation);
    }
    if (!c.hasNonNull("layer_norm_eps")) {
      assumed.add(path + "layer_norm_eps " + (eps(otherwise)));
    }
    return new Stated.Tower(
        file.size(c, "num_hidden_layers", 0),
        file.size(c, "hidden_size", 0),
        file.size(c, "num_attention_heads", heads),
        family.ffnWidth(file, c),
        file.activation(c.path("hidden_act").asText(activation)),
        file.epsilon(c, otherwise.eps()));
  }

  /** As it is written in Python. */
  private static String eps(FamilyDefaults otherwise) {
    return Double.toString(otherwise.eps()).replace(".0E-", "e-");
  }
}
