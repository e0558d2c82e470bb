package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.EngramException;
import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every case of the reference set, from both forms of the files, and the refusals. */
class TokenizerTest {
  private static final Path FOLDER = ReferenceImages.ROOT.resolve("tokenizer");
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void allCasesAsHuggingFace() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.of(FOLDER, 77, -1)) {
      holdsAllCases(tokenizer);
    }
  }

  @Test
  void allCasesFromVocabularyAndMerges(@TempDir Path temp) throws IOException {
    Files.copy(FOLDER.resolve("vocab.json"), temp.resolve("vocab.json"));
    Files.copy(FOLDER.resolve("merges.txt"), temp.resolve("merges.txt"));
    try (Tokenizer tokenizer = Tokenizer.of(temp, 77, -1)) {
      holdsAllCases(tokenizer);
    }
  }

  private static void holdsAllCases(Tokenizer tokenizer) throws IOException {
    JsonNode cases = JSON.readTree(FOLDER.resolve("cases.json").toFile());
    assertTrue(cases.size() >= 30, "cases: " + cases.size());
    for (JsonNode c : cases) {
      String text = c.get("text").asText();
      int[] ids = ints(c.get("ids"));
      assertArrayEquals(ids, tokenizer.encodeAll(text), text);
      int[] cut = tokenizer.encodeTruncated(text);
      assertArrayEquals(ints(c.get("ids77")), tokenizer.pad(cut), text);
      assertEquals(java.util.Arrays.stream(ints(c.get("mask77"))).sum(), cut.length, text);
      if (ids.length <= 77 && !text.isBlank()) {
        assertArrayEquals(ids, tokenizer.encode(text), text);
        assertArrayEquals(ints(c.get("ids77")), tokenizer.encodePadded(text), text);
      } else {
        assertThrows(EngramException.class, () -> tokenizer.encode(text), text);
      }
    }
  }

  @Test
  void theEmbeddedModelsOwnLabels() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.of(Iconclip.model(), 32, 8191)) {
      JsonNode golden = JSON.readTree(Iconclip.root().resolve("golden.json").toFile());
      assertTrue(golden.size() >= 10);
      for (JsonNode g : golden) {
        assertArrayEquals(ints(g.get("ids")), tokenizer.encode(g.get("caption").asText()));
      }
    }
  }

  @Test
  void aLabelBeyondTheContextIsRefusedWithBothNumbers() {
    try (Tokenizer tokenizer = Tokenizer.of(FOLDER, 8, 893)) {
      Refusal.holds(
          () -> tokenizer.encode("a photo of a dog and another dog"),
          "a photo of a dog",
          "has " + tokenizer.encodeAll("a photo of a dog and another dog").length + " tokens",
          "at most 8");
      int[] cut = tokenizer.encodeTruncated("a photo of a dog and another dog");
      assertEquals(8, cut.length);
      assertEquals(893, cut[7]);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "\t\n", "\u2003"})
  void aBlankLabelIsRefused(String blank) {
    try (Tokenizer tokenizer = Tokenizer.of(FOLDER, 77, -1)) {
      assertThrows(EngramException.class, () -> tokenizer.encode(blank));
      assertArrayEquals(new int[] {892, 893}, tokenizer.encodeTruncated(blank));
    }
  }

  @Test
  void halfASurrogateDoesNotReachNativeCode() {
    try (Tokenizer tokenizer = Tokenizer.of(FOLDER, 77, -1)) {
      assertArrayEquals(tokenizer.encode("a \ufffd b"), tokenizer.encode("a \ud83d b"));
    }
  }

  @Test
  void aTextWithoutTokensIsRefused(@TempDir Path temp) throws IOException {
    Path siglip = ReferenceImages.ROOT.resolveSibling("families").resolve("siglip_b16");
    Files.copy(siglip.resolve("tokenizer_config.json"), temp.resolve("tokenizer_config.json"));
    ObjectNode json = (ObjectNode) JSON.readTree(siglip.resolve("tokenizer.json").toFile());
    ((ObjectNode) json.get("model")).putNull("unk_id");
    JSON.writeValue(temp.resolve("tokenizer.json").toFile(), json);
    try (Tokenizer tokenizer = Tokenizer.withoutStart(temp, 32, TokenizerDialect.PLAIN)) {
      Refusal.holds(() -> tokenizer.encode("日本"), "cannot turn \"日本\" into tokens", "unk_id");
    }
  }

  @Test
  void lowerCaseDoesNotDependOnTheCountry() {
    Locale before = Locale.getDefault();
    try (Tokenizer tokenizer = Tokenizer.of(FOLDER, 77, -1)) {
      int[] expected = tokenizer.encode("TITLE");
      Locale.setDefault(Locale.forLanguageTag("tr"));
      assertArrayEquals(expected, tokenizer.encode("TITLE"));
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void foldersWithoutAWholeTokenizerAreRefused(@TempDir Path temp) throws IOException {
    assertRefused(temp, "There is no tokenizer in");
    Files.writeString(temp.resolve("tokenizer.json"), "");
    assertRefused(temp, "Expected a JSON object");
    Files.writeString(temp.resolve("tokenizer.json"), "{\"model\": 3");
    assertRefused(temp, "Not valid JSON");
    Files.writeString(temp.resolve("tokenizer.json"), "[]");
    assertRefused(temp, "Expected a JSON object");
    Files.writeString(temp.resolve("tokenizer.json"), "{\"version\": \"1.0\"}");
    assertRefused(temp, "is refused: its model");
    Files.delete(temp.resolve("tokenizer.json"));
    Files.writeString(temp.resolve("vocab.json"), "{\"a\": 0}");
    Files.writeString(temp.resolve("merges.txt"), "");
    assertRefused(temp, "cannot be read");
  }

  @Test
  void anEndTokenThatTheModelDoesNotKnowIsRefused() {
    Refusal.holds(() -> Tokenizer.of(FOLDER, 77, 5).close(), "end token 5");
  }

  private static void assertRefused(Path folder, String part) {
    Refusal.holds(() -> Tokenizer.of(folder, 77, -1).close(), part, folder.toString());
  }

  private static int[] ints(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }
}
