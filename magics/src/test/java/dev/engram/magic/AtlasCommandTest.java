package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasComparison;
import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.AtlasTable;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.lab.Neurons;
import dev.engram.magic.result.Presenters;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code %survey}, {@code %atlas}, and {@code %neurons} in an atlas, on the embedded model. */
class AtlasCommandTest {
  private static final FakeHost HOST = new FakeHost();
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), HOST);

  @TempDir static Path temp = Path.of("");
  private static Path folder = Path.of("");

  @BeforeAll
  static void survey() {
    RUNNER.run("model", null);
    RUNNER.run("images", null);
    String before = refusal("neurons --density ..0.1");
    assertTrue(before.contains("No atlas is open; %survey makes one"), before);
    folder = temp.resolve("an atlas");
    Atlas made = (Atlas) run("survey --sample 40 --top 5 --out '" + folder + "'");
    assertEquals(40, made.manifest().images());
    assertEquals(made, run("atlas"));
  }

  private static Object run(String line) {
    return Objects.requireNonNull(RUNNER.run(line, null));
  }

  private static Neurons neurons(String line) {
    return assertInstanceOf(Neurons.class, run(line), line);
  }

  private static String refusal(String line) {
    return String.valueOf(assertThrows(MagicFailure.class, () -> run(line)).getMessage());
  }

  @Test
  void anAnswerIsNotLostWithTheAtlasBesideIt() throws IOException {
    FakeHost host = new FakeHost();
    MagicRunner runner = new MagicRunner(Magics.all(), host);
    runner.run("model", null);
    for (String line : List.of("words L4F707", "neurons --word xmas --top 2")) {
      Path moved = temp.resolve("moved");
      runner.run("survey visent-mini --images 16 --top 2 --out '" + moved + "'", null);
      Files.move(moved, temp.resolve("away"));
      host.shown.clear();
      assertNotNull(runner.run(line, null), line);
      assertEquals(1, closings(host), line);
      host.shown.clear();
      runner.run(line, null);
      assertEquals(0, closings(host), "said once");
      Files.move(temp.resolve("away"), moved);
    }
  }

  private static long closings(FakeHost host) {
    return host.shown.stream()
        .filter(v -> v.text().contains("is closed"))
        .filter(v -> v.text().contains("its files are not there any more."))
        .count();
  }

  @Test
  void theCardTellsWhatItIsOf() {
    String card = RUNNER.view(run("atlas '" + folder + "'")).text();
    for (String part :
        List.of("an atlas", "iconclip", "40 of visent-mini", "|m| > 0.5", "%neurons --density")) {
      assertTrue(card.contains(part), part + " is not in: " + card);
    }
  }

  @Test
  void otherWordsAreNotPassedOverInSilence() throws IOException {
    String survey = "survey --sample 40 --top 5 --out '" + folder + "'";
    Path words = Files.writeString(temp.resolve("mine.txt"), "cat\ndog\nbus\n");
    String said = refusal(survey + " --dictionary '" + words + "'");
    assertTrue(said.contains("the words of iconclip") && said.contains("mine.txt"), said);
    Atlas again = (Atlas) run(survey);
    assertEquals(40, again.manifest().images());
    assertSame(again, run(survey), "a cell that runs again opens no second database");
    assertSame(again, run("atlas '" + folder + "'"));

    String other = "survey --sample 4 --top 5 --out '" + temp.resolve("mine") + "'";
    String mine = other + " --dictionary '" + words + "'";
    run(mine);
    assertTrue(refusal(other).contains("mine.txt, and not with those of iconclip"), refusal(other));
    Files.writeString(words, "cat\ndog\ntram\n");
    assertTrue(refusal(mine).contains("other words of "), refusal(mine));
    run("atlas '" + folder + "'");
  }

  @Test
  void aSampleWasCalledImagesBefore() {
    String survey = "survey --images 40 --top 5 --out '" + folder + "'";
    assertEquals(40, ((Atlas) run(survey)).manifest().images());
    assertTrue(refusal(survey + " --sample 40").contains("another name of --sample"));
    assertFalse(RUNNER.help("survey").text().contains("--images"));
    String offered = RUNNER.magics().completer().complete("survey --").candidates().toString();
    assertTrue(offered.contains("--sample") && !offered.contains("--images"), offered);
  }

  @Test
  void aQueryGivesATable() {
    AtlasTable t =
        (AtlasTable)
            run(
                "atlas sql \"SELECT neuron, position, density, words, head IS NULL AS ffn,"
                    + " density FROM neurons ORDER BY position LIMIT 3\"");
    assertEquals(3, t.rows());
    assertEquals(
        List.of("neuron", "position", "density", "words", "ffn", "density 2"),
        Presenters.table(t).columnNames());
    assertEquals("L0A0H0", Presenters.table(t).stringColumn("neuron").get(0));
    assertTrue(RUNNER.view(t).text().contains("L0A0H2"));
    String wrong = refusal("atlas sql \"SELECT nothing FROM neurons\"");
    assertTrue(wrong.contains("nothing") && wrong.contains("the tables are"), wrong);
    assertTrue(refusal("atlas sql").contains("takes a query in quotes"));
    assertTrue(refusal("atlas a b").contains("one folder"));
    assertTrue(refusal("atlas nowhere").contains("no atlas in"));
  }

  @Test
  void neuronsAreSearchedByDensityLayerLikenessAndColumns() {
    Neurons few = neurons("neurons --density 0.05..0.1 --layer 2-3 --top 20");
    AtlasNeurons atlas = Objects.requireNonNull(few.atlas());
    assertEquals(20, few.found().size());
    List<Double> scores = new ArrayList<>();
    for (FoundNeuron f : few.found()) {
      double density = atlas.density()[atlas.space().index(f.neuron())];
      assertTrue(density >= 0.05 && density <= 0.1, f + " " + density);
      assertTrue(f.neuron().layer() >= 2 && f.neuron().layer() <= 3);
      assertEquals(atlas.improvement()[atlas.space().index(f.neuron())], f.improvement());
      scores.add(f.improvement());
    }
    assertEquals(scores.stream().sorted(Collections.reverseOrder()).toList(), scores);
    assertTrue(Presenters.table(few).columnNames().contains("density"));
    assertTrue(few.provenance().toString().contains("an atlas, 40 images of visent-mini"));

    Neurons like = neurons("neurons --like L3F7 --top 3");
    AtlasTable near =
        (AtlasTable)
            run("atlas sql \"SELECT near, near_cosines FROM neurons WHERE neuron = 'L3F7'\"");
    String names = String.valueOf(near.columns().get(0).values().get(0));
    assertTrue(names.startsWith("[" + String.join(", ", like.names())), names + like.names());
    String cosine = String.valueOf(near.columns().get(1).values().get(0)).split("[\\[,]")[1];
    assertEquals(Double.parseDouble(cosine), like.found().get(0).cosine(), 1e-5);

    Neurons quiet = neurons("neurons --sort deviation --ascending --top 5");
    double last = 0;
    for (FoundNeuron f : quiet.found()) {
      double deviation = atlas.deviation()[atlas.space().index(f.neuron())];
      assertTrue(deviation >= last);
      last = deviation;
    }
    assertTrue(Presenters.table(quiet).columnNames().contains("deviation m"));
    assertTrue(neurons("neurons --word hat --density ..0.5 --top 4").found().size() == 4);

    assertTrue(refusal("neurons --density 0.5..0.1").contains("goes upwards"));
    assertTrue(refusal("neurons --density 3").contains("takes a range"));
    assertTrue(refusal("neurons --ascending").contains("--sort COLUMN"));
    assertTrue(refusal("neurons --word hat --like L3F7").contains("not both"));
  }

  @Test
  void aNeuronsImagesOfTheWholeSetAreNamed() {
    Atlas atlas = (Atlas) run("atlas");
    String page = Presenters.ofAtlas(atlas, Neuron.parse("L3F7")).text();
    List<Atlas.Top> highest = atlas.tops(Neuron.parse("L3F7"), Atlas.TopList.HIGHEST);
    assertEquals(5, highest.size());
    assertTrue(page.contains(highest.get(0).image()), page);
    assertTrue(page.contains("40 images of visent-mini, as the atlas an atlas has them"), page);
    assertTrue(page.contains("most improved"), page);
  }

  @Test
  void theMapHasAPointForEachNeuron() {
    AtlasMap map = assertInstanceOf(AtlasMap.class, run("atlas map"));
    int neurons = map.neurons().space().count();
    assertEquals(neurons, map.map().x().length);
    assertEquals(neurons, Presenters.table(map).rowCount());
    assertTrue(map.map().shares()[0] >= map.map().shares()[1] && map.map().shares()[1] > 0);
    for (String colour : List.of("layer", "density", "class", "kind")) {
      AtlasMap each = assertInstanceOf(AtlasMap.class, run("atlas map --colour " + colour));
      JsonNode figure = Presenters.figure(each).toJson();
      int points = 0;
      for (JsonNode trace : figure.get("data")) {
        assertEquals("scattergl", trace.get("type").asText());
        points += trace.get("x").size();
        assertEquals(trace.get("x").size(), trace.get("text").size());
      }
      assertEquals(neurons, points, colour);
      String first = figure.get("data").get(0).get("text").get(0).asText();
      assertTrue(first.matches("L\\d+.*<br>says .*<br>improves .*"), first);
    }
    assertTrue(RUNNER.view(map).html().contains("engram-map-foot"));
    assertTrue(refusal("atlas map --colour blue").contains("layer, density, class, kind"));
    assertTrue(refusal("atlas --colour kind").contains("%atlas map --colour kind"));
    assertTrue(refusal("atlas map more").contains("one folder, or map"));
  }

  @Test
  void theSiteIsWrittenAndSaysWhatIsMissing() {
    Path site = temp.resolve("site");
    run("atlas '" + folder + "' --html '" + site + "'");
    assertTrue(Files.isRegularFile(site.resolve("index.html")));
    String told = String.valueOf(HOST.shown);
    assertTrue(told.contains("index.html") && told.contains("40 images are shown"), told);
    assertTrue(refusal("atlas --html '" + folder + "'").contains("holds something"));
    assertTrue(refusal("atlas --images x").contains("add --html"));
    assertTrue(refusal("atlas map --html x").contains("leave out map"));
  }

  @Test
  void theAtlasOfAnotherModelIsRefusedAndLeftOut() {
    MagicRunner other = new MagicRunner(Magics.all(), new FakeHost());
    other.run("model iconclip --resolution 48", null);
    other.run("images", null);
    other.run("atlas '" + folder + "'", null);
    String refusal =
        String.valueOf(
            assertThrows(MagicFailure.class, () -> other.run("neurons --sort density", null))
                .getMessage());
    assertTrue(refusal.contains("is of the model iconclip"), refusal);
    Neurons without = (Neurons) Objects.requireNonNull(other.run("neurons --word hat", null));
    assertEquals(null, without.atlas());
  }

  @Test
  void anEditIsComparedWithWhatWasBefore() {
    FakeHost host = new FakeHost();
    MagicRunner other = new MagicRunner(Magics.all(), host);
    other.run("model", null);
    other.run("images", null);
    String before = String.valueOf(temp.resolve("before"));
    String after = String.valueOf(temp.resolve("after"));
    other.run("survey --sample 40 --top 5 --out '" + before + "'", null);
    other.run("forget ghost --mode complete --evaluate none", null);
    Atlas edited =
        (Atlas)
            Objects.requireNonNull(
                other.run("survey --sample 40 --top 5 --out '" + after + "'", null));
    assertTrue(other.view(edited).text().contains("(edited)"), other.view(edited).text());
    assertTrue(other.view(edited).text().contains("with edits of the model"));
    AtlasComparison c =
        (AtlasComparison)
            Objects.requireNonNull(
                other.run("atlas compare '" + before + "' '" + after + "'", null));
    assertTrue(c.isEdit());
    assertEquals(10368, c.pairs().size() + c.appeared().size() + silent(c));
    assertTrue(c.same() > 0 && !c.byWords().isEmpty());
    String page = other.view(c).text();
    for (String part :
        List.of(
            "Before: iconclip (",
            "after: iconclip (edited) (",
            "same 40 images of visent-mini",
            "have the same coefficient on every image",
            "r ≥ 0.7",
            "Correlations are those of the coefficients",
            "Other words",
            "Vanished")) {
      assertTrue(page.contains(part), part + " is not in: " + page);
    }
    assertEquals("what", Presenters.table(c).columnNames().get(0), Presenters.table(c).toString());
    AtlasComparison withOpen =
        (AtlasComparison)
            Objects.requireNonNull(other.run("atlas compare '" + before + "' --match 0.99", null));
    assertTrue(withOpen.appeared().size() >= c.appeared().size());
    other.run("undo", null);
    assertTrue(refusal("atlas compare").contains("one folder, to be held against the open atlas"));
    assertTrue(refusal("atlas --match 0.5").contains("belongs to %atlas compare"));
    assertTrue(refusal("atlas compare '" + folder + "' nowhere").contains("no atlas in"));
  }

  /** Neurons that are constant, though not by the same value. */
  private static int silent(AtlasComparison c) {
    return c.constantAfter()
        - (int) c.pairs().stream().filter(p -> Double.isNaN(p.correlation())).count();
  }

  @Test
  void wordsAndTheExplorerSayWhatTheAtlasKnows() {
    Atlas atlas = (Atlas) run("atlas '" + folder + "'");
    Neuron neuron = Neuron.parse("L3F7");
    for (String line : List.of("words L3F7 L3A0H11", "explore L3F7 --top 1")) {
      HOST.shown.clear();
      Object result = run(line);
      String shown =
          HOST.shown.stream().map(v -> v.text()).collect(java.util.stream.Collectors.joining())
              + RUNNER.view(result).text();
      assertTrue(
          shown.contains("40 images of visent-mini, as the atlas an atlas has them"), line + shown);
      Atlas.TopList list =
          shown.contains("lowest coefficients (turned around)")
              ? Atlas.TopList.LOWEST
              : Atlas.TopList.HIGHEST;
      assertTrue(shown.contains(atlas.tops(neuron, list).get(0).image()), shown);
    }
  }
}
