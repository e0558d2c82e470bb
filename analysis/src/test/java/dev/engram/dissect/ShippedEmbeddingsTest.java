package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes with a model is taken where it fits, and nowhere else. */
@SuppressWarnings("NullAway.Init")
class ShippedEmbeddingsTest {
  private static final List<String> WORDS = List.of("panda", "red", "hat", "sea", "bird", "tree");
  private static Clip clip;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private Path written() {
    Path file = folder.resolve(ShippedEmbeddings.FILE);
    ShippedEmbeddings.write(file, clip, WORDS, Progress.NONE);
    return file;
  }

  private static boolean fits(Path file, List<String> words) {
    Optional<WordDictionary> read = ShippedEmbeddings.dictionary(file, clip, "d", words);
    read.ifPresent(WordDictionary::close);
    return read.isPresent();
  }

  @Test
  void theEmbeddedDictionaryComesWithItsEmbeddings() {
    assertTrue(
        fits(Iconclip.root().resolve(ShippedEmbeddings.FILE), Iconclip.words()),
        "weights, tokenizer or words have changed: run iconclip/train/words");
  }

  @Test
  void whatIsReadIsWhatWasWrittenToTheLastBitOfFloat16() {
    try (WordDictionary read =
            ShippedEmbeddings.dictionary(written(), clip, "d", WORDS).orElseThrow();
        WordDictionary computed = WordDictionary.of(clip, "d", WORDS, Progress.NONE)) {
      assertEquals(computed.hash(), read.hash());
      for (int i = 0; i < WORDS.size(); i++) {
        float[] is = read.embeddings(i)[0];
        float[] was = computed.embeddings(i)[0];
        assertTrue(Cosine.of(is, was) > 1 - 1e-6, WORDS.get(i));
        for (int j = 0; j < is.length; j++) {
          assertEquals(was[j], is[j], Math.abs(was[j]) * 0x1p-10 + 1e-6);
        }
      }
    }
  }

  @Test
  void whatIsOfOtherWordsOrDamagedIsNotTaken() throws IOException {
    Path file = written();
    assertTrue(fits(file, WORDS));
    assertFalse(fits(file, List.of("panda", "red", "hat", "sea", "bird", "house")));
    assertFalse(fits(file, WORDS.subList(0, 5)));
    assertFalse(fits(folder.resolve("missing"), WORDS));
    byte[] bytes = Files.readAllBytes(file);
    String text = new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    int at = text.indexOf("made_of") + 12;
    bytes[at] = (byte) (bytes[at] == '0' ? '1' : '0');
    Files.write(file, bytes);
    assertFalse(fits(file, WORDS), "made of other weights");
    Files.write(file, new byte[] {1, 2, 3});
    assertFalse(fits(file, WORDS));
  }

  @Test
  void whatDisagreesWithTheModelIsNotTaken() throws IOException {
    Path file = written();
    byte[] bytes = Files.readAllBytes(file);
    for (int i = bytes.length - 2 * clip.config().projectionWidth() * WORDS.size();
        i < bytes.length;
        i++) {
      bytes[i] = (byte) (i % 2 == 0 ? 0 : 0x3c);
    }
    Files.write(file, bytes);
    assertFalse(fits(file, WORDS));
  }
}
