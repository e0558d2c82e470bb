package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The definition of a tokenizer in a model's folder, brought into the one form that the tokenizer
 * library reads. A folder with only {@code vocab.json} and {@code merges.txt} gets CLIP's own rules
 * around them, as {@code CLIPTokenizerFast} does.
 *
 * @param json a {@code tokenizer.json} that neither cuts nor pads
 * @param source the file it comes from
 * @param padId id of the padding token, or -1 if none is stated
 */
@SuppressWarnings("ArrayRecordComponent") // private to the package, never compared
record TokenizerFiles(byte[] json, Path source, int padId) {
  private static final String START = "<|startoftext|>";
  private static final String END = "<|endoftext|>";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * @param directory of the model
   * @param dialect of its family
   */
  static TokenizerFiles read(Path directory, TokenizerDialect dialect) {
    ModelFolder.check(directory);
    Path file = directory.resolve("tokenizer.json");
    Path vocab = directory.resolve("vocab.json");
    Path merges = directory.resolve("merges.txt");
    Path source = Files.exists(file) ? file : vocab;
    try {
      ObjectNode tokenizer;
      if (Files.exists(file)) {
        tokenizer = (ObjectNode) Json.object(file);
        // Whether to cut or to pad is decided by our caller, aloud.
        tokenizer.putNull("truncation");
        tokenizer.putNull("padding");
      } else if (Files.exists(vocab) && Files.exists(merges)) {
        tokenizer = clip((ObjectNode) Json.object(vocab), merges);
      } else {
        throw new EngramException(
            "There is no tokenizer in %s: tokenizer.json, or vocab.json with merges.txt, is needed."
                .formatted(directory));
      }
      JsonNode settings = settings(directory);
      if (dialect.lowers(settings.path("tokenizer_class").asText())) {
        lowerFirst(tokenizer);
      }
      TokenizerRules.check(tokenizer, source);
      return new TokenizerFiles(
          JSON.writeValueAsBytes(tokenizer), source, padId(settings, tokenizer, dialect));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new EngramException(
          "The tokenizer in %s cannot be read: %s."
              .formatted(source, why.lines().findFirst().orElse("it is empty")),
          e);
    }
  }

  /**
   * The definition without its decoder, since from tokens to a text Engram never goes, and with the
   * type of its model, so that the library cannot take it for another than was checked.
   */
  byte[] encoder() {
    try {
      ObjectNode tokenizer = ((ObjectNode) JSON.readTree(json)).putNull("decoder");
      ObjectNode model = (ObjectNode) tokenizer.get("model");
      model.put("type", TokenizerRules.modelType(model));
      return JSON.writeValueAsBytes(tokenizer);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it was written by us
    }
  }

  /** SHA-256 of the definition, in hexadecimal. */
  String hash() {
    return Sha256.of(json);
  }

  private static ObjectNode clip(ObjectNode vocab, Path merges) throws IOException {
    if (!vocab.path(START).isInt() || !vocab.path(END).isInt()) {
      throw new IOException("it lacks " + START + " or " + END);
    }
    int start = vocab.path(START).asInt();
    int end = vocab.path(END).asInt();
    ObjectNode tokenizer =
        (ObjectNode)
            JSON.readTree(
                """
                {"version": "1.0", "truncation": null, "padding": null,
                 "added_tokens": [
                  {"id": %1$d, "content": "<|startoftext|>", "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false, "special": true},
                  {"id": %2$d, "content": "<|endoftext|>", "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false, "special": true}],
                 "normalizer": {"type": "Sequence", "normalizers": [
                  {"type": "NFC"},
                  {"type": "Replace", "pattern": {"Regex": "\\\\s+"}, "content": " "},
                  {"type": "Lowercase"}]},
                 "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                  {"type": "Split", "behavior": "Removed", "invert": true, "pattern": {"Regex":
                   "'s|'t|'re|'ve|'m|'ll|'d|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+"}},
                  {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true,
                   "use_regex": true}]},
                 "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", %2$d],
                  "cls": ["<|startoftext|>", %1$d], "trim_offsets": false,
                  "add_prefix_space": false},
                 "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true,
                  "use_regex": true},
                 "model": {"type": "BPE", "dropout": null, "unk_token": "<|endoftext|>",
                  "continuing_subword_prefix": "", "end_of_word_suffix": "</w>",
                  "fuse_unk": false, "byte_fallback": false, "ignore_merges": false}}
                """
                    .formatted(start, end));
    ObjectNode model = (ObjectNode) tokenizer.get("model");
    model.set("vocab", vocab);
    ArrayNode pairs = model.putArray("merges");
    for (String line : Files.readAllLines(merges)) {
      String[] pair = line.strip().split(" ", -1);
      if (pair.length == 2 && !line.startsWith("#version")) {
        pairs.addArray().add(pair[0]).add(pair[1]);
      }
    }
    return tokenizer;
  }

  private static JsonNode settings(Path directory) {
    Path file = directory.resolve("tokenizer_config.json");
    return Files.exists(file) ? Json.object(file) : MissingNode.getInstance();
  }

  /** Puts lower case before what the definition does with a text. */
  private static void lowerFirst(ObjectNode tokenizer) {
    JsonNode given = tokenizer.path("normalizer");
    ObjectNode both = tokenizer.putObject("normalizer").put("type", "Sequence");
    ArrayNode parts = both.putArray("normalizers");
    parts.addObject().put("type", "Lowercase");
    if (given.isObject()) {
      parts.add(given);
    }
  }

  /** Some OpenCLIP models pad with "!" (0); after the end token it changes nothing. */
  private static int padId(JsonNode settings, ObjectNode tokenizer, TokenizerDialect dialect) {
    JsonNode pad = settings.path("pad_token");
    String stated = pad.isObject() ? pad.path("content").asText("") : pad.asText("");
    String token = stated.isEmpty() ? dialect.padToken() : stated;
    for (JsonNode added : tokenizer.path("added_tokens")) {
      if (added.path("content").asText().equals(token)) {
        return added.path("id").asInt(-1);
      }
    }
    return tokenizer.path("model").path("vocab").path(token).asInt(-1);
  }
}
