package dev.engram.magic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.lab.HeadReadings;
import dev.engram.lab.PatchedActivations;
import dev.engram.magic.view.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
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

  @TempDir Path folder = Path.of("");

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

  @ParameterizedTest
  @ValueSource(strings = {"siglip_b16", "eva02_b16", "eva01_g14"})
  void theNetworkIsReadInEveryFamily(String model) throws IOException {
    open(model);
    Path words = Files.writeString(folder.resolve("words.txt"), "panda\nred\nhat\nsea\n");
    HeadReadings heads =
        (HeadReadings)
            Objects.requireNonNull(
                runner.run(
                    "heads panda/0 --label panda --sample 6 --layer 1 --dictionary '" + words + "'",
                    null));
    assertEquals(heads.cosine(), heads.heads() + heads.ffn() + heads.rest(), 1e-4);
    assertFalse(heads.words().get(0).said().isEmpty());
    for (String by : List.of("position", "head")) {
      PatchedActivations patched =
          (PatchedActivations)
              Objects.requireNonNull(
                  runner.run("patch koala/0 --from panda/0 --label panda --by " + by, null));
      assertNotEquals(patched.goal(), patched.before());
      assertTrue(
          Arrays.stream(patched.cosines())
              .flatMapToDouble(Arrays::stream)
              .anyMatch(cosine -> Math.abs(cosine - patched.before()) > 1e-6));
    }
    assertTrue(shown("attention panda/0 --patch 0,1").contains("patch 0,1"));
    assertTrue(shown("lens panda/0 --patches --label panda").contains("highest patch"));
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
          "lens panda/0 --patches",
          "heads panda/0",
          "patch panda/0 --from koala/0",
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
        "siglip_b16 | attention panda/0 | name a patch instead",
        "siglip_b16 | attention panda/0 --patch 99,0 | rows and columns from 0",
        "siglip_b16 | attention panda/0 --patch 1 | a row and a column",
        "eva02_b16 | attention panda/0 --head 99 | heads from 0",
        "eva02_b16 | heads panda/0 --label x --sample 1 | two images or more",
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
