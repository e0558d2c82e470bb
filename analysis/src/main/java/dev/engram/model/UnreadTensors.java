package dev.engram.model;

import dev.engram.EngramException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The tensors of a checkpoint that the model does not read. One of the towers would change what is
 * computed, so it is refused with its name; one of a module beside the towers is named in a note;
 * {@link #HARMLESS} are passed over.
 */
final class UnreadTensors {
  /**
   * What changes no embedding: positions counted from 0, the causal mask, sizes that OpenAI keeps
   * as tensors, counters of training, what stands for masked patches in training, and the bias of
   * SigLIP's loss.
   */
  private static final Pattern HARMLESS =
      Pattern.compile(
          "(.*\\.)?(position_ids|attn_mask|num_batches_tracked|embeddings\\.mask_token)"
              + "|logit_scale|logit_bias|input_resolution|context_length|vocab_size");

  /** Where the towers of each naming begin; all else belongs to modules beside them. */
  private static final Pattern TOWERS =
      Pattern.compile(
          "(vision_model|text_model|visual_projection|text_projection|visual|text|transformer"
              + "|token_embedding|ln_final)\\..*|[^.]*");

  /**
   * What authors have added to CLIP.
   *
   * @param names of its tensors
   * @param title what it is
   * @param advice what a user can do, "" for nothing
   */
  private record Addition(Pattern names, String title, String advice) {
    Addition(String names, String title, String advice) {
      this(Pattern.compile(names), title, advice);
    }
  }

  private static final List<Addition> ADDITIONS =
      List.of(
          new Addition(
              "(.*\\.)?lora_.*|.*\\.base_layer\\..*|.*\\.lora\\..*",
              "LoRA factors",
              "; merge them into the weights first (in Python: merge_and_unload() of peft)"),
          new Addition(
              ".*position(al)?_embedding_(res|ori)(\\.weight)?",
              "a longer positional embedding (Long-CLIP)",
              ""),
          new Addition(
              ".*\\.(ls_?[12]|layer_?scale_?[12]?|gamma_[12]|lambda_?[12])(\\..*)?",
              "layer scale",
              ""),
          new Addition(".*reg(ister)?s?_?tokens?(\\..*)?", "register tokens", ""),
          new Addition(
              "(.*\\.)?(q_norm|k_norm|ln_q|ln_k|q_ln|k_ln)\\..*", "norms of queries and keys", ""),
          new Addition("visual\\.attn_pool.*", "an attentional pooler", ""),
          new Addition(".*(relative_position|rel_pos).*", "relative positions", ""),
          new Addition(
              "(.*[._])?(adapters?|prompts?|prompt_learner|ctx)([._].*)?", "adapters", ""));

  private UnreadTensors() {}

  /**
   * Refuses what is known to change a CLIP, before anything is loaded.
   *
   * @param naming who named the tensors, where that is known: it may read some of them
   * @throws EngramException if there are additions that Engram does not compute
   */
  static void refuseKnown(Checkpoint ckpt, Optional<Naming> naming) {
    for (Addition addition : ADDITIONS) {
      List<String> found =
          ckpt.names().stream()
              .filter(n -> addition.names.matcher(n).matches())
              .filter(n -> naming.isEmpty() || !naming.get().reads(n))
              .sorted()
              .toList();
      if (!found.isEmpty()) {
        throw new EngramException(
            "The checkpoint in %s has %s (%s), which Engram does not compute%s."
                .formatted(ckpt.directory, addition.title, named(found), addition.advice));
      }
    }
  }

  /**
   * @param unread names of the tensors that a loaded model has not read
   * @return a sentence that names those of modules beside the towers, if there are any
   * @throws EngramException if one belongs to the towers
   */
  static Optional<String> check(Checkpoint ckpt, Collection<String> unread) {
    List<String> rest =
        unread.stream().filter(n -> !HARMLESS.matcher(n).matches()).sorted().toList();
    List<String> towers = rest.stream().filter(ckpt.naming::isOfTowers).toList();
    if (!towers.isEmpty()) {
      throw new EngramException(
          "%s of the towers in %s %s not read (%s): Engram would compute another model than this one, so it loads none."
              .formatted(
                  count(towers), ckpt.directory, towers.size() == 1 ? "is" : "are", named(towers)));
    }
    return rest.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s of modules beside the towers %s not read: %s."
                .formatted(count(rest), rest.size() == 1 ? "is" : "are", named(rest)));
  }

  /** By the names of CLIP's towers, whoever gave them. */
  static boolean isOfTowers(String name) {
    return TOWERS.matcher(name).matches();
  }

  private static String count(List<String> names) {
    return names.size() == 1 ? "1 tensor" : names.size() + " tensors";
  }

  /** The first names, each short enough for a sentence, and how many follow. */
  private static String named(List<String> names) {
    int most = 5;
    String first = String.join(", ", names.stream().limit(most).map(Settings::shown).toList());
    return names.size() <= most ? first : first + " and " + (names.size() - most) + " more";
  }
}
