package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.model.ClipConfig.Activation;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The sizes by the names of OpenAI's class, {@code openai_config.json}, and what holds without. */
final class OpenAiDialect {
  private static final double EPS = 1e-5;

  /** Of openai_config.json, whose names are those of OpenAI's class. */
  private static final Set<String> READ =
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

  private OpenAiDialect() {}

  /** What OpenAI's code takes for a checkpoint without any configuration. */
  static Stated inferred() {
    Stated.Tower none = new Stated.Tower(0, 0, 0, 0, Activation.QUICK_GELU, EPS);
    return new Stated(Families.plain(), none, none, 0, 0, 0, 0, 0);
  }

  static Stated read(ConfigFile file) {
    JsonNode c = file.root();
    if (READ.stream().noneMatch(c::has)) {
      throw new EngramException(
          "The configuration %s has none of the settings that Engram reads (its keys: %s); expected vision_config and text_config (transformers), model_cfg (OpenCLIP), or sizes as vision_heads and transformer_heads."
              .formatted(
                  file.path(),
                  c.properties().stream().map(e -> Settings.shown(e.getKey())).limit(6).toList()));
    }
    file.noteUnread(Settings.unread(c, READ));
    List<String> silent =
        Stream.of("hidden_act", "vision_heads", "transformer_heads")
            .filter(k -> !c.has(k))
            .toList();
    if (!silent.isEmpty()) {
      file.note(
          "%s leaves out %s: heads are then width / 64 and the activation quick_gelu, as in OpenAI's code."
              .formatted(file.name(), String.join(", ", silent)));
    }
    Activation a = file.activation(c.path("hidden_act").asText("quick_gelu"));
    return new Stated(
        Families.plain(),
        new Stated.Tower(
            file.size(c, "vision_layers", 0),
            file.size(c, "vision_width", 0),
            file.size(c, "vision_heads", 0),
            file.size(c, "vision_mlp", 0),
            a,
            file.epsilon(c, EPS)),
        new Stated.Tower(
            file.size(c, "transformer_layers", 0),
            file.size(c, "transformer_width", 0),
            file.size(c, "transformer_heads", 0),
            file.size(c, "transformer_mlp", 0),
            a,
            file.epsilon(c, EPS)),
        file.size(c, "embed_dim", 0),
        file.size(c, "image_resolution", 0),
        file.size(c, "vision_patch_size", 0),
        file.size(c, "context_length", 0),
        file.size(c, "vocab_size", 0));
  }
}
