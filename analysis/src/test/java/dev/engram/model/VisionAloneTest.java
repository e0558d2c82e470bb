package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.UpToRounding;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.edit.EditHistory;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Image towers alone, as transformers saves them (src/test/python/vision_only.py): they embed as
 * there, give what needs no text, and refuse what needs one.
 */
class VisionAloneTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path FOLDERS = RESOURCES.resolve("vision_only");

  @TempDir Path temp = Path.of("");

  private static List<float[]> pixels(Safetensors file, int side) {
    double[] all = file.doubles("pixels");
    List<float[]> out = new ArrayList<>();
    int n = 3 * side * side;
    for (int i = 0; i < all.length; i += n) {
      float[] one = new float[n];
      for (int j = 0; j < n; j++) {
        one[j] = (float) all[i + j];
      }
      out.add(one);
    }
    return out;
  }

  private static void embedsAs(Clip clip, Safetensors pixels, double[] expected) {
    float[][] z = clip.embedImages(pixels(pixels, clip.config().imageSize()), Progress.NONE);
    assertEquals(expected.length, z.length * z[0].length);
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], z[i / z[0].length][i % z[0].length], 2e-5 * scale, "value " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip_vision", "clip_vision_projection"})
  void embedsAsTransformers(String name) {
    Path folder = FOLDERS.resolve(name);
    Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"));
    try (Clip clip = Clip.from(folder).device("cpu").load()) {
      embedsAs(clip, expected, expected.doubles("embedding"));
      assertFalse(clip.config().hasText());
      assertEquals(ClipConfig.Activation.GELU, clip.config().vision().activation());
      String notes = clip.config().notes().toString();
      assertTrue(notes.contains("no text tower: what needs labels or words is refused"), notes);
      assertEquals(
          !name.endsWith("projection"),
          notes.contains("lies in no space that is shared with texts"),
          notes);
    }
  }

  @Test
  void aSigLipToo() {
    Path folder = RESOURCES.resolve("reference/models/extra_siglip_vision");
    try (Clip clip = Clip.from(folder).device("cpu").load()) {
      embedsAs(
          clip,
          Safetensors.open(folder.resolve("inputs.safetensors")),
          Safetensors.open(folder.resolve("expected.safetensors")).doubles("pooler_output"));
      assertTrue(clip.processor().squash());
      assertEquals(List.of(0.5, 0.5, 0.5), clip.processor().mean());
    }
  }

  @Test
  void theTowerOfAWholeClipEmbedsAsIt() throws IOException {
    DamagedModel model = DamagedModel.of("quick_gelu_p8", temp);
    float[] one = new float[3 * 32 * 32];
    one[5] = 1;
    float[][] expected;
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      expected = clip.embedImages(List.of(one), Progress.NONE);
    }
    model.weights(w -> w.tensors.keySet().removeIf(n -> n.startsWith("text_")));
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      assertArrayEquals(expected, clip.embedImages(List.of(one), Progress.NONE));
    }
    model.delete("tokenizer.json").delete("vocab.json");
    Clip.from(model.directory).device("cpu").load().close();
  }

  @Test
  void whatNeedsATextIsRefusedInOneSentence() {
    try (Clip clip = Clip.from(FOLDERS.resolve("clip_vision")).device("cpu").load()) {
      String sentence = Refusal.of(() -> clip.embedTexts(List.of("a panda"), Progress.NONE));
      assertTrue(sentence.contains("an image tower alone"), sentence);
      assertEquals(sentence, Refusal.of(clip::tokenizer));
      assertEquals(sentence, Refusal.of(clip::text));
      assertEquals(sentence, Refusal.of(() -> clip.config().text()));
      List<float[]> pixels = List.of(new float[3 * 32 * 32]);
      Neuron neuron = Neuron.ffn(1, 3);
      assertEquals(1, new Heatmapper(clip).heatmaps(pixels, neuron).size());
      new QueryAnalyzer(clip).effects(pixels, neuron, Progress.NONE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clip_vision", "clip_vision_projection"})
  void savedAndReadAgainItIsTheSame(String name) {
    Path folder = FOLDERS.resolve(name);
    Path saved = temp.resolve("saved");
    Safetensors expected = Safetensors.open(folder.resolve("expected.safetensors"));
    List<float[]> pixels = pixels(expected, 32);
    try (Clip clip = Clip.from(folder).device("cpu").load();
        EditHistory history = new EditHistory(clip)) {
      history.saveModel(saved, Progress.NONE);
      try (Clip again = Clip.from(saved).device("cpu").load()) {
        UpToRounding.assertEqual(
            clip.embedImages(pixels, Progress.NONE), again.embedImages(pixels, Progress.NONE));
        assertFalse(again.config().hasText());
        assertEquals(clip.config().vision(), again.config().vision());
      }
    }
  }

  @Test
  void aConfigurationOfATowerBesideAWholeClipIsRefused() throws IOException {
    DamagedModel model = DamagedModel.of("quick_gelu_p8", temp);
    model.set("config.json", "model_type", "\"clip_vision_model\"");
    Refusal.holds(
        () -> Clip.from(model.directory).device("cpu").load().close(),
        "model_type clip_vision_model",
        "its weights have a text tower too");
  }
}
