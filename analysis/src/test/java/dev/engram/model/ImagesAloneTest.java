package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.attribution.Contributions;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Removal;
import dev.engram.trace.Neuron;
import dev.engram.trace.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Vision transformers that learned of images alone (src/test/python/images_alone.py): they embed
 * and prepare pictures as in transformers, give what needs no text, and refuse what needs one.
 */
class ImagesAloneTest {
  private static final Path RESOURCES = Path.of("src", "test", "resources");
  private static final Path FOLDERS = RESOURCES.resolve("images_alone");

  @TempDir Path temp = Path.of("");

  private static Safetensors expected(String name) {
    return Safetensors.open(FOLDERS.resolve(name).resolve("expected.safetensors"));
  }

  private static Clip load(String name) {
    return Clip.from(FOLDERS.resolve(name)).device("cpu").load();
  }

  private static List<float[]> rows(double[] all, int n) {
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < all.length; i += n) {
      float[] row = new float[n];
      for (int j = 0; j < n; j++) {
        row[j] = (float) all[i + j];
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<float[]> pixels(String name) {
    return rows(expected(name).doubles("pixels"), 3 * 32 * 32);
  }

  private static void assertClose(double[] expected, List<float[]> actual) {
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    int width = actual.get(0).length;
    assertEquals(expected.length, actual.size() * width);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual.get(i / width)[i % width], 2e-5 * scale, "value " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dinov2", "dinov2_classes", "vit", "vit_classes"})
  void embedsAndPreparesAsTransformers(String name) throws IOException {
    try (Clip clip = load(name)) {
      assertClose(
          expected(name).doubles("embedding"),
          List.of(clip.embedImages(pixels(name), Progress.NONE)));
      List<float[]> pictures = new ArrayList<>();
      try (Stream<Path> files = Files.list(RESOURCES.resolve("crops"))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".png")).sorted().toList()) {
          pictures.add(clip.processor().process(file));
        }
      }
      assertClose(expected(name).doubles("pictures"), pictures);
      assertEquals(32, clip.config().imageSize());
      assertFalse(clip.config().hasText());
      String notes = clip.config().notes().toString();
      assertTrue(notes.contains("lies in no space that is shared with texts"), notes);
      assertEquals(name.endsWith("classes"), notes.contains("classifier.bias"), notes);
      assertEquals(name.equals("vit"), notes.contains("pooler.dense.bias"), notes);
      assertEquals(name.startsWith("dino"), notes.contains("its 7 × 7 positions"), notes);
      assertFalse(notes.contains("does not know"), notes);
    }
  }

  /** So the value vectors have the layer scale in them. */
  @ParameterizedTest
  @ValueSource(strings = {"dinov2", "vit"})
  void contributionsSumToTheEmbedding(String name) {
    try (Clip clip = load(name);
        Trace trace = clip.trace(pixels(name), Contributions.request(clip), List.of())) {
      double[] sum = new double[32];
      try (Contributions c = new Contributions(clip, trace, 1)) {
        add(sum, c.initial());
        add(sum, c.beta());
        add(sum, c.head());
        for (int l = 0; l < trace.layers(); l++) {
          for (Neuron.Block block : Neuron.Block.values()) {
            add(sum, c.neurons(block, l));
            add(sum, c.bias(block, l));
          }
        }
      }
      double[] expected = expected(name).doubles("embedding");
      assertArrayEquals(Arrays.copyOfRange(expected, 32, 64), sum, 1e-4);
    }
  }

