package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dissect.DictionaryStore;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Edit;
import dev.engram.edit.EditFile;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Removal;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * After {@code kill -9} what is in place is the old, whole, or the new, whole; the next start goes
 * on and takes away what the dead one left in a cache. Results are in {@code KilledStudyTest}.
 */
@SuppressWarnings("NullAway.Init")
class KilledWritersTest {
  private static final Path MODEL = Path.of("src/test/resources/reference/models/fp16");
  private static final List<String> WORDS =
      IntStream.range(0, 400).mapToObj(i -> "word " + i).toList();

  private static Clip clip;

  @TempDir private Path folder;

  @BeforeAll
  static void open() {
    clip = Clip.from(MODEL).device("cpu").load();
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static Edit edit(Clip of, int neuron) {
    return Removal.complete(
        of, "number " + neuron, List.of(Neuron.ffn(1, neuron)), Provenance.of());
  }

  /** Saves until it comes to a tensor, says so, and waits to be killed. */
  public static final class Saving {
    private Saving() {}

    public static void main(String[] args) {
      int last = Integer.parseInt(args[2]);
      Progress stops =
          (what, done, total) -> {
            if (what.startsWith("writing") && done == Math.min(last, total)) {
              System.out.println("writing");
              sleep();
            }
          };
      try (Clip clip = Clip.from(MODEL).device("cpu").load();
          EditHistory history = new EditHistory(clip)) {
        history.apply(edit(clip, 4));
        if (args[0].equals("model")) {
          history.saveModel(Path.of(args[1]), stops);
        } else {
          EditFile.write(Path.of(args[1]), history.edits(), stops);
        }
      }
    }

    private static void sleep() {
      try {
        Thread.sleep(600_000);
      } catch (InterruptedException e) {
        throw new CancellationException();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5, 1000})
  void aModelIsThereWholeOrNotAtAll(int tensor) throws Exception {
    Path out = folder.resolve("out");
    try (ChildJvm child = new ChildJvm(Saving.class, "model", out, tensor)) {
      child.awaitLine("writing");
      child.kill();
    }
    assertFalse(Files.exists(out));
    assertEquals(1, files(folder, ".part").size());
    try (EditHistory history = new EditHistory(clip)) {
      history.apply(edit(clip, 4));
      history.saveModel(out, Progress.NONE);
      try (Clip again = Clip.from(out).device("cpu").load()) {
        assertArrayEquals(
            history.model().embedTexts(List.of("a dog"), Progress.NONE),
            again.embedTexts(List.of("a dog"), Progress.NONE));
      }
    }
    assertEquals(List.of(), files(folder, ".part"), "what the killed one left");
  }

  @Test
  void aLivingWritersFolderStays() throws Exception {
    try (ChildJvm child = new ChildJvm(Saving.class, "model", folder.resolve("a"), 5)) {
      child.awaitLine("writing");
      AtomicFile.folder(folder.resolve("b"), to -> Files.writeString(to.resolve("x"), "x"));
      assertEquals(1, files(folder, ".part").size());
      child.kill();
    }
    assertEquals(List.of("x"), names(folder.resolve("b")));
  }

  private static List<String> names(Path folder) throws IOException {
    return files(folder, "").stream().map(p -> p.getFileName().toString()).toList();
  }

  /** An edit of zeroed columns has no tensor, so there is one step: with the header written. */
  @Test
  void editsAreTheOldOnesOrTheNew() throws Exception {
    Path file = folder.resolve("e.st");
    EditFile.write(file, List.of(edit(clip, 2)), Progress.NONE);
    byte[] old = Files.readAllBytes(file);
    try (ChildJvm child = new ChildJvm(Saving.class, "edits", file, 0)) {
      child.awaitLine("writing");
      child.kill();
    }
    assertArrayEquals(old, Files.readAllBytes(file));
    EditFile.write(file, List.of(edit(clip, 3)), Progress.NONE);
    assertEquals("removal of number 3: L1F3", EditFile.read(file).get(0).title());
  }

  @Test
  void whatAKilledOneLeftGoesWithTheNextFileBesideIt() throws Exception {
    try (ChildJvm child = new ChildJvm(Saving.class, "edits", folder.resolve("e.st"), 0)) {
      child.awaitLine("writing");
      child.kill();
    }
    assertEquals(1, files(folder, ".part").size());
    Path notes = Files.writeString(folder.resolve("engram-notes.part"), "mine");
    EditFile.write(folder.resolve("other.st"), List.of(edit(clip, 3)), Progress.NONE);
    assertEquals(List.of(notes), files(folder, ".part"));
  }

  /** Makes a dictionary anew, again and again; says so after the first. */
  public static final class Embedding {
    private Embedding() {}

    public static void main(String[] args) throws IOException {
      try (Clip clip = Clip.from(MODEL).device("cpu").load()) {
        for (int i = 0; i < Integer.parseInt(args[1]); i++) {
          new DictionaryStore(Path.of(args[0])).dictionary(clip, "d", WORDS, Progress.NONE).close();
          for (Path kept : files(Path.of(args[0]), ".f32")) {
            Files.deleteIfExists(kept);
          }
          System.out.println("made " + i);
        }
      }
    }
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    if (!Files.exists(folder)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(p -> p.toString().endsWith(ending)).toList();
    }
  }

  private float[][] dictionary(Path cache) {
    int[] all = IntStream.range(0, WORDS.size()).toArray();
    try (WordDictionary d =
        new DictionaryStore(cache).dictionary(clip, "d", WORDS, Progress.NONE)) {
      return d.embeddings(all);
    }
  }

  @Test
  void aDictionaryIsThereWholeOrNotAtAll() throws Exception {
    float[][] right = dictionary(folder.resolve("undisturbed"));
    long whole = Files.size(files(folder.resolve("undisturbed"), ".f32").get(0));
    Path cache = folder.resolve("killed");
    Random random = new Random(5);
    for (int i = 0; i < 3; i++) {
      try (ChildJvm child = new ChildJvm(Embedding.class, cache, 1_000_000)) {
        child.awaitLine("made " + i);
        Thread.sleep(random.nextInt(60));
        child.kill();
      }
      for (Path kept : files(cache, ".f32")) {
        assertEquals(whole, Files.size(kept));
      }
      assertClose(right, dictionary(cache));
      AtomicFile.sweep(cache);
      assertEquals(List.of(), files(cache, ".part"));
    }
  }

  /** Each deletes what the other has just made, or reads it, at any moment. */
  @Test
  void twoProcessesOnOneCacheDoNotDisturbEachOther() throws Exception {
    float[][] right = dictionary(folder.resolve("undisturbed"));
    Path cache = folder.resolve("shared");
    List<ChildJvm> both = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      both.add(new ChildJvm(Embedding.class, cache, 12));
    }
    for (int i = 0; i < 4; i++) {
      assertClose(right, dictionary(cache));
      AtomicFile.sweep(cache);
    }
    for (ChildJvm child : both) {
      assertEquals(0, child.await(), () -> child.printed().toString());
    }
    assertEquals(List.of(), files(cache, ".part"));
  }

  private static void assertClose(float[][] expected, float[][] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertTrue(Cosine.of(expected[i], actual[i]) > 1 - 1e-5);
    }
  }
}
