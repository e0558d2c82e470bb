package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Reading;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.DescribedFeature;
import dev.engram.lab.FeatureExploration;
import dev.engram.lab.FeatureInterpretations;
import dev.engram.lab.FeatureMaps;
import dev.engram.lab.SaeCard;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.trace.Feature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The embedded autoencoder in a notebook: features wherever neurons are, and one sentence else. */
@ExtendWith(OwnCache.class)
class SaeCommandTest {
  @TempDir static Path temp = Path.of("");

  private static final FakeHost HOST = new FakeHost();
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), HOST);
  private static SaeCard card;
  private static String best = "";

  @BeforeAll
  static void open() {
    HOST.variables.put("temp", temp);
    card = run("sae iconclip", SaeCard.class);
    best =
        run("attribute santa_claus --features", FeatureAttribution.class)
            .top(1)
            .get(0)
            .feature()
            .toString();
  }

  private static <T> T run(String line, Class<T> type) {
    return assertInstanceOf(type, RUNNER.run(line, null));
  }

  private static String text(Object value) {
    View view = RUNNER.view(value);
    StringBuilder all = new StringBuilder();
    view.before().forEach(v -> all.append(v.text()).append('\n'));
    return all.append(view.text()).toString();
  }

  private static String refusal(MagicRunner runner, String line) {
    return String.valueOf(
        assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
  }

  @Test
  void theEmbeddedOneIsFaithfulToItsModel() {
    var fidelity = Objects.requireNonNull(card.fidelity());
    assertEquals("blocks.4.hook_resid_post", card.sae().hook().toString());
    assertEquals(768, card.sae().count());
    assertTrue(fidelity.l0() > 10 && fidelity.l0() <= 32, fidelity::toString);
    assertTrue(fidelity.explained() > 0.8, fidelity::toString);
    assertTrue(fidelity.reconstructed() > 0.45, fidelity::toString);
    String text = text(card);
    assertTrue(text.contains("SAELens") && text.contains("L4S767"), text);
    assertTrue(text.contains("autoencoder sae " + card.sae().hash().substring(0, 12)), text);
    assertEquals(11, Presenters.table(card).rowCount());
    String brief = text(run("sae --images 0", SaeCard.class));
    assertTrue(!brief.contains("explained") && brief.contains("L4S767"), brief);
  }

  @Test
  void featuresAreRankedReadMappedAndShown() throws IOException {
    FeatureAttribution a =
        run("attribute santa_claus --features --top 4", FeatureAttribution.class);
    assertEquals(Reading.LENS, a.by());
    assertTrue(text(a).contains(best), text(a));
    assertEquals(4, RUNNER.view(a).before().get(0).html().split("<tr>", -1).length - 2);
    assertEquals(20, Presenters.table(a, 20).rowCount());
    assertEquals(
        Reading.DIRECT,
        run("attribute santa_claus --features --reading direct", FeatureAttribution.class).by());
    run("attribute santa_claus", Attribution.class);
    FeatureInterpretations words = run("words " + best + " L4S3", FeatureInterpretations.class);
    assertEquals(2, words.features().size());
    assertTrue(text(words).contains(words.features().get(0).words().get(0).word()));
    FeatureMaps maps = run("heatmap santa_claus --neuron " + best, FeatureMaps.class);
    assertTrue(maps.strongest().largest() > 0);
    assertTrue(text(maps).contains("on one scale"), text(maps));
    DescribedFeature page =
        run("neuron " + best + " --html '{{temp}}/page.html'", DescribedFeature.class);
    assertTrue(Files.readString(temp.resolve("page.html")).contains("Feature " + best));
    assertTrue(text(page).contains("Neurons that point its way"), text(page));
    for (Object result : List.of(a, words, maps, page, card)) {
      Path csv = temp.resolve(result.getClass().getSimpleName() + ".csv");
      Presenters.save(result, csv.toString());
      assertTrue(Files.size(csv) > 20);
    }
    Presenters.save(page, temp.resolve("saved.html").toString());
    Presenters.save(maps, temp.resolve("map.png").toString());
    run("attribute santa_claus --features --save '{{temp}}/ranking.svg'", FeatureAttribution.class);
    assertTrue(Files.exists(temp.resolve("ranking.svg")));
  }

  @Test
  void theExplorerHasPagesOfFeatures() throws IOException {
    FeatureExploration e =
        run(
            "explore santa_claus --features --top 3 --html '{{temp}}/explorer.html'",
            FeatureExploration.class);
    assertEquals(3, e.features().size());
    assertEquals(best, e.features().get(0).feature().toString());
    String html = Files.readString(temp.resolve("explorer.html"));
    Matcher data =
        Pattern.compile("<script type=\"application/json\"[^>]*>(.*?)</script>", Pattern.DOTALL)
            .matcher(html);
    assertTrue(data.find());
    JsonNode json = new ObjectMapper().readTree(data.group(1));
    assertEquals("feature", json.get("unit").asText());
    assertEquals(best, json.at("/neurons/0/name").asText());
    assertEquals(e.pictures().size(), json.get("images").size());
    assertTrue(json.at("/neurons/0/looks/0/z").asText().length() > 100);
    assertTrue(text(e).contains(best));
    FeatureExploration one = run("explore L4S3 --top 2", FeatureExploration.class);
    assertEquals(new Feature(4, 3), one.features().get(0).feature());
    assertEquals(2, Presenters.table(one).rowCount());
  }

  @Test
  void tabOffersFeatures() {
    List<String> offered =
        RUNNER.magics().completer().complete("words L4S").candidates().stream()
            .map(c -> c.text())
            .toList();
    assertTrue(offered.contains("L4S0") && offered.contains("L4S42"), offered::toString);
    offered =
        RUNNER.magics().completer().complete("heatmap ghost --neuron L4").candidates().stream()
            .map(c -> c.text())
            .toList();
    assertTrue(offered.contains("L4S") && offered.contains("L4F"), offered::toString);
    assertTrue(
        RUNNER.magics().completer().complete("sae ico").candidates().stream()
            .anyMatch(c -> c.text().equals("iconclip")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sae nowhere | no file or folder nowhere",
        "sae '{{temp}}' | not the folder of a sparse autoencoder",
        "sae --images -1 | from 0",
        "words L4S99999 | L4S767",
        "words L3S1 | L4S767",
        "words L4S1 L3F2 | not both",
        "words L4S1 --entity ghost | nothing to turn around",
        "heatmap ghost --neuron L4S1 --turn | nothing to turn around",
        "heatmap nobody --neuron L4S1 | nobody",
        "attribute ghost --features --reading literal | take lens",
        "attribute ghost --features --by gradient | not defined for features",
        "attribute nobody --features | nobody",
        "neuron L4S1 --seed 3 | random images",
        "neuron L4S1 --reading literal | take lens",
        "explore L4S1 L3F2 | not both",
        "explore --features | name some",
        "queries L4S1 --image ghost/0 | is a feature of a sparse autoencoder",
        "evolve L4S1 --image ghost/0 | is a feature of a sparse autoencoder"
      })
  void nonsenseIsOneSentence(String line, String part) {
    String sentence = refusal(RUNNER, line);
    assertTrue(sentence.contains(part) && sentence.lines().count() == 1, sentence);
    assertTrue(card.sae().isOpen() || line.startsWith("sae"), "the open one stays open");
  }

  @Test
  void withoutOneAFeatureSaysHowToOpenOne() {
    MagicRunner other = new MagicRunner(Magics.all(), new FakeHost());
    for (String line : List.of("sae", "words L4S1", "attribute ghost --features")) {
      String sentence = refusal(other, line);
      assertTrue(sentence.contains("%sae FILE"), sentence);
    }
    other.run("sae '" + Iconclip.sae() + "' --images 0", null);
    other.run("words L4S1", null);
    other.run("model iconclip", null); // another model: the autoencoder is not of it
    assertThrows(MagicFailure.class, () -> other.run("words L4S1", null));
  }
}
