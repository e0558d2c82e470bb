package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which tokenizers reach the native library: those of CLIP, SigLIP and Gemma, and none with what
 * ends the JVM, which it does where these checks are left out.
 */
@SuppressWarnings("NullAway.Init")
class TokenizerRulesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path CLIP = ReferenceImages.ROOT.resolve("models/fp16/tokenizer.json");
  private static final Path SIGLIP = RESOURCES.resolve("families/siglip_b16/tokenizer.json");

  @TempDir private Path folder;

  private void write(Path from, Consumer<ObjectNode> change) throws IOException {
    ObjectNode root = (ObjectNode) JSON.readTree(Files.readAllBytes(from));
    change.accept(root);
    Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(root));
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text.replace('\'', '"'));
    } catch (IOException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Where a component stands, what stands there, and what the sentence names. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "normalizer    | {'type': 'Replace', 'pattern': {'String': ''}, 'content': 'x'}"
            + " | normalizer Replace",
        "normalizer    | {'type': 'Replace', 'pattern': {'Regex': '(x+x+)+y'}, 'content': 'x'}"
            + " | normalizer Replace",
        "normalizer    | {'type': 'Sequence', 'normalizers': [{'type': 'NFC'}, {'type': 'Replace',"
            + " 'pattern': {'String': ''}, 'content': 'x'}]} | normalizer Replace",
        "normalizer    | {'type': 'BertNormalizer'} | normalizer 'BertNormalizer'",
        "normalizer    | {'type': 'Precompiled', 'precompiled_charsmap': 'BAAAAAAAAAAAAAAA'}"
            + " | normalizer Precompiled",
        "normalizer    | {'String': 'x'} | normalizer is not",
        "pre_tokenizer | {'type': 'Metaspace', 'replacement': '', 'prepend_scheme': 'always'}"
            + " | pre-tokenizer Metaspace",
        "pre_tokenizer | {'type': 'Split', 'pattern': {'String': ''}, 'behavior': 'Removed',"
            + " 'invert': false} | pre-tokenizer Split",
        "pre_tokenizer | {'type': 'FixedLength', 'length': 0} | pre-tokenizer 'FixedLength'",
        "post_processor | {'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A',"
            + " 'type_id': 0}}, {'SpecialToken': {'id': 'e', 'type_id': 0}}], 'pair': [],"
            + " 'special_tokens': {}} | post-processor TemplateProcessing",
        "post_processor | {'type': 'BertProcessing', 'sep': ['b', 2], 'cls': ['a', 1]}"
            + " | post-processor 'BertProcessing'",
        "model | {'type': 'BPE', 'continuing_subword_prefix': '####', 'vocab': {'a': 0, 'b': 1,"
            + " 'ab': 2}, 'merges': ['a b']} | continuing_subword_prefix",
        "model | {'type': 'WordPiece', 'vocab': {'a': 0}} | model 'WordPiece'",
        "model | {'type': 'Unigram', 'unk_id': 7, 'vocab': [['a', 0.0]]} | unk_id",
        "model | {'type': 'Unigram', 'unk_id': 0, 'vocab': [['', 0.0]]} | model Unigram",
        "added_tokens | [{'id': 1, 'content': ''}] | added_tokens",
        "added_tokens | [{'id': -1, 'content': 'a'}] | added_tokens",
      })
  void whatTheyDoNotUseIsRefusedByName(String where, String what, String named) throws IOException {
    write(CLIP, root -> root.set(where.strip(), json(what)));
    Refusal.holds(() -> Tokenizer.of(folder, 32, -1), "is refused", named.strip());
  }

  @Test
  void manyAddedTokensAreRefusedAtOnce() throws IOException {
    write(
        CLIP,
        root -> {
          ArrayNode added = root.putArray("added_tokens");
          for (int i = 0; i < 200_000; i++) {
            added.addObject().put("id", i).put("content", "token" + i);
          }
        });
    Refusal.holds(() -> Tokenizer.of(folder, 32, -1), "200000 added tokens", "at most");
  }

  /** As SigLIP's converted SentencePiece has it, with its map of characters. */
  @Test
  void aMapOfCharactersIsUsed() throws IOException {
    byte[] map = Files.readAllBytes(RESOURCES.resolve("tokenizer/ligature.charsmap"));
    assertTrue(CharacterMap.isSound(map));
    write(
        SIGLIP,
        root ->
            root.set(
                "normalizer",
                JSON.createObjectNode()
                    .put("type", "Precompiled")
                    .put("precompiled_charsmap", Base64.getEncoder().encodeToString(map))));
    try (Tokenizer tokenizer = Tokenizer.withoutStart(folder, 32, TokenizerDialect.PLAIN)) {
      assertArrayEquals(tokenizer.encode("a fi"), tokenizer.encode("a \ufb01"));
    }
  }

  @Test
  void aMapOfCharactersThatLeadsOutOfItselfIsRefused() throws IOException {
    byte[] good = Files.readAllBytes(RESOURCES.resolve("tokenizer/ligature.charsmap"));
    int units = ByteBuffer.wrap(good).order(ByteOrder.LITTLE_ENDIAN).getInt();
    int refused = 0;
    for (int at = 4; at < 4 + units; at += 4) {
      ByteBuffer bad = ByteBuffer.wrap(good.clone()).order(ByteOrder.LITTLE_ENDIAN);
      bad.putInt(at, bad.getInt(at) & 0xff | 0x7ffffc00); // the same character, and far away
      refused += CharacterMap.isSound(bad.array()) ? 0 : 1;
    }
    // The root, and the three bytes of each of two characters: the first is common, the last leaf.
    assertTrue(refused >= 4, refused + " of the units that a text can reach were looked at");
    for (int n = 0; n < 4 + units; n += 7) {
      assertFalse(CharacterMap.isSound(java.util.Arrays.copyOf(good, n)), n + " bytes");
    }
  }

  /** OpenAI's files are of 2021 and do not say that their model is BPE. */
  @Test
  void theTypeOfAModelNeedNotBeStated() throws IOException {
    write(CLIP, root -> ((ObjectNode) root.get("model")).remove("type"));
    try (Tokenizer old = Tokenizer.of(folder, 32, -1);
        Tokenizer stated = Tokenizer.of(CLIP.resolveSibling(""), 32, -1)) {
      assertArrayEquals(stated.encode("a photo of a dog"), old.encode("a photo of a dog"));
    }
  }

  /** Gemma's, which SigLIP 2 uses. */
  @Test
  void gemmasComponentsAreRead() throws IOException {
    write(
        CLIP,
        root -> {
          root.set(
              "normalizer",
              json("{'type': 'Replace', 'pattern': {'String': ' '}, 'content': '\u2581'}"));
          root.set(
              "pre_tokenizer",
              json(
                  "{'type': 'Split', 'pattern': {'String': ' '}, 'behavior':"
                      + " 'MergedWithPrevious', 'invert': false}"));
          root.set(
              "post_processor",
              json(
                  "{'type': 'TemplateProcessing', 'single': [{'SpecialToken': {'id': '<bos>',"
                      + " 'type_id': 0}}, {'Sequence': {'id': 'A', 'type_id': 0}}], 'pair':"
                      + " [{'Sequence': {'id': 'A', 'type_id': 0}}, {'Sequence': {'id': 'B',"
                      + " 'type_id': 1}}], 'special_tokens': {'<bos>': {'id': '<bos>', 'ids': [2],"
                      + " 'tokens': ['<bos>']}}}"));
          root.set(
              "decoder",
              json(
                  "{'type': 'Sequence', 'decoders': [{'type': 'Replace', 'pattern': {'String':"
                      + " '\u2581'}, 'content': ' '}, {'type': 'ByteFallback'}, {'type':"
                      + " 'Fuse'}]}"));
          root.set(
              "model",
              json(
                  "{'type': 'BPE', 'dropout': null, 'unk_token': '<unk>',"
                      + " 'continuing_subword_prefix': null, 'end_of_word_suffix': null,"
                      + " 'fuse_unk': true, 'byte_fallback': true, 'ignore_merges': false, 'vocab':"
                      + " {'<pad>': 0, '<eos>': 1, '<bos>': 2, '<unk>': 3, 'a': 4, 'b': 5, 'ab': 6,"
                      + " '\u2581': 7}, 'merges': [['a', 'b']]}"));
        });
    try (Tokenizer tokenizer = Tokenizer.withoutStart(folder, 32, TokenizerDialect.PLAIN)) {
      assertArrayEquals(new int[] {2, 6, 7, 4}, tokenizer.encodeAll("ab a"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\s+",
        " {2,}",
        "[!\"\\#\\$%\\&'\\(\\)\\*\\+,\\-\\.:;=\\?@\\[\\]\\\\\\^_`\\{\\|\\}\\~]",
        "[!\\\"#$%&'()*+,-./:;<=>?@\\[\\\\\\]^_`{|}~]",
        "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
        "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|[a-z0-9]+"
      })
  void theirPatternsAreRead(String regex) {
    assertTrue(PlainPattern.isOne(regex));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "|",
        "a|",
        "a*",
        "a?",
        "(a)",
        "(x+x+)+y",
        "a+b",
        "a++",
        ".",
        "^a",
        "a$",
        "[]",
        "[^]",
        "[a",
        "[z-a]",
        "[a&&b]",
        "[[a]]",
        "\\1",
        "\\b",
        "\\w+",
        "\\p{Lu}",
        "a{2,}b",
        "a{2}",
        "\\",
        "\u0000",
        "(?=a)",
        "\\P{L}"
      })
  void othersAreNot(String regex) {
    assertFalse(PlainPattern.isOne(regex));
  }
}
