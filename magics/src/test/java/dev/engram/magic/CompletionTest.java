package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.attribution.Attribution;
import dev.engram.magic.completion.Candidate;
import dev.engram.magic.completion.Completion;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Tab offers, for each kind of place in a line; with Engram's own magics and a session. */
@ExtendWith(OwnCache.class)
class CompletionTest {
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), new FakeHost());

  @BeforeAll
  static void open() {
    RUNNER.run("model", null);
    RUNNER.run("images", null);
  }

  private static Completion complete(String line) {
    return RUNNER.magics().completer().complete(line);
  }

  private static List<String> texts(String line) {
    return complete(line).candidates().stream().map(Candidate::text).toList();
  }

  private static String note(String line, String text) {
    return complete(line).candidates().stream()
        .filter(each -> each.text().equals(text))
        .findFirst()
        .orElseThrow()
        .note();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          att                        | attribute
          attribute st               | statue_of_liberty
          attribute liberty          | statue_of_liberty
          attribute ghost/           | ghost/0
          attribute ghost --         | --label
          attribute ghost --top 3 -- | --reading
          attribute ghost --by       | --by
          attribute ghost --by g     | gradient
          attribute ghost --reading= | literal_post
          attribute ghost --label "  | 'a picture of Santa'
          words                      | words
          words L3F2                 | L3F212
          words L                    | L5A
          words L4A                  | L4A1H
          words L3A0H1               | L3A0H11
          words L0F1 L3F2            | L3F212
          neurons --word ha          | hat
          neurons --kind             | --kind
          neurons --kind f           | ffn
          reproduce tab              | table6
          reproduce table4 --set st  | steps=
          model ico                  | iconclip
          model --device             | --device
          model --device g           | gpu
          images vis                 | visent-mini
          images --split v           | val
          evaluate --class gho       | ghost
          forget ghost --unrelated k | koala
          forget ghost --unrelated koala g | goblin
          words L3F212 --dictionary e | english
          """)
  void offers(String line, String expected) {
    List<String> found = texts(line);
    String wanted = expected.replace("'", "");
    assertTrue(
        found.stream().anyMatch(text -> text.replaceAll("[\"']", "").startsWith(wanted)),
        () -> line + " offers " + found);
  }

  @Test
  void anEntityStandsWithItsCategory() {
    assertFalse(note("attribute ghost", "ghost").isBlank());
  }

  @Test
  void whatWasUsedIsNotOfferedAgain() {
    assertFalse(texts("attribute ghost --top 3 --").contains("--top"));
    assertTrue(texts("attribute ghost --").contains("--top"));
    assertFalse(texts("attribute ghost ").contains("statue_of_liberty"), "it takes one");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "attribute ghost;",
        "attribute ghost // ",
        "attribute ghost --top ",
        "nosuchmagic ",
        "attribute ghost --nosuch=",
        "attribute ghost --label \"what nobody wrote",
      })
  void offersNothing(String line) {
    assertEquals(List.of(), texts(line));
  }

  @Test
  void aPartIsReplacedFromItsBeginningWithItsQuote() {
    assertEquals(List.of(), texts("neuron L99999999999F"), "no layer has such a number");
    assertEquals("attribute ".length(), complete("attribute st").start());
    assertEquals(
        "attribute ghost --reading=".length(), complete("attribute ghost --reading=l").start());
    assertEquals(
        "attribute ghost --label ".length(), complete("attribute ghost --label \"a ph").start());
  }

  @Test
  void whatIsOpenComesBeforeFiles() {
    assertFalse(complete("attribute ").candidates().get(0).continues(), "an entity, no folder");
  }

  @Test
  void theNeuronsOfAResultComeFirst() {
    Object shown = RUNNER.run("attribute ghost --top 3", null);
    Attribution a = assertInstanceOf(Attribution.class, shown);
    RUNNER.view(a);
    assertEquals(
        a.top(3).stream().map(r -> r.neuron().toString()).toList(), texts("words ").subList(0, 3));
  }

  @Test
  void whatWasShownComesFirst() {
    RUNNER.magics().recentNeurons().note("rank 1 L4F77\nrank 2 L2A1H3");
    assertEquals(List.of("L4F77", "L2A1H3"), texts("words ").subList(0, 2));
    assertEquals("shown", note("words ", "L4F77"));
  }

  @Test
  void editsHaveTheirTitles() {
    RUNNER.run("forget ghost --mode complete", null);
    try {
      assertTrue(texts("undo ").containsAll(List.of("0", "all")), texts("undo ").toString());
      assertTrue(note("undo ", "0").contains("ghost"), note("undo ", "0"));
    } finally {
      RUNNER.run("undo", null);
    }
  }

  @Test
  void pathsAreFoundAndQuoted(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("my images/cats"));
    Files.createDirectories(folder.resolve("models"));
    Files.writeString(folder.resolve("my notes.txt"), "");
    Files.writeString(folder.resolve(".hidden"), "");
    Files.writeString(folder.resolve("x.png"), "");
    String base = folder.toString().replace('\\', '/') + "/";
    assertEquals(List.of(base + "models/", "'" + base + "my images/"), texts("model " + base));
    assertEquals(List.of("'" + base + "my images/cats/"), texts("model \"" + base + "my images/"));
    assertEquals(
        List.of(base + "models/", "'" + base + "my images/", base + "x.png"),
        texts("attribute " + base));
    assertTrue(texts("words L0F0 --dictionary " + base).contains("'" + base + "my notes.txt'"));
    assertEquals(List.of(base + ".hidden"), texts("words L0F0 --dictionary " + base + ".h"));
    assertEquals(List.of(), texts("model " + base + "nothing/here/"));
  }

  @Test
  void aLargeFolderIsCutToAListThatCanBeRead(@TempDir Path folder) throws IOException {
    for (int i = 0; i < 2_000; i++) {
      Files.createFile(folder.resolve("image" + i + ".png"));
    }
    String base = folder.toString().replace('\\', '/') + "/";
    List<String> all = texts("attribute " + base);
    assertEquals(500, all.size(), "a list that can be looked through");
    assertEquals(List.of(base + "image1999.png"), texts("attribute " + base + "image1999"));
  }

  /** Measured as time of the processor, the best of ten, since tests share a machine. */
  @Test
  void aFolderOf20000ImagesIsOfferedWhileTyping(@TempDir Path temp) throws IOException {
    Path folder = Files.createDirectory(temp.resolve("photos"));
    for (int i = 0; i < 20_000; i++) {
      Files.createFile(folder.resolve("image%05d.png".formatted(i)));
    }
    Files.createDirectory(folder.resolve("more"));
    Files.createDirectory(folder.resolve("v1.0"));
    String base = folder.toString().replace('\\', '/') + "/";
    String typed = "heatmap " + base;
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 10; i++) {
      long from = clock.getCurrentThreadCpuTime();
      List<String> found = texts(typed);
      best = Math.min(best, clock.getCurrentThreadCpuTime() - from);
      assertEquals(base + "more/", found.get(0));
      assertEquals(base + "v1.0/", found.get(1));
      assertEquals(base + "image00000.png", found.get(2));
    }
    assertTrue(best < 100_000_000, best / 1_000_000 + " ms");
    assertEquals(List.of(base + "image19999.png"), texts(typed + "image19999"));
  }
}
