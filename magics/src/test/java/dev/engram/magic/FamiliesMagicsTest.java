package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.magic.view.Viewable;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A SigLIP and an EVA-CLIP in a notebook: a magic answers, or says in one sentence why not. */
class FamiliesMagicsTest {
  private static final Path FAMILIES =
      Path.of("..", "analysis", "src", "test", "resources", "families").toAbsolutePath();

  private final MagicRunner runner = new MagicRunner(Magics.all(), new FakeHost());

  private String shown(String line) {
    Object value = runner.run(line, null);
    return value instanceof Viewable v ? v.view() + v.toString() : String.valueOf(value);
  }

  private void open(String model) {
    String card = shown("model '" + FAMILIES.resolve(model) + "'");
    assertTrue(card.contains("family"), card);
    shown("images");
  }

  @ParameterizedTest
  @CsvSource({
    "siglip_b16, 'SigLIP, read by an attention pool: no class token'",
    "eva02_b16, 'EVA-CLIP, read at the class token, gated FFNs (SwiGLU), inner norms, rotary'",
    "metaclip_b32, 'CLIP, read at the class token'"
  })
  void theCardSaysWhatTheModelIs(String model, String family) {
    String card = shown("model '" + FAMILIES.resolve(model) + "'");
    assertTrue(card.contains(family), card);
  }

  @ParameterizedTest
  @ValueSource(strings = {"siglip_b16", "eva02_b16", "eva01_g14"})
  void whatHasAMeaningInEveryFamily(String model) {
    open(model);
    assertTrue(shown("attribute panda/0 --reading direct").contains("L"));
    assertTrue(shown("attribute panda/0 --by activation").contains("L"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "siglip_b16 | attribute panda/0 | no class token",
        "siglip_b16 | attribute panda/0 --by gradient | no class token",
        "siglip_b16 | heatmap panda/0 --neuron L1F3 | no class token",
        "siglip_b16 | lens panda/0 | no class token",
        "siglip_b16 | queries L1F3 --image panda/0 | no class token",
        "siglip_b16 | evolve L1A2H1 --image panda/0 | no class token",
        "eva02_b16 | heatmap panda/0 --neuron L1F3 | gated (SwiGLU)",
        "eva02_b16 | queries L1A2H1 --image panda/0 | inner norm",
      })
  void whatHasNoneIsRefused(String model, String line, String part) {
    open(model);
    String sentence =
        String.valueOf(assertThrows(MagicFailure.class, () -> runner.run(line, null)).getMessage());
    assertTrue(sentence.contains(part), sentence);
    assertEquals(1, sentence.lines().count(), sentence);
  }
}
