package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a {@code tokenizer.json} may say: the components that the tokenizers of CLIP and SigLIP
 * (SentencePiece and Gemma) are made of, each with its parameters. The native library that runs
 * them ends the JVM where it meets parameters that it did not expect, so it must not see any.
 */
final class TokenizerRules {
  /** Gemma's has 249. The library takes a minute for 200,000, and cannot be interrupted. */
  private static final int MOST_ADDED = 2_000;

  /** A sequence of normalizers or pre-tokenizers, which may be nested. */
  private static final int MOST_PARTS = 16;

  private static final int DEEPEST = 4;

  private static final long LARGEST_ID = (1L << 31) - 1;
  private static final double LARGEST_SCORE = 1e9;

  private static final Set<String> SPLITS =
      Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private final Path source;

  private TokenizerRules(Path source) {
    this.source = source;
  }

  /**
   * @param source where it was read, for the error
   * @throws EngramException if a component is not one of CLIP's or SigLIP's, or has parameters that
   *     it cannot have there
   */
  static void check(JsonNode tokenizer, Path source) {
    TokenizerRules rules = new TokenizerRules(source);
    rules.addedTokens(tokenizer.path("added_tokens"));
    rules.normalizer(tokenizer.path("normalizer"), 0);
    rules.preTokenizer(tokenizer.path("pre_tokenizer"), 0);
    rules.postProcessor(tokenizer.path("post_processor"), 0);
    rules.model(tokenizer.path("model"));
  }

