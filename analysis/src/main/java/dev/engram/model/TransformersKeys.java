package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Keys of transformers' config.json besides sizes: those that change the computation are refused
 * unless they say what is computed here, those of training, text generation and book-keeping are
 * passed over, and the rest is told.
 */
final class TransformersKeys {
  private static final Set<String> READ =
      Set.of(
          "model_type",
          "architectures",
          "projection_dim",
          "projection_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "hidden_act",
          "layer_norm_eps",
          "image_size",
          "patch_size",
          "num_channels",
          "vocab_size",
          "max_position_embeddings",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "text_config",
          "vision_config",
          "text_config_dict",
          "vision_config_dict");

  /**
   * Of training, text generation, classes and book-keeping, as all of transformers' models have.
   */
  private static final Pattern ELSEWHERE =
      Pattern.compile(
          "_.*|.*dropout(_prob)?|drop_path_rate|initializer_(factor|range)|logit_scale_init_value|logit_bias_init_value"
              + "|(torch_)?dtype|transformers_version|transformers\\.js_config|id2label|label2id"
              + "|num_labels|problem_type|finetuning_task|task_specific_params|tokenizer_class"
              + "|prefix|return_dict.*|output_\\w+|torchscript|use_bfloat16|tf_legacy_loss"
              + "|pruned_heads|tie_\\w+|is_(encoder_)?decoder|add_cross_attention"
              + "|cross_attention_hidden_size|chunk_size_feed_forward|gradient_checkpointing"
              + "|(decoder_start|sep|forced_bos|forced_eos)_token_id|(max|min)_length|do_sample"
              + "|early_stopping|num_beams|num_beam_groups|temperature|top_[kp]|typical_p"
              + "|(repetition|length|diversity|exponential_decay_length)_penalty"
              + "|(encoder_)?no_repeat_ngram_size|bad_words_ids|num_return_sequences"
              + "|remove_invalid_values|(begin_)?suppress_tokens|use_cache|language|license");

  /** What other models that call themselves so compute besides. */
  private static final Pattern CHANGES =
      Pattern.compile(
          "auto_map|quantization_config|use_cls_token|vision_use_head|use_head|(post|pre)_layernorm"
              + "|(q|k|v|qkv|mlp|attention|attn)_bias|.*layer_?scale.*|ls_init_value|.*rope.*"
              + "|.*rotary.*|num_register_tokens|.*pool.*|.*qk_norm.*|.*rms_?norm.*|norm_type"
              + "|.*swiglu.*|.*gated.*|use_relative_position.*|.*adapter.*|.*lora.*|.*moe.*"
              + "|num_experts.*|window_size|no_ln_pre|final_ln_after_pool|position_embedding_type"
              + "|use_subln|.*causal.*");

  /** The values of such keys that say what is computed here. */
  private static final Map<String, Set<String>> AS_HERE =
      Map.ofEntries(
          Map.entry("use_cls_token", Set.of("true")),
          Map.entry("vision_use_head", Set.of("true")),
          Map.entry("use_head", Set.of("true")),
          Map.entry("post_layernorm", Set.of("true")),
          Map.entry("pre_layernorm", Set.of("true")),
          Map.entry("q_bias", Set.of("true")),
          Map.entry("k_bias", Set.of("true")),
          Map.entry("v_bias", Set.of("true")),
          Map.entry("qkv_bias", Set.of("true")),
          Map.entry("mlp_bias", Set.of("true")),
          Map.entry("attn_bias", Set.of("true")),
          Map.entry("attention_bias", Set.of("true")),
          Map.entry("num_register_tokens", Set.of("0", "null")),
          Map.entry("position_embedding_type", Set.of("\"absolute\"")));

  private TransformersKeys() {}

  /**
   * @param family whose configuration it is
   * @param path where the object stands, as {@code vision_config.}; "" for the file itself
   * @param refusal of a key and its value
   * @return keys with their values that Engram does not know
   */
  static List<String> check(
      JsonNode c,
      Family family,
      String path,
      BiFunction<String, JsonNode, RuntimeException> refusal) {
    Set<String> passedOver = family.passedOver();
    c.properties()
        .forEach(
            e -> {
              String key = e.getKey();
              JsonNode value = e.getValue();
              Set<String> here = AS_HERE.getOrDefault(key, Set.of());
              boolean off = here.contains("true") ? value.isNull() : Settings.isOff(value);
              if (CHANGES.matcher(key).matches()
                  && !passedOver.contains(key)
                  && !off
                  && !here.contains(value.toString())) {
                throw refusal.apply(path + key, value);
              }
            });
    for (JsonNode name : c.path("architectures")) {
      if (!Families.isTransformersClass(name.asText())) {
        throw refusal.apply(path + "architectures", c.path("architectures"));
      }
    }
    return Settings.unread(c, READ).stream()
        .filter(s -> !ELSEWHERE.matcher(key(s)).matches() && !CHANGES.matcher(key(s)).matches())
        .filter(s -> !passedOver.contains(key(s)))
        .flatMap(s -> Stream.of(path + s))
        .toList();
  }

  private static String key(String setting) {
    return setting.substring(0, Math.max(0, setting.indexOf(' ')));
  }
}
