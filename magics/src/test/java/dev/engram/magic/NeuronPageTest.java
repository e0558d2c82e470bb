package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Described;
import dev.engram.magic.result.NeuronRecipe;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.Page.Section;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.JShell;
import jdk.jshell.Snippet;
import jdk.jshell.SnippetEvent;
import jdk.jshell.SourceCodeAnalysis;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page of a neuron on small sets: what it shows, and the file that it becomes. */
class NeuronPageTest {
  /** Of the form of {@code src="https://…"}: what a page would fetch. */
  private static final Pattern OUTSIDE = Pattern.compile("(?:src|href)=\"(?!data:|#)[^\"]*\"");

  @TempDir Path temp = Path.of("");

  private final FakeHost host = new FakeHost();
  private final MagicRunner runner = new MagicRunner(Magics.all(), host);

  @BeforeEach
  void loadModel() {
    runner.run("model", null);
  }

  /** Opens a set of so many entities with so many drawings each. */
  private void open(int entities, int drawings) throws IOException {
    Path set = temp.resolve("my set");
    try (Stream<Path> folders = Files.walk(Iconclip.entities(), 2)) {
      List<Path> all =
          folders
              .filter(
                  f ->
                      Files.isDirectory(f)
                          && f.getNameCount() == Iconclip.entities().getNameCount() + 2)
              .sorted()
              .limit(entities)
              .toList();
      for (Path entity : all) {
        Path to = set.resolve(Iconclip.entities().relativize(entity));
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(entity)) {
          for (Path file : files.sorted().limit(drawings).toList()) {
            Files.copy(file, to.resolve(file.getFileName()));
          }
        }
      }
    }
    runner.run("images '" + set + "'", null);
  }

  private Described page(String line) {
    return assertInstanceOf(Described.class, runner.run(line, null), line);
  }

  private static String text(Described page) {
    return Stream.concat(Presenters.view(page).before().stream(), Stream.of(Presenters.view(page)))
        .map(View::text)
        .collect(Collectors.joining("\n"));
  }

  @Test
  void everySectionIsThere() throws IOException {
    open(22, 2);
    Described page = page("neuron L4F195");
    assertEquals(
        List.of(
            "What it is",
            "What it says",
            "Images",
            "Entities raised and lowered",
            "How often it is active",
            "Query neurons: what drives it",
            "Nearest neurons",
            "Without it",
            "The same again"),
        Presenters.page(page).sections().stream().map(Section::title).toList());
    String text = text(page);
    NeuronReport report = page.report();
    assertTrue(text.contains("FFN neuron of iconclip, layer 4, channel 195"), text);
    assertTrue(text.contains("The set has no background images"), text);
    for (QueryNeuron q : report.topQueries()) {
      assertTrue(text.contains(q.neuron().toString()), q.toString());
    }
    report.nearest().forEach(n -> assertTrue(text.contains(n.neuron().toString()), n.toString()));
    report
        .words(page.neuron())
        .orElseThrow()
        .words()
        .forEach(w -> assertTrue(text.contains(w.word()), w.word()));
    assertTrue(text.contains("model iconclip "), text);
    assertTrue(text.contains("numbers are not the paper's"), text);
    assertEquals(3, figures(Presenters.view(page)));
  }

  private static long figures(View view) {
    return Stream.concat(view.before().stream(), Stream.of(view))
        .filter(v -> v.data().containsKey(View.PLOTLY))
        .count();
  }

  @Test
  void theChartShowsTheEndsAndTheTableAll() throws IOException {
    open(22, 1);
    Described page = page("neuron L3A0H11");
    assertEquals(20, Presenters.figure(page).toJson().at("/data/0/x").size());
    assertEquals(22, Presenters.table(page).rowCount());
    List<Double> improvements = Presenters.table(page).doubleColumn("improvement").asList();
    List<Double> shown = new ArrayList<>();
    Presenters.figure(page).toJson().at("/data/0/x").forEach(x -> shown.add(x.asDouble()));
    List<Double> ends = new ArrayList<>(improvements.subList(0, 10));
    ends.addAll(improvements.subList(12, 22));
    assertEquals(ends, shown);
    assertTrue(Presenters.figure(page).toString().contains("10 highest and 10 lowest of 22"));
  }

  @Test
  void oneImageIsEnough() throws IOException {
    open(1, 1);
    Described page = page("neuron L0A0H3");
    String text = text(page);
    assertTrue(text.contains("Lowest: no further images"), text);
    assertTrue(text.contains("At random, from the others: no further images"), text);
    assertTrue(text.contains("No neuron precedes it"), text);
    assertEquals(1, page.heatmaps().size());
  }

  @Test
  void theFileStandsAlone() throws IOException {
    open(3, 2);
    Path file = temp.resolve("a page.html");
    Described page = page("neuron L4F195 --html '" + file + "'");
    assertTrue(
        host.shown.stream().anyMatch(v -> v.text().startsWith("Wrote " + file)), host.shown + "");
    String html = Files.readString(file);
    assertTrue(html.startsWith("<!DOCTYPE html>"));
    assertEquals(1, html.split("DecompressionStream", -1).length - 1, "plotly.js comes once");
    assertEquals(3, html.split("engram.waiting.push", -1).length - 1, "three figures");
    List<String> outside = OUTSIDE.matcher(html).results().map(r -> r.group()).toList();
    assertEquals(List.of(), outside);
    for (int i = 0; i < Presenters.page(page).sections().size(); i++) {
      assertTrue(html.contains("href=\"#section-" + i + "\""), "link " + i);
      assertTrue(html.contains("id=\"section-" + i + "\""), "target " + i);
    }
    page("neuron L3A0H11 --html '" + file + "'");
    assertTrue(Files.readString(file).contains("Neuron L3A0H11"), "our own page is replaced");
    try (Stream<Path> left = Files.list(temp)) {
      assertEquals(2, left.count(), "the set and the page");
    }
  }

  @Test
  void aFileOfSomebodyElseIsLeftAlone() throws IOException {
    open(1, 1);
    Path file = Files.writeString(temp.resolve("mine.html"), "<html>mine</html>");
    MagicFailure failure =
        assertThrows(
            MagicFailure.class, () -> runner.run("neuron L4F195 --html '" + file + "'", null));
    assertTrue(String.valueOf(failure.getMessage()).contains("is no page that Engram wrote"));
    assertEquals("<html>mine</html>", Files.readString(file));
  }

  @Test
  void theSeedDrawsOtherImages() throws IOException {
    open(10, 3);
    List<NeuronReport.Seen> first = page("neuron L4F195").report().random();
    assertEquals(names(first), names(page("neuron L4F195 --seed 0").report().random()));
    assertNotEquals(names(first), names(page("neuron L4F195 --seed 1").report().random()));
    assertEquals(6, first.size());
  }

  private static List<String> names(List<NeuronReport.Seen> images) {
    return images.stream().map(s -> s.image().name()).toList();
  }

  @Test
  void itsLinesMakeItAgain() throws IOException {
    open(3, 2);
    Described page = page("neuron L4F195 --seed 3 --reading lens");
    MagicRunner fresh = new MagicRunner(Magics.all(), new FakeHost());
    Object last = "";
    for (String line : NeuronRecipe.of(page).notebookLines().split("\n")) {
      last = java.util.Objects.requireNonNull(fresh.run(line.substring(1), null));
    }
    assertSame(page.report(), assertInstanceOf(Described.class, last).report());
    for (String line : NeuronRecipe.of(page).furtherLines(page.neuron()).split("\n")) {
      fresh.run(line.substring(1), null); // fails if it cannot be run
    }
  }

  private static void assertSame(NeuronReport expected, NeuronReport actual) {
    assertEquals(expected.reading(), actual.reading());
    assertEquals(expected.effects(), actual.effects());
    assertEquals(expected.suppressed(), actual.suppressed());
    assertEquals(names(expected.random()), names(actual.random()));
    assertArrayEquals(expected.onEntities(), actual.onEntities());
  }

  @Test
  void itsJavaLinesMakeItAgain() throws IOException {
    open(3, 2);
    Described page = page("neuron L3A0H11");
    assertFalse(
        NeuronRecipe.of(page).javaLines().contains("import dev.engram.hub"), "nothing to fetch");
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    try (JShell shell = JShell.builder().executionEngine("local").build()) {
      shell.addToClasspath(System.getProperty("java.class.path"));
      String rest =
          NeuronRecipe.of(page).javaLines()
              + "\nSystem.getProperties().put(\"engram.test.report\", report);";
      while (!rest.isBlank()) {
        SourceCodeAnalysis.CompletionInfo next = shell.sourceCodeAnalysis().analyzeCompletion(rest);
        for (SnippetEvent event : shell.eval(next.source())) {
          assertEquals(Snippet.Status.VALID, event.status(), next.source());
          assertEquals(null, event.exception(), next.source());
        }
        rest = next.remaining();
      }
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }
    Object again = System.getProperties().remove("engram.test.report");
    assertSame(page.report(), assertInstanceOf(NeuronReport.class, again));
    assertFalse(page.report().words().isEmpty());
  }
}
