package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of dictionaries, and when it is not believed. */
@SuppressWarnings("NullAway.Init")
class DictionaryStoreTest {
  private static final List<String> WORDS = List.of("panda", "red", "hat", "sea", "bird", "tree");
  private static Clip clip;

  @TempDir private Path folder;
  private int embedded;

  /** Counts reports of the embedding, of which reading a file makes none. */
  private final Progress counting = (what, done, total) -> embedded++;

  @BeforeAll
  static void open() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  /**
   * @return the embeddings, all of them
   */
  private float[][] dictionary(Clip of, List<String> words) {
    embedded = 0;
    try (WordDictionary d = new DictionaryStore(folder).dictionary(of, "d", words, counting)) {
      int[] all = new int[words.size()];
      Arrays.setAll(all, i -> i);
      return d.embeddings(all);
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }

  @Test
  void whatIsReadIsWhatWasComputed() throws IOException {
    float[][] computed = dictionary(clip, WORDS);
    assertTrue(embedded > 0);
    assertEquals(1, files().size());
    float[][] read = dictionary(clip, WORDS);
    assertEquals(0, embedded);
    for (int i = 0; i < computed.length; i++) {
      assertArrayEquals(computed[i], read[i]);
    }
    try (WordDictionary plain = WordDictionary.of(clip, "d", WORDS, Progress.NONE)) {
      assertArrayEquals(plain.embeddings(2)[0], read[2]);
    }
  }

  @Test
  void otherWordsAreAnotherFile() throws IOException {
    dictionary(clip, WORDS);
    List<String> more = new ArrayList<>(WORDS);
    more.add("boat");
    dictionary(clip, more);
    assertTrue(embedded > 0);
    dictionary(clip, List.of("red", "panda", "hat", "sea", "bird", "tree"));
    assertTrue(embedded > 0);
    assertEquals(3, files().size());
  }

  @Test
  void anotherTokenizerOrModelIsAnotherFile(@TempDir Path copy) throws IOException {
    dictionary(clip, WORDS);
    try (Stream<Path> all = Files.list(Iconclip.model())) {
      for (Path file : all.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    Path tokenizer = copy.resolve("tokenizer.json");
    String definition = Files.readString(tokenizer);
    Files.writeString(tokenizer, definition.replace("\"Lowercase\"", "\"NFKC\""));
    try (Clip other = Clip.from(copy).device("cpu").load()) {
      assertEquals(clip.hash(), other.hash());
      dictionary(other, WORDS);
      assertTrue(embedded > 0);
    }
    try (Clip other =
        Clip.from(Path.of("src/test/resources/reference/models/quick_gelu_p8"))
            .device("cpu")
            .load()) {
      dictionary(other, WORDS);
      assertTrue(embedded > 0);
    }
    assertEquals(3, files().size());
  }

  /** The text tower is the same in every precision. */
  @Test
  void anotherPrecisionReadsTheSameFile() throws IOException {
    dictionary(clip, WORDS);
    try (Clip half = Clip.from(Iconclip.model()).device("cpu").precision(Precision.F16).load()) {
      dictionary(half, WORDS);
    }
    assertEquals(0, embedded);
    assertEquals(1, files().size());
  }

  @Test
  void aDamagedFileIsReplaced() throws IOException {
    float[][] computed = dictionary(clip, WORDS);
    Path file = files().get(0);
    byte[] whole = Files.readAllBytes(file);
    byte[] flipped = whole.clone();
    flipped[whole.length / 2] ^= 1;
    for (byte[] damaged :
        List.of(flipped, Arrays.copyOf(whole, whole.length - 4), new byte[0], new byte[9999])) {
      Files.write(file, damaged);
      float[][] again = dictionary(clip, WORDS);
      assertTrue(embedded > 0);
      assertArrayEquals(computed[3], again[3]);
      assertArrayEquals(whole, Files.readAllBytes(file));
    }
  }

  @Test
  void aWholeFileOfAnotherModelIsNotBelieved() throws IOException {
    dictionary(clip, WORDS);
    Path mine = files().get(0);
    dictionary(clip, List.of("boat", "blue", "shoe", "lake", "fish", "leaf"));
    Path other = files().stream().filter(f -> !f.equals(mine)).findFirst().orElseThrow();
    Files.copy(other, mine, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    dictionary(clip, WORDS);
    assertTrue(embedded > 0);
  }

  @Test
  void anInterruptLeavesNothing() throws IOException {
    Progress stop =
        (what, done, total) -> {
          throw new CancellationException();
        };
    DictionaryStore store = new DictionaryStore(folder);
    assertThrows(CancellationException.class, () -> store.dictionary(clip, "d", WORDS, stop));
    assertEquals(List.of(), files());
  }

  @Test
  void whereNothingCanBeKeptItIsComputed() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    DictionaryStore store = new DictionaryStore(file.resolve("within"));
    for (int i = 0; i < 2; i++) {
      embedded = 0;
      store.dictionary(clip, "d", WORDS, counting).close();
      assertTrue(embedded > 0);
    }
  }

  @Test
  void theEnglishListIsWhole() {
    List<String> words = EnglishWords.list();
    assertEquals(20_000, words.size());
    assertEquals(20_000, new HashSet<>(words).size());
    assertEquals(List.of("the", "to", "and"), words.subList(0, 3));
    assertTrue(words.stream().allMatch(w -> w.matches("\\p{javaLowerCase}{2,}")));
  }
}
