package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.dissect.Survey;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Described;
import dev.engram.lab.ImageHeatmap;
import dev.engram.lab.Interpretations;
import dev.engram.lab.Picture;
import dev.engram.magic.result.NeuronRecipe;
import dev.engram.magic.result.Presenters;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
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

  private static final Pattern HEADING = Pattern.compile("<h3>(.*?)</h3>");

  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" class=\"engram-data\">(.*?)</script>");

  private static final String HOSTILE =
      "</script><img src=x onerror=alert(1)>\u2028\"'&{{constructor}}\u202e";

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
    return Presenters.view(page).text();
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
            "Without it",
            "Every entity",
            "Nearest neurons",
            "The same again"),
        HEADING.matcher(still(page)).results().map(r -> r.group(1)).toList());
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
    assertEquals(3, still(page).split("alt=\"Figure ", -1).length - 1, "pictures of figures");
    assertEquals(4, still(page).split("<section class=\"engram-kept\"", -1).length);
    assertTrue(Presenters.view(page).data().containsKey("image/png"));
  }

  /** What stands where no script runs. */
  private static String still(Described page) {
    return Presenters.view(page).html().replaceAll("(?s)<(script|style)[^>]*>.*?</\\1>", "");
  }

  private static JsonNode data(String html) throws IOException {
    Matcher found = DATA.matcher(html);
    assertTrue(found.find(), "the page carries its data");
    return new ObjectMapper().readTree(found.group(1));
  }

  @Test
  void theScriptDrawsTheNumbersOfTheReport() throws IOException {
    open(22, 2);
    Described page = page("neuron L4F195");
    NeuronReport report = page.report();
    JsonNode data = data(Presenters.view(page).html());
    assertTrue(data.path("single").asBoolean());
    assertEquals(1, data.path("neurons").size());
    JsonNode n = data.path("neurons").path(0);
    assertEquals("L4F195", n.path("name").asText());
    Survey.Effect decisive = report.decisive().orElseThrow();
    assertEquals(decisive.improvement(), n.at("/scores/0/0").asDouble(), 1e-6);
    assertEquals(decisive.rank(), n.at("/scores/0/1").asInt());
    List<NeuronReport.Seen> seen =
        Stream.of(report.highest(), report.lowest(), report.random())
            .flatMap(List::stream)
            .toList();
    assertEquals(seen.size(), n.path("looks").size());
    double scale = n.path("scale").asDouble();
    for (int i = 0; i < seen.size(); i++) {
      JsonNode look = n.path("looks").path(i);
      assertEquals(seen.get(i).coefficient(), look.path("m").asDouble(), 1e-4);
      String title = data.path("images").path(look.path("i").asInt()).path("title").asText();
      assertEquals(page.heatmap(seen.get(i).image()).picture().title(), title);
      ByteBuffer shares =
          ByteBuffer.wrap(Base64.getDecoder().decode(look.path("z").asText()))
              .order(ByteOrder.LITTLE_ENDIAN);
      for (double share : seen.get(i).heatmap().map()) {
        assertEquals(share, shares.getShort() / 32767.0 * scale, scale / 32000);
        assertTrue(Math.abs(share) <= scale, "one scale for all");
      }
    }
    List<List<Integer>> groups = new ArrayList<>();
    n.path("groups")
        .forEach(
            g -> {
              List<Integer> which = new ArrayList<>();
              g.path(1).forEach(i -> which.add(i.asInt()));
              groups.add(which);
            });
    int high = report.highest().size();
    int low = report.lowest().size();
    assertEquals(
        List.of(
            IntStream.range(0, high).boxed().toList(),
            IntStream.range(high, high + low).boxed().toList(),
            IntStream.range(high + low, seen.size()).boxed().toList()),
        groups);
    assertEquals(report.suppressed().size(), n.path("without").size());
    for (int i = 0; i < report.suppressed().size(); i++) {
      NeuronReport.Suppressed expected = report.suppressed().get(i);
      JsonNode row = n.path("without").path(i);
      assertEquals(expected.before(), row.path(1).asDouble(), 1e-6);
      assertEquals(expected.residual(), row.path(2).asDouble(), 1e-6);
      assertEquals(expected.complete(), row.path(3).asDouble(), 1e-6);
    }
    List<String> queries = new ArrayList<>();
    n.at("/queries/list").forEach(q -> queries.add(q.path(0).asText()));
    assertEquals(report.topQueries().stream().map(q -> q.neuron().toString()).toList(), queries);
    double shares = 0;
    for (JsonNode share : n.at("/histogram/groups/0/shares")) {
      shares += share.asDouble();
    }
    assertEquals(1, shares, 1e-4);
    assertEquals(1, n.at("/histogram/groups").size(), "no background");
  }

  @Test
  void hostileNamesStayText() throws IOException {
    open(2, 2);
    Described page = page("neuron L4F195");
    NeuronReport r = page.report();
    Survey.Effect first = r.effects().get(0);
    Entity hostile = new Entity(HOSTILE, HOSTILE, HOSTILE, HOSTILE, first.entity().images());
    Interpretation said = r.words(r.neuron()).orElseThrow();
    NeuronReport report =
        new NeuronReport(
            r.neuron(),
            r.sign(),
            r.reading(),
            List.of(new Survey.Effect(hostile, 1, 1, 1)),
            r.onEntities(),
            r.onBackground(),
            r.highest(),
            r.lowest(),
            r.random(),
            Map.of(
                r.neuron(),
                new Interpretation(
                    r.neuron(),
                    1,
                    List.of(new Interpretation.Weighted(0, HOSTILE, 1)),
                    said.residual(),
                    said.target(),
                    said.provenance())),
            r.queries().titled(HOSTILE),
            r.topQueries(),
            r.nearest(),
            List.of(new NeuronReport.Suppressed(hostile, 1, 2, 3)),
            r.provenance().with("images", HOSTILE));
    Map<LabelledImage, ImageHeatmap> heatmaps = new HashMap<>();
    page.heatmaps()
        .forEach(
            (image, map) ->
                heatmaps.put(
                    image,
                    new ImageHeatmap(new Picture(HOSTILE, map.picture().image()), map.heatmap())));
    Described.Source from = page.source();
    Described asked =
        new Described(
            report,
            heatmaps,
            page.chance(),
            page.request(),
            new Described.Source(
                HOSTILE, from.folder(), from.precision(), 0, from.images(), HOSTILE));
    String ours = Presenters.view(page).html();
    for (String html :
        List.of(Presenters.view(asked).html(), Presenters.page(asked).standalone())) {
      assertFalse(html.contains("<img src=x"), "no element of a name's");
      assertFalse(html.contains("\u202e"), "hidden characters are shown");
      assertEquals(
          ours.split("</script>", -1).length,
          html.split("</script>", -1).length,
          "no name ends a script");
      assertTrue(data(html).at("/neurons/0/raised/0/0").asText().startsWith("</script><img"));
    }
    assertFalse(Presenters.view(asked).text().contains("\u202e"));
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
    assertTrue(Presenters.figure(page).toString().contains("on 20 of 22 entities"));
  }

  @Test
  void wordsThatSayNoMoreThanChanceAreGrey() throws IOException {
    open(3, 1);
    List<String> some =
        IntStream.range(0, 40).mapToObj(i -> "L%dF%d".formatted(i % 6, 7 * i)).toList();
    Interpretations said =
        assertInstanceOf(
            Interpretations.class, runner.run("words L4F707 " + String.join(" ", some), null));
    List<Interpretation> byResidual =
        said.neurons().stream().sorted(Comparator.comparing(Interpretation::residual)).toList();
    int[] seen = new int[2];
    for (int at : List.of(0, byResidual.size() - 1)) {
      String neuron = byResidual.get(at).neuron().toString();
      Described page = page("neuron " + neuron);
      double residual = page.report().words(page.neuron()).orElseThrow().residual();
      boolean grey = residual >= Objects.requireNonNull(page.chance()).low();
      JsonNode drawn = data(Presenters.view(page).html()).at("/neurons/0");
      assertEquals(grey, drawn.get("grey").asBoolean(), neuron);
      String sentence = drawn.get("chance").asText();
      assertEquals(grey, sentence.contains("no better than a random vector"), sentence);
      assertTrue(text(page).contains(sentence), sentence);
      Object explored = Objects.requireNonNull(runner.run("explore " + neuron + " --top 1", null));
      JsonNode there = data(Presenters.view(explored).html()).at("/neurons/0");
      assertEquals(grey, there.get("grey").asBoolean(), "the explorer says the same");
      assertEquals(sentence, there.get("chance").asText());
      seen[grey ? 1 : 0]++;
    }
    assertTrue(seen[0] > 0 && seen[1] > 0, "both kinds are among them");
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
    assertTrue(html.contains("data-alone"), "its addresses are the browser's");
    assertFalse(html.contains("engram.waiting.push"), "no figure needs plotly.js");
    List<String> outside = OUTSIDE.matcher(html).results().map(r -> r.group()).toList();
    assertEquals(List.of(), outside);
    assertEquals(page.neuron().toString(), data(html).at("/neurons/0/name").asText());
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
