package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.atlas.Atlas;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.lab.Exploration;
import dev.engram.lab.ExploredNeuron;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.lab.Heatmaps;
import dev.engram.lab.Picture;
import dev.engram.magic.completion.Candidate;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The explorer: what travels to the page, how large it is, and what cannot break out of it. */
class ExploreCommandTest {
  private static final Pattern DATA =
      Pattern.compile("<script type=\"application/json\" class=\"engram-data\">(.*?)</script>");

  private static final String HOSTILE =
      "</script><img src=x onerror=alert(1)>\u2028\"'&{{constructor}}\u202e";

  @TempDir Path temp = Path.of("");

  private static final FakeHost host = new FakeHost();
  private static final MagicRunner runner = new MagicRunner(Magics.all(), host);
  private static Exploration santa;

  @BeforeAll
  static void explore() {
    santa = explore("explore santa_claus --top 5");
  }

  private static Exploration explore(String line) {
    return assertInstanceOf(Exploration.class, runner.run(line, null), line);
  }

  private static String html(Exploration e) {
    return Presenters.view(e).html();
  }

  private static JsonNode json(String html) throws IOException {
    Matcher found = DATA.matcher(html);
    assertTrue(found.find(), "the page carries its data");
    return new ObjectMapper().readTree(found.group(1));
  }

  @Test
  void thePageCarriesTheNumbersOfTheOtherMagics() throws IOException {
    JsonNode data = json(html(santa));
    Attribution a = assertInstanceOf(Attribution.class, runner.run("attribute santa_claus", null));
    assertEquals(Score.all().size(), data.path("scores").size());
    for (int i = 0; i < 5; i++) {
      JsonNode n = data.path("neurons").path(i);
      Attribution.Ranked ranked = a.top(5).get(i);
      assertEquals(ranked.neuron().toString(), n.path("name").asText());
      assertEquals(ranked.score(), n.at("/scores/0/0").asDouble(), 1e-5);
      Heatmaps maps =
          assertInstanceOf(
              Heatmaps.class, runner.run("heatmap santa_claus --neuron " + ranked.neuron(), null));
      double scale = n.path("scale").asDouble();
      for (JsonNode on : n.path("on")) {
        JsonNode look = n.path("looks").path(on.asInt());
        String title = data.path("images").path(look.path("i").asInt()).path("title").asText();
        Heatmap expected =
            maps.images().stream()
                .filter(m -> m.picture().title().equals(title))
                .findFirst()
                .orElseThrow()
                .heatmap();
        double[] shares = shares(look.path("z").asText(), scale);
        assertEquals(expected.map().length, shares.length);
        for (int p = 0; p < shares.length; p++) {
          assertEquals(expected.map()[p], shares[p], scale / 32000 + 2e-5);
        }
      }
    }
  }

  /** As the script reads them. */
  private static double[] shares(String text, double scale) {
    var shorts =
        ByteBuffer.wrap(Base64.getDecoder().decode(text))
            .order(ByteOrder.LITTLE_ENDIAN)
            .asShortBuffer();
    double[] out = new double[shorts.remaining()];
    for (int i = 0; i < out.length; i++) {
      out[i] = shorts.get(i) / 32767.0 * scale;
    }
    return out;
  }

  @Test
  void everyImageTravelsOnce() throws IOException {
    JsonNode data = json(html(santa));
    List<String> titles = data.path("images").findValuesAsText("src");
    assertEquals(titles.size(), titles.stream().distinct().count());
    assertEquals(santa.pictures().size(), titles.size());
  }

  @Test
  void hostileNamesStayText() throws IOException {
    Map<LabelledImage, Picture> pictures = new LinkedHashMap<>();
    santa
        .pictures()
        .forEach((image, p) -> pictures.put(image, new Picture(HOSTILE + p.title(), p.image())));
    Exploration hostile =
        new Exploration(
            HOSTILE,
            santa.subjects().stream()
                .map(
                    s ->
                        new Exploration.Subject(
                            HOSTILE, HOSTILE, s.shown(), s.images(), s.cosine()))
                .toList(),
            santa.scores(),
            santa.neurons(),
            pictures,
            santa.queryWords(),
            santa.chance(),
            santa.provenance().with("images", HOSTILE),
            new Exploration.OfAtlas(
                HOSTILE,
                Map.of(santa.neurons().get(0).neuron(), List.of(new Atlas.Top(1, HOSTILE, 2.5)))));
    for (String html : List.of(html(hostile), Presenters.page(hostile).standalone())) {
      assertFalse(html.contains("<img src=x"), "no element of a name's");
      assertFalse(html.contains("\u202e"), "hidden characters are shown");
      String ours = html(santa);
      assertEquals(
          ours.split("</script>", -1).length,
          html.split("</script>", -1).length,
          "no name ends a script");
      assertTrue(json(html).path("title").asText().startsWith("</script><img src=x"));
      assertEquals(
          2.5, json(html).path("neurons").path(0).path("atlas").path(0).path(1).asDouble());
    }
    View view = Presenters.view(hostile);
    assertFalse(view.text().contains("\u202e"));
  }

