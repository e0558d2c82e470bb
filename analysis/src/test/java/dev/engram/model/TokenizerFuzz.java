package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ContainerNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Tries tokenizers in a JVM of its own, which the tokenizer library may end: what was found before,
 * then good ones in which components and parameters are exchanged for others that the library
 * knows. The content that it was given last lies in the folder.
 */
public final class TokenizerFuzz {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Beside what is in a tokenizer, of vocabularies only a few entries are changed. */
  private static final int MOST_ENTRIES = 5;

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "0",
          "-1",
          "1",
          "4294967295",
          "4294967296",
          "1e999",
          "1.5",
          "\"\"",
          "\" \"",
          "\"a\"",
          "\"\\u00e9\"",
          "\"\\ud83d\\ude00\"",
          "\"\\u0000\"",
          "[]",
          "{}",
          "[[]]",
          "[0]",
          "{\"String\": \"\"}",
          "{\"String\": \"a\"}",
          "{\"Regex\": \"\"}",
          "{\"Regex\": \"a*\"}",
          "{\"Regex\": \"(\"}",
          "{\"Regex\": \"(?=a)\"}",
          "{\"Regex\": \"(x+x+)+y\"}",
          "{\"Regex\": \"[a]+|b\"}",
          "\"Removed\"",
          "\"Isolated\"",
          "\"Contiguous\"",
          "\"MergedWithNext\"",
          "\"always\"",
          "\"first\"",
          "\"<|endoftext|>\"");

  private static final List<String> COMPONENTS =
      List.of(
          "{'type': 'Replace', 'pattern': {'String': ''}, 'content': 'x'}",
          "{'type': 'Replace', 'pattern': {'String': 'a'}, 'content': ''}",
          "{'type': 'Replace', 'pattern': {'Regex': '[^a]+'}, 'content': '\u2581'}",
          "{'type': 'Strip', 'strip_left': true, 'strip_right': false}",
          "{'type': 'Strip'}",
          "{'type': 'StripAccents'}",
          "{'type': 'NFC'}",
          "{'type': 'NFKC'}",
          "{'type': 'NFKD'}",
          "{'type': 'Nmt'}",
          "{'type': 'Prepend', 'prepend': ''}",
          "{'type': 'Precompiled', 'precompiled_charsmap': 'AAAA'}",
          "{'type': 'Precompiled', 'precompiled_charsmap': 'BAAAAAAAAAAAAAAA'}",
          "{'type': 'BertNormalizer', 'clean_text': true, 'handle_chinese_chars': true, "
              + "'strip_accents': null, 'lowercase': true}",
          "{'type': 'Sequence', 'normalizers': []}",
          "{'type': 'Sequence', 'pretokenizers': []}",
          "{'type': 'Sequence', 'processors': []}",
          "{'type': 'Whitespace'}",
          "{'type': 'WhitespaceSplit'}",
          "{'type': 'ByteLevel'}",
          "{'type': 'ByteLevel', 'add_prefix_space': true, 'trim_offsets': true}",
          "{'type': 'Metaspace', 'replacement': '\u2581', 'add_prefix_space': true}",
          "{'type': 'Metaspace', 'replacement': '', 'prepend_scheme': 'never'}",
          "{'type': 'Punctuation', 'behavior': 'Contiguous'}",
          "{'type': 'CharDelimiterSplit', 'delimiter': ''}",
          "{'type': 'Digits', 'individual_digits': true}",
          "{'type': 'FixedLength', 'length': 0}",
          "{'type': 'Split', 'pattern': {'String': ' '}, 'behavior': 'MergedWithPrevious', "
              + "'invert': false}",
          "{'type': 'RobertaProcessing', 'sep': ['b', 4294967295], 'cls': ['a', 1]}",
          "{'type': 'BertProcessing', 'sep': ['b', 2], 'cls': ['a', 1]}",
          "{'type': 'TemplateProcessing', 'single': [{'Sequence': {'id': 'A', 'type_id': 0}}, "
              + "{'SpecialToken': {'id': 'e', 'type_id': 0}}], 'pair': [], 'special_tokens': {}}",
          "{'type': 'WordPiece', 'unk_token': 'x', 'continuing_subword_prefix': '#', "
              + "'max_input_chars_per_word': 0, 'vocab': {'a': 0}}",
          "{'type': 'WordLevel', 'vocab': {}, 'unk_token': 'x'}",
          "{'type': 'Unigram', 'unk_id': 7, 'vocab': [['a', 0.0]]}",
          "{'type': 'Unigram', 'unk_id': null, 'vocab': [['', 0.0], ['a', -1e308]]}",
          "{'type': 'BPE', 'unk_token': null, 'continuing_subword_prefix': '####', "
              + "'vocab': {'a': 0, 'b': 1, 'ab': 2}, 'merges': ['a b']}",
          "{'type': 'BPE', 'dropout': 0.5, 'vocab': {}, 'merges': []}");

  private final Random random;

  private TokenizerFuzz(long seed) {
    this.random = new Random(seed);
  }

  /**
   * @param args the kind of file, an empty folder, the folder of what was found before, and, to go
   *     on with changes, a seed and seconds
   */
  public static void main(String[] args) throws IOException {
    UntrustedFile file = UntrustedFile.valueOf(args[0]);
    Path folder = Path.of(args[1]);
    byte[] good = file.prepare(folder);
    if (!FuzzOracle.isRead(file, folder, good)) {
      throw new AssertionError("the good content is refused");
    }
    for (byte[] found : FuzzTest.found(file, Path.of(args[2]))) {
      FuzzOracle.isRead(file, folder, found);
    }
    if (args.length > 3) {
      long end = System.nanoTime() + 1_000_000_000L * Integer.parseInt(args[4]);
      TokenizerFuzz fuzz = new TokenizerFuzz(Long.parseLong(args[3]));
      int read = 0;
      int refused = 0;
      while (System.nanoTime() < end) {
        if (FuzzOracle.isRead(file, folder, fuzz.change(good))) {
          read++;
        } else {
          refused++;
        }
      }
      System.out.println(read + " read, " + refused + " refused");
    }
  }

  private byte[] change(byte[] good) throws IOException {
    JsonNode root = JSON.readTree(good);
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      List<Place> places = new ArrayList<>();
      collect(root, places);
      places.get(random.nextInt(places.size())).change(this);
    }
    return JSON.writeValueAsBytes(root);
  }

  /** An entry of an object or a list. */
  private record Place(ContainerNode<?> in, String name, int index) {
    void change(TokenizerFuzz fuzz) throws IOException {
      JsonNode old = in instanceof ObjectNode o ? o.get(name) : in.get(index);
      int choice = fuzz.random.nextInt(10);
      if (choice == 0) {
        if (in instanceof ObjectNode o) {
          o.remove(name);
        } else {
          ((ArrayNode) in).remove(index);
        }
      } else if (choice == 1 && in instanceof ArrayNode list) {
        list.add(old.deepCopy());
      } else {
        boolean component = old.isObject() && choice < 9;
        put(fuzz.one(component ? COMPONENTS : VALUES, component));
      }
    }

    private void put(JsonNode value) {
      if (in instanceof ObjectNode o) {
        o.set(name, value);
      } else {
        ((ArrayNode) in).set(index, value);
      }
    }
  }

  private JsonNode one(List<String> of, boolean quoted) throws IOException {
    String text = of.get(random.nextInt(of.size()));
    return JSON.readTree((quoted ? text.replace('\'', '"') : text).getBytes(UTF_8));
  }

  private static void collect(JsonNode node, List<Place> places) {
    if (node instanceof ObjectNode object) {
      int n = 0;
      for (var e : object.properties()) {
        if (object.size() > 100 && n++ >= MOST_ENTRIES) {
          break;
        }
        places.add(new Place(object, e.getKey(), -1));
        collect(e.getValue(), places);
      }
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < (list.size() > 20 ? MOST_ENTRIES : list.size()); i++) {
        places.add(new Place(list, "", i));
        collect(list.get(i), places);
      }
    }
  }
}