  private static void add(double[] sum, float[]... rows) {
    for (float[] row : rows) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += row[i];
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"dinov2, DINOv2", "vit, ViT"})
  void whatNeedsATextIsRefusedInOneSentenceAndTheRestWorks(String name, String title) {
    try (Clip clip = load(name)) {
      String sentence = Refusal.of(() -> clip.embedTexts(List.of("a panda"), Progress.NONE));
      assertTrue(sentence.startsWith("A " + title + " learned of images alone"), sentence);
      assertEquals(sentence, Refusal.of(clip::tokenizer));
      assertEquals(sentence, Refusal.of(() -> clip.config().text()));
      for (Neuron neuron : List.of(Neuron.ffn(1, 3), Neuron.parse("L1A2H1"))) {
        assertEquals(2, new Heatmapper(clip).heatmaps(pixels(name), neuron).size());
        new QueryAnalyzer(clip).effects(pixels(name), neuron, Progress.NONE);
      }
    }
  }

  /** Also a second time, and with all the tensors that transformers expects. */
  @ParameterizedTest
  @ValueSource(strings = {"dinov2", "dinov2_classes", "vit", "vit_classes"})
  void savedAndReadAgainItIsTheSame(String name) {
    try (Clip clip = load(name);
        EditHistory history = new EditHistory(clip)) {
      history.apply(
          Removal.complete(clip, "x", List.of(Neuron.ffn(1, 3)), Provenance.of("a", "b")));
      float[][] edited = history.model().embedImages(pixels(name), Progress.NONE);
      for (String folder : List.of("first", "second")) {
        history.saveModel(temp.resolve(folder), Progress.NONE);
        try (Clip again = Clip.from(temp.resolve(folder)).device("cpu").load()) {
          float[][] read = again.embedImages(pixels(name), Progress.NONE);
          for (int i = 0; i < edited.length; i++) {
            assertArrayEquals(edited[i], read[i], 1e-6f);
          }
        }
        assertEquals(
            new TreeSet<>(Safetensors.open(FOLDERS.resolve(name + "/model.safetensors")).names()),
            new TreeSet<>(Safetensors.open(temp.resolve(folder + "/model.safetensors")).names()));
      }
    }
  }

  @Test
  void anotherResolutionThanTheOneOfItsFilesIsNotSaved() {
    try (Clip clip = Clip.from(FOLDERS.resolve("dinov2")).device("cpu").resolution(56).load()) {
      assertEquals(56, clip.config().imageSize());
      assertEquals(56, clip.processor().crop());
      Refusal.holds(
          () -> clip.save(temp.resolve("saved"), java.util.Map.of(), Progress.NONE), "56 px");
    }
  }

  // ---------------------------------------------------------------- refusals

  private Path copy(String name) throws IOException {
    Path folder = Files.createDirectory(temp.resolve(name));
    for (String file : List.of("config.json", "preprocessor_config.json", "model.safetensors")) {
      Files.copy(FOLDERS.resolve(name).resolve(file), folder.resolve(file));
    }
    return folder;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"dinov2\" | \"dinov2_with_registers\" | a DINOv2 with registers",
        "\"dinov2\" | \"dinov3_vit\" | a DINOv3",
        "\"dinov2\" | \"metaclip_2\" | a MetaCLIP 2",
        "\"dinov2\" | \"vit_msn\" | 'vit_msn' is not implemented",
        "\"dinov2\" | \"vit\" | layerscale_value 0.5",
        "\"use_swiglu_ffn\": false | \"use_swiglu_ffn\": true | gated FFNs (use_swiglu_ffn)",
        "\"qkv_bias\": true | \"qkv_bias\": false | qkv_bias false",
        "\"mlp_ratio\": 3 | \"mlp_ratio\": 4 | FFN width",
        "\"mlp_ratio\": 3 | \"mlp_ratio\": \"x\" | a number above 0",
        "Dinov2Model | Dinov2Backbone | Dinov2Backbone",
      })
  void whatIsNotComputedIsRefusedByName(String before, String after, String part)
      throws IOException {
    Path folder = copy("dinov2");
    Path file = folder.resolve("config.json");
    Files.writeString(file, Files.readString(file).replace(before, after));
    Refusal.holds(() -> Clip.from(folder).device("cpu").load().close(), part);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "embeddings.register_tokens | register tokens",
        "encoder.layer.0.foo.weight | 1 tensor of the towers",
        "embeddings.foo | 1 tensor of the towers",
      })
  void aTensorThatIsNotReadIsRefused(String tensor, String part) throws IOException {
    Path folder = copy("dinov2");
    SafetensorsFile weights = SafetensorsFile.read(folder.resolve("model.safetensors"));
    weights.zeros(tensor, 3).write(folder.resolve("model.safetensors"));
    Refusal.holds(() -> Clip.from(folder).device("cpu").load().close(), tensor, part);
  }

  @Test
  void relativesAreToldByTheirWeights() throws IOException {
    Path mobile = Files.createDirectory(temp.resolve("mobile"));
    SafetensorsFile weights = SafetensorsFile.read(FOLDERS.resolve("vit/model.safetensors"));
    weights.tensors.clear();
    weights.zeros("image_encoder.model.patch_emb.0.block.conv.weight", 3);
    weights.write(mobile.resolve("model.safetensors"));
    Refusal.holds(() -> Clip.from(mobile).load().close(), "is a MobileCLIP (image_encoder.model");
    Path text = Files.createDirectory(temp.resolve("text"));
    Files.write(
        text.resolve("dinov2_vitl14_reg4_dinotxt_tet1280d20h24l_vision_head.pth"), new byte[9]);
    Refusal.holds(() -> Clip.from(text).load().close(), "is a dino.txt");
  }

  @Test
  void withoutAConfigurationItIsNotGuessed() throws IOException {
    Path folder = copy("vit");
    Files.delete(folder.resolve("config.json"));
    Refusal.holds(
        () -> Clip.from(folder).device("cpu").load().close(), "no configuration", "config.json");
  }
}