  @Test
  void theScriptNeverWritesMarkup() throws IOException {
    String html = html(santa);
    String script = html.substring(html.lastIndexOf("<script>"));
    for (String sink :
        List.of(
            "innerHTML",
            "outerHTML",
            "insertAdjacent",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc")) {
      assertFalse(script.contains(sink), sink);
    }
    assertFalse(html.contains("https://") && !html.contains("github"), "nothing to fetch");
  }

  @Test
  void thirtyNeuronsAndTenImagesOfNoiseAreUnderThreeMegabytes() {
    Exploration thirty = explore("explore santa_claus");
    assertEquals(30, thirty.neurons().size());
    Random random = new Random(1);
    Map<LabelledImage, Picture> noise = new LinkedHashMap<>();
    thirty.pictures().keySet().forEach(i -> noise.put(i, new Picture(i.name(), noise(random))));
    Exploration large =
        new Exploration(
            thirty.title(),
            thirty.subjects(),
            thirty.scores(),
            thirty.neurons().stream().map(n -> fine(n, random)).toList(),
            noise,
            thirty.queryWords(),
            thirty.chance(),
            thirty.provenance(),
            null);
    int real = html(thirty).getBytes(StandardCharsets.UTF_8).length;
    int worst = Presenters.page(large).standalone().getBytes(StandardCharsets.UTF_8).length;
    System.out.printf(
        "explorer: %,d bytes, %,d images; of noise %,d bytes%n",
        real, thirty.pictures().size(), worst);
    assertTrue(real < 3_000_000, real + " bytes");
    assertTrue(worst < 3_000_000, worst + " bytes of noise");
  }

  private static BufferedImage noise(Random random) {
    BufferedImage out = new BufferedImage(336, 336, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 336 * 336; i++) {
      out.setRGB(i % 336, i / 336, random.nextInt(1 << 24));
    }
    return out;
  }

  /** With the grid of a ViT-L/14 at 336 pixels: 24 × 24. */
  private static ExploredNeuron fine(ExploredNeuron n, Random random) {
    return new ExploredNeuron(
        n.neuron(),
        n.subject(),
        n.scores(),
        n.coefficient(),
        n.sign(),
        n.onSubject().stream().map(look -> fine(look, random)).toList(),
        n.driving().stream().map(look -> fine(look, random)).toList(),
        n.words(),
        n.effects(),
        n.queries(),
        n.fall(),
        n.undefined());
  }

  private static Look fine(Look look, Random random) {
    return new Look(
        look.image(),
        look.coefficient(),
        look.heatmap()
            .map(
                map ->
                    new Heatmap(
                        map.neuron(),
                        random.doubles(24 * 24 + 1, -1, 1).toArray(),
                        24,
                        Heatmap.Rest.NONE,
                        map.provenance())));
  }

  @Test
  void theFileStandsAloneAndNoOtherIsReplaced() throws IOException {
    Path file = temp.resolve("an explorer.html");
    explore("explore santa_claus --top 2 --html '" + file + "'");
    String html = Files.readString(file);
    assertTrue(html.startsWith("<!DOCTYPE html>"));
    assertTrue(html.contains("data-alone"), "its addresses are the browser's");
    explore("explore santa_claus/0 --top 1 --html '" + file + "'");
    assertTrue(Files.readString(file).contains("santa_claus/0"), "our own page is replaced");
    Path other = Files.writeString(temp.resolve("mine.html"), "<html>mine</html>");
    MagicFailure failure =
        assertThrows(
            MagicFailure.class,
            () -> runner.run("explore santa_claus --html '" + other + "'", null));
    assertTrue(String.valueOf(failure.getMessage()).contains("is no page that Engram wrote"));
    assertEquals("<html>mine</html>", Files.readString(other));
  }

  @Test
  void aNeuronAnImageAndNothingAtAll() {
    String first = santa.neurons().get(0).neuron().toString();
    Exploration both = explore("explore santa_claus/1 " + first.toLowerCase() + " --top 2");
    assertEquals(first, both.neurons().get(0).neuron().toString());
    assertEquals(1, both.subjects().get(0).images());
    Exploration neuron = explore("explore " + first + " --top 3");
    assertEquals(first, neuron.neurons().get(0).neuron().toString());
    Exploration best = explore("explore --top 2");
    assertEquals(2, best.neurons().size());
  }

  @Test
  void theStillStandsWhereNoScriptRuns() {
    View view = Presenters.view(santa);
    String still = view.html().replaceAll("(?s)<(script|style)[^>]*>.*?</\\1>", "");
    assertTrue(still.contains("<img src=\"data:image/png;base64,"), "bars");
    String first = santa.neurons().get(0).neuron().toString();
    assertTrue(still.contains(first) && view.text().contains(first));
    assertTrue(still.contains(Html.escape(santa.neurons().get(0).unit())));
    assertTrue(view.data().containsKey("image/png"));
    assertEquals(5, Presenters.table(santa).rowCount());
    assertEquals(2, Presenters.figure(santa, 2).toJson().at("/data/0/x").size());
  }

  @Test
  void tabOffersEntitiesAndNeurons() {
    String name = santa.neurons().get(0).neuron().toString();
    runner.view(santa);
    List<String> offered =
        runner.magics().completer().complete("explore ").candidates().stream()
            .map(Candidate::text)
            .toList();
    assertTrue(offered.contains("santa_claus"), offered + "");
    assertTrue(offered.contains(name), offered + "");
  }
}
