package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.magic.view.View;
import java.nio.file.Path;
import java.util.stream.Collectors;
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
    return value == null ? "" : whole(runner.view(value)) + value;
  }

  /** With what is shown above it. */
  private static String whole(View view) {
    return view.before().stream().map(FamiliesMagicsTest::whole).collect(Collectors.joining())
        + view.text();
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
    assertTrue(shown("attribute panda/0 --label panda --reading direct").contains("L"));
    assertTrue(shown("attribute panda/0 --label panda --by activation").contains("L"));
  }

  private static Path visionOnly(String name) {
    return FAMILIES.resolveSibling("vision_only").resolve(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip_vision", "clip_vision_projection"})
  void anImageTowerAloneGivesWhatNeedsNoText(String name) {
    String card = shown("model '" + visionOnly(name) + "'");
    assertTrue(card.contains("none: an image tower alone"), card);
    assertTrue(card.contains("no text tower: what needs labels or words is refused"), card);
    shown("images");
    assertTrue(shown("heatmap panda/0 --neuron L1F3").contains("L1F3"));
    assertTrue(shown("queries L1F3 --image panda/0").contains("L"));
    String page = shown("neuron L1F3");
    assertTrue(page.contains("the neuron has no words"), page);
    assertTrue(page.contains("the model has no text tower"), page);
    assertTrue(page.contains("WordDictionary words = null;"), page);
    for (String line :
        new String[] {
          "attribute panda/0",
          "words L1F3",
          "neuron L1F3 --dictionary english-20k",
          "evaluate",
          "lens panda/0",
          "neurons --entity panda",
          "reproduce table1"
        }) {
      String sentence =
          String.valueOf(
              assertThrows(MagicFailure.class, () -> runner.run(line, null), line).getMessage());
      assertTrue(sentence.contains("an image tower alone"), line + ": " + sentence);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "siglip_b16 | attribute panda/0 | no class token",
        "siglip_b16 | neuron L1A2H1 | no class token",
        "siglip_b16 | neurons | no class token",
        "eva02_b16 | neuron L1F3 | gated (SwiGLU)",
        "eva02_b16 | evolve L1A2H1 --image panda/0 | inner norm",
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
