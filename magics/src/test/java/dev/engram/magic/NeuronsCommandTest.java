package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.attribution.Attribution;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.lab.Neurons;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code %neurons} on the embedded model and set. */
class NeuronsCommandTest {
  private static final MagicRunner RUNNER = new MagicRunner(Magics.all(), new FakeHost());

  static {
    RUNNER.run("model", null);
    RUNNER.run("images", null);
  }

  private static Neurons run(String line) {
    return assertInstanceOf(Neurons.class, RUNNER.run(line, null), line);
  }

  @Test
  void anEntitysNeuronsAreThoseOfAttribute() {
    Attribution a =
        assertInstanceOf(Attribution.class, RUNNER.run("attribute santa_claus --top 5", null));
    Neurons n = run("neurons --entity santa_claus --top 5");
    assertEquals(By.IMPROVEMENT, n.by());
    assertEquals(a.top(5).stream().map(r -> r.neuron().toString()).toList(), n.names());
    assertEquals(
        List.of("rank", "neuron", "improvement", "coefficient m", "says"),
        Presenters.table(n).columnNames());
    Neurons best = run("neurons --top 1");
    assertEquals(
        List.of("rank", "neuron", "entity", "improvement", "coefficient m", "says"),
        Presenters.table(best).columnNames());
    assertEquals(
        best.found().get(0).entity(), Presenters.table(best).stringColumn("entity").get(0));
  }

  @Test
  void aWordNeedsNoImages() {
    FakeHost host = new FakeHost();
    MagicRunner fresh = new MagicRunner(Magics.all(), host);
    fresh.run("model", null);
    Neurons n =
        assertInstanceOf(
            Neurons.class, fresh.run("neurons --word red --layer 2-4 --kind ffn", null));
    assertEquals(10, n.found().size());
    assertEquals(By.COSINE, n.by());
    for (FoundNeuron f : n.found()) {
      assertTrue(f.neuron().layer() >= 2 && f.neuron().layer() <= 4, f.toString());
      assertEquals(Neuron.Block.FFN, f.neuron().block());
    }
    assertEquals("FFN neurons of layer 2-4 that say \"red\", by cosine", n.title());
    assertTrue(host.shown.stream().noneMatch(view -> view.text().contains("%images")));
    fresh.run("neurons", null);
    assertTrue(host.shown.stream().anyMatch(view -> view.text().contains("%images visent-mini")));
  }

  @Test
  void wordAndEntityTogetherTakeTheProduct() {
    Neurons n = run("neurons --word hat --entity santa_claus --top 20");
    double last = Double.POSITIVE_INFINITY;
    for (FoundNeuron f : n.found()) {
      assertTrue(f.improvement() > 0 && f.cosine() > 0, f.toString());
      assertTrue(f.improvement() * f.cosine() <= last, f.toString());
      last = f.improvement() * f.cosine();
    }
    assertEquals(n.found().size(), Presenters.figure(n).toJson().at("/data/0/x").size());
    assertEquals(2, Presenters.figure(n, 2).toJson().at("/data/0/x").size());
    assertEquals(2, Presenters.table(n, 2).rowCount());
    assertEquals(
        By.COEFFICIENT, run("neurons --word hat --entity santa_claus --by coefficient").by());
  }

  @Test
  void namesGoToOtherMagics() {
    for (String name : run("neurons --word hat --top 2").names()) {
      assertTrue(String.valueOf(RUNNER.run("words " + name, null)).startsWith(name));
    }
  }

  @Test
  void aMistypedWordIsToldAndStillSearchedFor() {
    Neurons n = run("neurons --word pannda --top 3");
    assertEquals(3, n.found().size());
    assertTrue(n.note().contains("did you mean panda"), n.note());
    View table = RUNNER.view(n).before().get(0);
    assertTrue(table.text().contains("did you mean panda"), table.text());
    assertEquals("", run("neurons --word panda").note());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"5 | 5", "0,3 | 0 3", "2-4 | 2 3 4", "0, 2..3 | 0 2 3", "4,4 | 4"})
  void layersAreOneSeveralOrARange(String typed, String expected) {
    Set<Integer> layers = Layers.parse(typed, 6);
    assertEquals(expected, String.join(" ", layers.stream().map(String::valueOf).toList()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"6", "-1", "3-", "4-2", "", ",", "1;2", "9999999"})
  void otherLayersAreRefused(String typed) {
    EngramException e = assertThrows(EngramException.class, () -> Layers.parse(typed, 6));
    assertTrue(String.valueOf(e.getMessage()).contains("layers from 0 to 5"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain/3",
        "my set",
        "it's",
        "say \"it's\"",
        "C:\\a b\\",
        "a\\'b c",
        "x;",
        "//x",
        "",
        "<b>",
        "größe 自由",
        "a\\\"b'c"
      })
  void aQuotedArgumentIsReadBack(String argument) {
    assertEquals(List.of(argument), MagicLine.parse("m " + MagicLine.quoted(argument)).arguments());
  }
}
