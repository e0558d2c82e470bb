package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.attribution.Attribution;
import dev.engram.magic.view.View;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first magic of a fresh kernel needs no other, and says what it has opened. */
@ExtendWith(OwnCache.class)
class FirstMagicTest {
  private final FakeHost host = new FakeHost();
  private final MagicRunner runner = new MagicRunner(Magics.all(), host);

  private List<String> sentences() {
    return host.shown.stream().map(View::text).filter(t -> t.startsWith("No ")).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "attribute panda, 2",
    "heatmap panda --neuron L0F1, 2",
    "words L0F1, 1",
    "neurons --entity panda, 2",
    "forget panda --preview, 2",
    "edits, 1",
    "reproduce, 0",
  })
  void opensWhatItNeedsAndSaysSo(String line, int opened) {
    runner.run(line, null);
    assertEquals(opened, sentences().size(), () -> sentences().toString());
    assertTrue(opened < 1 || sentences().get(0).contains("%model iconclip"), sentences()::toString);
    assertTrue(opened < 2 || sentences().get(1).contains("%images visent-mini"));
    runner.run(line, null);
    assertEquals(opened, sentences().size(), "said once");
  }

  @Test
  void isTheSameAsAfterTheLinesThatItNames() {
    Attribution byItself = assertInstanceOf(Attribution.class, runner.run("attribute panda", null));
    MagicRunner other = new MagicRunner(Magics.all(), new FakeHost());
    other.run("model", null);
    other.run("images", null);
    Attribution asked = assertInstanceOf(Attribution.class, other.run("attribute panda", null));
    assertEquals(asked.top(20), byItself.top(20));
    assertEquals(asked.provenance(), byItself.provenance());
  }

  @Test
  void saysItAlsoWhereTheMagicFails() {
    MagicFailure failure =
        assertThrows(MagicFailure.class, () -> runner.run("attribute nobody", null));
    assertTrue(String.valueOf(failure.getMessage()).contains("nobody"));
    assertEquals(2, sentences().size(), () -> sentences().toString());
  }
}