  private void addedTokens(JsonNode tokens) {
    if (isAbsent(tokens)) {
      return;
    }
    require(tokens.isArray(), "added_tokens", "a list");
    if (tokens.size() > MOST_ADDED) {
      throw new EngramException(
          "The tokenizer in %s has %d added tokens; Engram reads at most %d."
              .formatted(source, tokens.size(), MOST_ADDED));
    }
    for (JsonNode token : tokens) {
      require(isId(token.path("id")), "added_tokens", "an id from 0 for each token");
      text(token, "content", "added_tokens");
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
        flag(token, flag, "added_tokens");
      }
    }
  }

  // ---------------------------------------------------------------- normalizers

  private void normalizer(JsonNode node, int depth) {
    if (isAbsent(node)) {
      return;
    }
    String type = type(node, "normalizer");
    switch (type) {
      case "NFC", "NFKC", "Lowercase" -> {}
      case "Sequence" ->
          parts(node, "normalizers", "normalizer", depth)
              .forEach(part -> normalizer(part, depth + 1));
      case "Replace" -> {
        pattern(node, "normalizer Replace");
        require(node.path("content").isTextual(), "normalizer Replace", "a text as content");
      }
      case "Strip" -> {
        flag(node, "strip_left", "normalizer Strip");
        flag(node, "strip_right", "normalizer Strip");
      }
      case "Precompiled" -> precompiled(node.path("precompiled_charsmap"));
      default ->
          throw unknown(
              "normalizer", type, "NFC, NFKC, Lowercase, Replace, Strip, Precompiled, Sequence");
    }
  }

  private void precompiled(JsonNode map) {
    String what = "normalizer Precompiled";
    require(map.isTextual(), what, "a map of characters in base64");
    try {
      require(
          CharacterMap.isSound(Base64.getDecoder().decode(map.asText())),
          what,
          "a whole map of characters");
    } catch (IllegalArgumentException e) {
      throw wrong(what, "a map of characters in base64");
    }
  }

  // ---------------------------------------------------------------- pre-tokenizers

  private void preTokenizer(JsonNode node, int depth) {
    if (isAbsent(node)) {
      return;
    }
    String type = type(node, "pre-tokenizer");
    String what = "pre-tokenizer " + type;
    switch (type) {
      case "WhitespaceSplit" -> {}
      case "Sequence" ->
          parts(node, "pretokenizers", "pre-tokenizer", depth)
              .forEach(part -> preTokenizer(part, depth + 1));
      case "Split" -> {
        pattern(node, what);
        require(SPLITS.contains(node.path("behavior").asText()), what, "a behavior it knows");
        flag(node, "invert", what);
      }
      case "ByteLevel" -> byteLevel(node, what);
      case "Metaspace" -> {
        oneCharacter(node.path("replacement"), what);
        JsonNode shown = node.path("str_rep"); // of older files
        if (!isAbsent(shown)) {
          oneCharacter(shown, what);
        }
        JsonNode scheme = node.path("prepend_scheme");
        require(
            isAbsent(scheme) || Set.of("always", "never", "first").contains(scheme.asText()),
            what,
            "always, never or first as prepend_scheme");
        flag(node, "add_prefix_space", what);
        flag(node, "split", what);
      }
      default ->
          throw unknown(
              "pre-tokenizer", type, "Split, ByteLevel, Metaspace, WhitespaceSplit, Sequence");
    }
  }

  private void byteLevel(JsonNode node, String what) {
    for (String flag : List.of("add_prefix_space", "trim_offsets", "use_regex")) {
      flag(node, flag, what);
    }
  }

  private void oneCharacter(JsonNode text, String what) {
    require(
        text.isTextual() && text.asText().codePointCount(0, text.asText().length()) == 1,
        what,
        "one character as replacement");
  }

  /** Of Replace and Split: a text that is not empty, or an expression that is soon done. */
  private void pattern(JsonNode node, String what) {
    JsonNode pattern = node.path("pattern");
    require(pattern.isObject() && pattern.size() == 1, what, "one pattern");
    if (pattern.has("String")) {
      text(pattern, "String", what);
    } else {
      String regex = pattern.path("Regex").asText("");
      require(PlainPattern.isOne(regex), what, "a pattern of characters, classes and + at the end");
    }
  }

  // ---------------------------------------------------------------- post-processors

  private void postProcessor(JsonNode node, int depth) {
    if (isAbsent(node)) {
      return;
    }
    String type = type(node, "post-processor");
    String what = "post-processor " + type;
    switch (type) {
      case "Sequence" ->
          parts(node, "processors", "post-processor", depth)
              .forEach(part -> postProcessor(part, depth + 1));
      case "ByteLevel" -> byteLevel(node, what);
      case "RobertaProcessing" -> {
        for (String end : List.of("sep", "cls")) {
          JsonNode pair = node.path(end);
          require(
              pair.isArray() && pair.size() == 2 && pair.get(0).isTextual() && isId(pair.get(1)),
              what,
              "a token and its id as sep and as cls");
        }
        flag(node, "trim_offsets", what);
        flag(node, "add_prefix_space", what);
      }
      case "TemplateProcessing" -> template(node, what);
      default ->
          throw unknown(
              "post-processor", type, "RobertaProcessing, TemplateProcessing, ByteLevel, Sequence");
    }
  }

  private void template(JsonNode node, String what) {
    JsonNode special = node.path("special_tokens");
    require(isAbsent(special) || special.isObject(), what, "special_tokens by their names");
    for (Map.Entry<String, JsonNode> e : special.properties()) {
      JsonNode ids = e.getValue().path("ids");
      JsonNode tokens = e.getValue().path("tokens");
      require(
          e.getKey().equals(e.getValue().path("id").asText())
              && ids.isArray()
              && tokens.isArray()
              && ids.size() == tokens.size()
              && ids.size() > 0
              && ids.size() <= MOST_PARTS
              && all(ids, TokenizerRules::isId)
              && all(tokens, JsonNode::isTextual),
          what,
          "ids and tokens for each of special_tokens");
    }
    pieces(node.path("single"), special, Set.of("A"), what);
    pieces(node.path("pair"), special, Set.of("A", "B"), what);
  }

  /** Each text once, between special tokens that are defined. */
  private void pieces(JsonNode template, JsonNode special, Set<String> texts, String what) {
    require(
        template.isArray() && template.size() <= MOST_PARTS, what, "a list of at most 16 pieces");
    int found = 0;
    for (JsonNode piece : template) {
      require(piece.size() == 1, what, "a text or a special token as piece");
      JsonNode body = piece.path(piece.has("Sequence") ? "Sequence" : "SpecialToken");
      String id = body.path("id").asText();
      require(isId(body.path("type_id")), what, "a type_id from 0 for each piece");
      if (piece.has("Sequence")) {
        require(texts.contains(id), what, "each text once");
        found++;
      } else {
        require(special.has(id), what, "pieces that special_tokens defines");
      }
    }
    require(found == texts.size(), what, "each text once");
  }

  // ---------------------------------------------------------------- models

  /** Files of 2021, OpenAI's among them, do not state it; "" if nothing tells. */
  static String modelType(JsonNode model) {
    JsonNode type = model.path("type");
    if (!isAbsent(type)) {
      return type.asText();
    }
    return model.path("merges").isArray() ? "BPE" : model.path("vocab").isArray() ? "Unigram" : "";
  }

  private void model(JsonNode model) {
    String type = modelType(model);
    require(!type.isEmpty(), "model", "a type");
    String what = "model " + type;
    switch (type) {
      case "BPE" -> bytePairs(model, what);
      case "Unigram" -> unigram(model, what);
      default -> throw unknown("model", type, "BPE, Unigram");
    }
  }

  private void bytePairs(JsonNode model, String what) {
    JsonNode dropout = model.path("dropout");
    require(isAbsent(dropout) || dropout.asDouble(1) == 0, what, "no dropout");
    // With a prefix the library cuts tokens at a byte, wherever that may be.
    require(
        model.path("continuing_subword_prefix").asText("").isEmpty()
            || isAbsent(model.path("continuing_subword_prefix")),
        what,
        "no continuing_subword_prefix");
    for (String name : List.of("unk_token", "end_of_word_suffix")) {
      JsonNode text = model.path(name);
      require(isAbsent(text) || text.isTextual(), what, "a text as " + name);
    }
    for (String flag : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      flag(model, flag, what);
    }
    JsonNode vocabulary = model.path("vocab");
    JsonNode unknown = model.path("unk_token");
    require(
        vocabulary.isObject() && all(vocabulary, TokenizerRules::isId),
        what,
        "ids from 0 in vocab");
    require(isAbsent(unknown) || vocabulary.has(unknown.asText()), what, "unk_token in vocab");
    JsonNode merges = model.path("merges");
    require(
        merges.isArray() && all(merges, TokenizerRules::isMerge),
        what,
        "pairs of tokens in merges");
  }

  private static boolean isMerge(JsonNode merge) {
    return merge.isTextual()
        || merge.isArray()
            && merge.size() == 2
            && merge.get(0).isTextual()
            && merge.get(1).isTextual();
  }

  private void unigram(JsonNode model, String what) {
    JsonNode vocabulary = model.path("vocab");
    require(
        vocabulary.isArray() && !vocabulary.isEmpty() && all(vocabulary, TokenizerRules::isPiece),
        what,
        "tokens and their scores in vocab");
    JsonNode unknown = model.path("unk_id");
    require(
        isAbsent(unknown) || isId(unknown) && unknown.asLong() < vocabulary.size(),
        what,
        "unk_id in vocab");
    flag(model, "byte_fallback", what);
  }

  private static boolean isPiece(JsonNode piece) {
    return piece.isArray()
        && piece.size() == 2
        && piece.get(0).isTextual()
        && !piece.get(0).asText().isEmpty()
        && piece.get(1).isNumber()
        && Math.abs(piece.get(1).asDouble()) <= LARGEST_SCORE;
  }

  // ---------------------------------------------------------------- what all have in common

  private Iterable<JsonNode> parts(JsonNode node, String name, String what, int depth) {
    JsonNode parts = node.path(name);
    require(
        parts.isArray() && parts.size() <= MOST_PARTS && depth < DEEPEST,
        what + " Sequence",
        "a list of at most 16 " + name);
    return parts;
  }

  private String type(JsonNode node, String what) {
    require(node.path("type").isTextual(), what, "a type");
    return node.path("type").asText();
  }

  private void text(JsonNode node, String name, String what) {
    JsonNode text = node.path(name);
    require(
        text.isTextual() && !text.asText().isEmpty(), what, "a text that is not empty as " + name);
  }

  private void flag(JsonNode node, String name, String what) {
    JsonNode flag = node.path(name);
    require(isAbsent(flag) || flag.isBoolean(), what, "true or false as " + name);
  }

  private static boolean isAbsent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private static boolean isId(JsonNode node) {
    return node.isIntegralNumber()
        && node.canConvertToLong()
        && node.asLong() >= 0
        && node.asLong() <= LARGEST_ID;
  }

  private static boolean all(JsonNode nodes, java.util.function.Predicate<JsonNode> test) {
    for (Iterator<JsonNode> each = nodes.elements(); each.hasNext(); ) {
      if (!test.test(each.next())) {
        return false;
      }
    }
    return true;
  }

  private void require(boolean holds, String what, String expected) {
    if (!holds) {
      throw wrong(what, expected);
    }
  }

  private EngramException wrong(String what, String expected) {
    return new EngramException(
        "The tokenizer in %s is refused: its %s is not as CLIP's and SigLIP's tokenizers have it; expected %s."
            .formatted(source, what, expected));
  }

  private EngramException unknown(String kind, String type, String known) {
    return new EngramException(
        "The tokenizer in %s is refused: its %s '%s' is none of those that CLIP's and SigLIP's tokenizers use (%s)."
            .formatted(source, kind, type.substring(0, Math.min(60, type.length())), known));
  }
}
