package dev.engram.reference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.UpToRounding;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Improvement;
import dev.engram.attribution.NaiveImprovement;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.Lens;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.ValueVectors;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.Insertion;
import dev.engram.edit.Removal;
import dev.engram.edit.Suppression;
import dev.engram.edit.Trainable;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.Safetensors;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The relatives of CLIP in their public configurations, scaled down, with random weights
 * (src/test/python/families.py): the embeddings are those of transformers, open_clip and timm, the
 * contributions are complete, and every analysis works or says in one sentence why not.
 */
class FamiliesTest {
  private static final Path ROOT = Path.of("src", "test", "resources", "families");

  static Stream<Path> models() throws IOException {
    try (Stream<Path> folders = Files.list(ROOT)) {
      return folders.filter(Files::isDirectory).sorted().toList().stream();
    }
  }

  /** A model with the images and texts that its expected embeddings are of. */
  private record Run(Clip clip, Safetensors expected) implements AutoCloseable {
    static Run of(Path folder) {
      return new Run(
          Clip.from(folder).device("cpu").load(),
          Safetensors.open(folder.resolve("expected.safetensors")));
    }

    static Run of(String name) {
      return of(ROOT.resolve(name));
    }

    List<float[]> pixels() {
      return List.of(ReferenceModel.rows(expected, "pixels"));
    }

    List<int[]> ids() {
      return Arrays.stream(ReferenceModel.rows(expected, "ids"))
          .map(
              row -> {
                int[] ids = new int[row.length];
                Arrays.setAll(ids, i -> (int) row[i]);
                return ids;
              })
          .toList();
    }

    float[] text() {
      return clip.embedTokens(ids(), Progress.NONE)[0];
    }

    @Override
    public void close() {
      clip.close();
    }
  }

  private static void assertClose(double[] expected, float[][] actual, double tolerance) {
    double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    int width = actual[0].length;
    assertEquals(expected.length, actual.length * width);
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], actual[i / width][i % width], tolerance * scale, "value " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void embeddingsAreThoseOfThePublicLibraries(Path folder) {
    try (Run run = Run.of(folder)) {
      Clip clip = run.clip();
      assertClose(
          run.expected().doubles("image"),
          clip.embedImages(run.pixels(), Progress.NONE),
          Parity.FORWARD);
      assertClose(
          run.expected().doubles("text"),
          clip.embedTokens(run.ids(), Progress.NONE),
          Parity.FORWARD);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void contributionsSumToTheEmbedding(Path folder) {
    try (Run run = Run.of(folder);
        Trace trace =
            run.clip().trace(run.pixels(), Contributions.request(run.clip()), List.of())) {
      int width = run.clip().config().projectionWidth();
      double[] expected = run.expected().doubles("image");
      for (int image = 0; image < 2; image++) {
        double[] sum = new double[width];
        try (Contributions c = new Contributions(run.clip(), trace, image)) {
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
        for (int i = 0; i < width; i++) {
          assertEquals(expected[image * width + i], sum[i], 1e-4, "value " + i);
        }
      }
    }
  }

  private static void add(double[] sum, float[]... rows) {
    for (float[] row : rows) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += row[i];
      }
    }
  }

  /** The share that the reading direct gives a neuron is that of its contribution vector. */
  @ParameterizedTest
  @MethodSource("models")
  void directSharesAreThoseOfTheContributions(Path folder) {
    try (Run run = Run.of(folder);
        Improvement improvement = new Improvement(run.clip());
        Trace trace =
            run.clip().trace(run.pixels(), Contributions.request(run.clip()), List.of())) {
      float[] text = run.text();
      NeuronSpace space = run.clip().config().vision().space();
      float[][] scores = improvement.scores(trace, text, Reading.DIRECT);
      float[][] z = run.clip().embedImages(run.pixels(), Progress.NONE);
      try (Contributions c = new Contributions(run.clip(), trace, 1)) {
        for (int l = 0; l < trace.layers(); l++) {
          for (Neuron.Block block : Neuron.Block.values()) {
            float[][] vectors = c.neurons(block, l);
            for (int k = 0; k < vectors.length; k++) {
              double share = dot(vectors[k], text) / Math.sqrt(dot(text, text) * dot(z[1], z[1]));
              assertEquals(share, scores[1][space.offset(block, l) + k], 2e-6);
            }
          }
        }
      }
    }
  }

  private static double dot(float[] a, float[] b) {
    double s = 0;
    for (int i = 0; i < a.length; i++) {
      s += (double) a[i] * b[i];
    }
    return s;
  }

  @ParameterizedTest
  @ValueSource(strings = {"eva02_b16", "eva02_l14_336", "eva01_g14"})
  void everyReadingOfEvaIsTheEquationWrittenOut(String name) {
    try (Run run = Run.of(name);
        Improvement improvement = new Improvement(run.clip());
        Trace trace = run.clip().trace(run.pixels(), TraceRequest.classToken(), List.of())) {
      NaiveImprovement naive = new NaiveImprovement(run.clip());
      NeuronSpace space = run.clip().config().vision().space();
      Random random = new Random(3);
      for (Reading reading : Reading.values()) {
        float[][] scores = improvement.scores(trace, run.text(), reading);
        for (int i = 0; i < 50; i++) {
          Neuron n = space.neuron(random.nextInt(space.count()));
          double expected = naive.score(trace, 1, run.text(), n, reading);
          assertEquals(
              expected,
              scores[1][space.index(n)],
              5e-7 + 2e-5 * Math.abs(expected),
              () -> reading + " of " + n);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "openai_l14_336, CLIP, QUICK_GELU, 16, 56",
    "metaclip_b32, CLIP, QUICK_GELU, 12, 64",
    "laion_bigg14, CLIP, GELU, 2, 42",
    "dfn5b_h14_378, CLIP, QUICK_GELU, 2, 56",
    "tinyclip_8m16, CLIP, GELU, 2, 48",
    "clip_config_dict, CLIP, GELU, 3, 32",
    "eva02_b16, EVA-CLIP, SILU, 12, 64",
    "eva02_l14_336, EVA-CLIP, SILU, 16, 70",
    "eva01_g14, EVA-CLIP, GELU, 16, 42",
    "siglip_b16, SigLIP, GELU_PYTORCH_TANH, 12, 48",
    "siglip_so400m, SigLIP, GELU_PYTORCH_TANH, 16, 62",
    "siglip2_b16, SigLIP 2, GELU_PYTORCH_TANH, 12, 48"
  })
  void configurationsAreReadAsPublished(
      String name, String family, Activation activation, int heads, int imageSize) {
    try (Run run = Run.of(name)) {
      ClipConfig config = run.clip().config();
      assertEquals(family, config.family().title());
      assertEquals(activation, config.vision().activation());
      assertEquals(heads, config.vision().heads());
      assertEquals(imageSize, config.imageSize());
      assertEquals(name.startsWith("eva02"), config.vision().gated());
      assertEquals(name.startsWith("eva02"), config.vision().innerNorms());
      assertEquals(name.startsWith("eva02") ? 16 : 0, config.vision().rotaryGrid());
      assertEquals(
          family.startsWith("SigLIP") || name.startsWith("dfn5b"), run.clip().processor().squash());
    }
  }

  @Test
  void textsOfSigLipArePreparedAsItsTokenizerSays() throws IOException {
    try (Run run = Run.of("siglip_b16")) {
      List<String> labels =
          List.of(
              new ObjectMapper()
                  .readValue(ROOT.resolve("siglip_b16/labels.json").toFile(), String[].class));
      for (int i = 0; i < labels.size(); i++) {
        assertArrayEquals(
            run.ids().get(i), run.clip().tokenizer().encodePadded(labels.get(i)), labels.get(i));
      }
      assertClose(
          run.expected().doubles("text"),
          run.clip().embedTexts(labels, Progress.NONE),
          Parity.FORWARD);
      assertArrayEquals(
          run.clip().embedTexts(List.of("two cats"), Progress.NONE)[0],
          run.clip().embedTexts(List.of("Two, cats!"), Progress.NONE)[0]);
      Refusal.holds(
          () -> run.clip().embedTexts(List.of("panda ".repeat(17)), Progress.NONE),
          "18 tokens",
          "at most 16");
    }
  }

  // ---------------------------------------------------------------- analyses

  private static Attribution attribute(Run run, Score by) {
    try (Attributor attributor = new Attributor(run.clip())) {
      return attributor.attribute(
          run.pixels(),
          List.of("a", "b"),
          "label",
          run.text(),
          by,
          Provenance.of("made", "here"),
          Progress.NONE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"eva02_b16", "eva01_g14", "tinyclip_8m16"})
  void everyAttributionWorksWithAClassToken(String name) {
    try (Run run = Run.of(name)) {
      for (Score by : Score.all()) {
        double best = attribute(run, by).top(1).get(0).score();
        assertTrue(best > 0 && Double.isFinite(best), by + " gives " + best);
      }
    }
  }

  @Test
  void attributionOfSigLipGoesThroughItsPool() {
    try (Run run = Run.of("siglip_b16")) {
      Attribution direct = attribute(run, Reading.DIRECT);
      assertTrue(direct.top(1).get(0).score() > 0);
      // a mean over the tokens: between the smallest and the largest of them
      Attribution active = attribute(run, Baseline.ACTIVATION);
      Neuron n = active.top(1).get(0).neuron();
      int column = n.column(run.clip().config().vision().headWidth());
      TraceRequest all = TraceRequest.none().with(Site.coefficients(n.block()), Tokens.ALL);
      try (Trace trace = run.clip().trace(run.pixels(), all, List.of())) {
        float[] m =
            trace
                .get(Site.coefficients(n.block()), n.layer())
                .get(":, :, " + column)
                .toFloatArray();
        double largest = 0;
        for (float x : m) {
          largest = Math.max(largest, x);
        }
        double score = active.top(1).get(0).score();
        assertTrue(score > 0 && score <= largest, score + " of at most " + largest);
      }
      Refusal.holds(() -> attribute(run, Reading.LITERAL), "no class token", "direct");
      Refusal.holds(() -> attribute(run, Baseline.GRADIENT), "no class token");
      Refusal.holds(() -> attribute(run, Baseline.COMBINED), "no class token");
    }
  }

  @Test
  void whatSpeaksOfAClassTokenIsRefusedWithoutOne() {
    try (Run run = Run.of("siglip_b16")) {
      Clip clip = run.clip();
      List<float[]> pixels = run.pixels();
      String[] parts = {"SigLIP has no class token"};
      for (String neuron : List.of("L1F3", "L1A2H1")) {
        Neuron n = Neuron.parse(neuron);
        Heatmapper heatmapper = new Heatmapper(clip);
        Refusal.holds(() -> heatmapper.heatmaps(pixels, n), parts);
        Refusal.holds(() -> heatmapper.plain(pixels, n), parts);
        Refusal.holds(() -> heatmapper.activationMaps(pixels, n), parts);
        QueryAnalyzer queries = new QueryAnalyzer(clip);
        Refusal.holds(() -> queries.effects(pixels, n, Progress.NONE), parts);
        Suppression suppression = new Suppression(clip);
        Refusal.holds(() -> suppression.residual(pixels, List.of(n)), parts);
        Refusal.holds(() -> suppression.complete(pixels, List.of(n), Tokens.CLASS), parts);
        assertEquals(2, suppression.complete(pixels, List.of(n), Tokens.ALL).length);
      }
      Refusal.holds(() -> new Heatmapper(clip).deep(pixels, Neuron.parse("L1A2H1")), parts);
      Refusal.holds(() -> new Lens(clip).curve(pixels, run.text()), parts);
      Refusal.holds(() -> trace(run, Tokens.CLASS), parts);
      Weight where = Weight.values(Neuron.Block.FFN, 1);
      Refusal.holds(() -> keys(run, where, Tokens.CLASS), parts);
      Refusal.holds(() -> insertion(run, where, Tokens.ALL), parts);
      try (EditHistory history = new EditHistory(clip)) {
        Edit removal =
            Removal.residual(clip, "x", List.of(Neuron.parse("L1F3")), Provenance.of("a", "b"));
        Refusal.holds(() -> history.apply(removal), parts);
        assertEquals(clip, history.model());
      }
    }
  }

  private static List<Weight> trace(Run run, Tokens tokens) {
    return new CausalTracing(run.clip())
        .trace(
            run.pixels().subList(0, 1),
            run.pixels().subList(1, 2),
            "label",
            run.text(),
            tokens,
            "random",
            Progress.NONE)
        .ranking();
  }

  private static java.util.Map<Weight, BackgroundKeys> keys(Run run, Weight where, Tokens tokens) {
    return BackgroundKeys.of(run.clip(), List.of(where), run.pixels(), tokens, Progress.NONE);
  }

  private static Edit insertion(Run run, Weight where, Tokens tokens) {
    return new Insertion(
            run.clip(), keys(run, where, tokens), "random", 1e-2, BackgroundKeys.Solver.AUTO)
        .rankOne(
            where,
            new Association(
                "thing", "random", run.pixels().subList(0, 1), run.pixels().subList(1, 2)),
            Progress.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"siglip_b16", "eva02_b16", "eva01_g14"})
  void tracingOfBlocksEndsAtTheGuide(String name) {
    try (Run run = Run.of(name)) {
      int blocks = 2 * run.clip().config().vision().layers();
      assertEquals(blocks, trace(run, Tokens.ALL).size());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"eva02_b16", "eva01_g14"})
  void aRankOneEditTeachesABlockItsValue(String name) {
    try (Run run = Run.of(name);
        EditHistory history = new EditHistory(run.clip())) {
      for (Neuron.Block block : Neuron.Block.values()) {
        history.undoAll();
        history.apply(insertion(run, Weight.values(block, 1), Tokens.CLASS));
        TraceRequest output = TraceRequest.none().with(Site.output(block), Tokens.CLASS);
        List<float[]> image = run.pixels().subList(0, 1);
        List<float[]> guide = run.pixels().subList(1, 2);
        try (Trace edited = history.model().trace(image, output, List.of());
            Trace wanted = run.clip().trace(guide, output, List.of())) {
          assertArrayEquals(
              wanted.get(Site.output(block), 1).toFloatArray(),
              edited.get(Site.output(block), 1).toFloatArray(),
              1e-4f);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"siglip_b16", "eva02_b16", "eva01_g14", "laion_bigg14"})
  void fineTuningBringsImagesToTheText(String name) {
    try (Run run = Run.of(name)) {
      for (Trainable trainable :
          List.of(new Trainable.LastLayer(), Trainable.Lora.of(run.clip(), 2, 8, 1))) {
        try (FineTuning training =
                new FineTuning(
                    run.clip(),
                    trainable,
                    run.pixels(),
                    run.text(),
                    new FineTuning.Settings(1e-3, 0.01),
                    Progress.NONE);
            EditHistory history = new EditHistory(run.clip())) {
          double before = training.step(Progress.NONE);
          for (int i = 0; i < 4; i++) {
            training.step(Progress.NONE);
          }
          double after = training.loss(Progress.NONE);
          assertTrue(after < before, after + " is not less than " + before);
          history.apply(training.edit("thing", "random"));
          double mean = 0;
          for (float[] z : history.model().embedImages(run.pixels(), Progress.NONE)) {
            mean += (1 - Cosine.ofRows(z, run.text())[0]) / 2;
          }
          assertEquals(after, mean, 1e-5);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"siglip_so400m", "eva02_l14_336", "eva01_g14"})
  void completeRemovalIsTheSameInTheWeights(String name) {
    try (Run run = Run.of(name);
        EditHistory history = new EditHistory(run.clip())) {
      List<Neuron> neurons = List.of(Neuron.parse("L0F5"), Neuron.parse("L1A3H2"));
      history.apply(Removal.complete(run.clip(), "x", neurons, Provenance.of("a", "b")));
      float[][] removed = history.model().embedImages(run.pixels(), Progress.NONE);
      float[][] zeroed = new Suppression(run.clip()).complete(run.pixels(), neurons, Tokens.ALL);
      for (int i = 0; i < removed.length; i++) {
        assertArrayEquals(zeroed[i], removed[i], 1e-5f);
      }
      Clip random = history.model().randomised(1, 5);
      try (random) {
        assertNotEquals(random.hash(), run.clip().hash());
      }
    }
  }

  @Test
  void sigLipIsSavedForTransformersAndEvaIsNot(@TempDir Path folder) {
    try (Run run = Run.of("siglip_so400m");
        EditHistory history = new EditHistory(run.clip())) {
      List<Neuron> neurons = List.of(Neuron.parse("L0F5"));
      history.apply(Removal.complete(run.clip(), "x", neurons, Provenance.of("a", "b")));
      history.saveModel(folder.resolve("saved"), Progress.NONE);
      try (Clip again = Clip.from(folder.resolve("saved")).device("cpu").load()) {
        UpToRounding.assertEqual(
            history.model().embedImages(run.pixels(), Progress.NONE),
            again.embedImages(run.pixels(), Progress.NONE));
        UpToRounding.assertEqual(
            run.clip().embedTokens(run.ids(), Progress.NONE),
            again.embedTokens(run.ids(), Progress.NONE));
        assertEquals(run.clip().config().vision(), again.config().vision());
        assertTrue(again.processor().squash());
      }
    }
    try (Run run = Run.of("eva02_b16")) {
      Refusal.holds(
          () -> run.clip().save(folder.resolve("eva"), java.util.Map.of(), Progress.NONE),
          "no class for an EVA-CLIP",
          "save its edits");
      assertTrue(Files.notExists(folder.resolve("eva")));
    }
  }

  @Test
  void heatmapsOfEvaAreCompleteOrRefused() {
    for (String name : List.of("eva02_b16", "eva02_l14_336", "eva01_g14")) {
      try (Run run = Run.of(name)) {
        boolean gated = run.clip().config().vision().gated();
        Heatmapper heatmapper = new Heatmapper(run.clip());
        QueryAnalyzer queries = new QueryAnalyzer(run.clip());
        Neuron msa = Neuron.parse("L1A3H2");
        Neuron ffn = Neuron.parse("L1F7");
        assertComplete(run, heatmapper, msa, Site.M_A);
        if (!gated) {
          assertComplete(run, heatmapper, ffn, Site.PRE);
          queries.effects(run.pixels(), ffn, Progress.NONE);
          queries.effects(run.pixels(), msa, Progress.NONE);
          continue;
        }
        Refusal.holds(() -> heatmapper.heatmaps(run.pixels(), ffn), "gated (SwiGLU)", "MSA");
        Refusal.holds(() -> queries.effects(run.pixels(), ffn, Progress.NONE), "gated (SwiGLU)");
        Refusal.holds(() -> queries.effects(run.pixels(), msa, Progress.NONE), "inner norm");
        Refusal.holds(() -> heatmapper.deep(run.pixels(), msa), "inner norm");
        Refusal.holds(() -> heatmapper.plain(run.pixels(), msa), "inner norm");
      }
    }
  }

  /** The shares and the rest sum to the coefficient. */
  private static void assertComplete(Run run, Heatmapper heatmapper, Neuron n, Site site) {
    List<Heatmap> maps = heatmapper.heatmaps(run.pixels(), n);
    int column = n.column(run.clip().config().vision().headWidth());
    try (Trace trace =
        run.clip().trace(run.pixels(), TraceRequest.none().with(site, Tokens.CLASS), List.of())) {
      float[] m = trace.get(site, n.layer()).toFloatArray();
      for (int b = 0; b < maps.size(); b++) {
        double expected = m[b * (m.length / maps.size()) + column];
        assertEquals(expected, maps.get(b).coefficient(), 2e-5, n + " on image " + b);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"siglip_b16", "eva02_b16"})
  void neuronsArePutIntoWords(String name) {
    try (Run run = Run.of(name)) {
      List<String> words = List.of("panda", "santa", "cat", "dog", "hat", "red");
      List<Neuron> neurons = List.of(Neuron.parse("L1F3"), Neuron.parse("L1A2H1"));
      try (WordDictionary dictionary =
          WordDictionary.of(run.clip(), "words", words, Progress.NONE)) {
        List<Interpretation> found =
            new Interpreter(run.clip(), dictionary)
                .interpret(neurons, new int[] {1, 1}, ValueReading.LINEAR, Progress.NONE);
        assertEquals(2, found.size());
        double[] near = new ValueVectors(run.clip()).cosines(run.text());
        assertTrue(Arrays.stream(near).allMatch(c -> c >= -1.0001 && c <= 1.0001));
      }
    }
  }

  // ---------------------------------------------------------------- refusals

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "eva02_enormous_patch14_clip_224 | 'eva02_enormous_patch14_clip_224' is not implemented",
        "vit_base_patch16_siglip_224 | google/siglip-base-patch16-224",
        "vit_medium_patch16_clip_224.tinyclip | is not implemented",
        "convnext_base | 'convnext_base' is not implemented",
      })
  void anUnknownTowerOfTimmIsNamed(String timm, String part, @TempDir Path temp)
      throws IOException {
    Path folder = copy("eva02_b16", temp);
    Path file = folder.resolve("open_clip_config.json");
    Files.writeString(file, Files.readString(file).replace("eva02_base_patch16_clip_224", timm));
    Refusal.holds(() -> Clip.from(folder).device("cpu").load(), part);
  }

  @Test
  void aConfigurationOfAnotherFamilyIsRefused(@TempDir Path temp) throws IOException {
    Path eva = copy("eva02_b16", temp);
    Files.delete(eva.resolve("open_clip_config.json"));
    Files.delete(eva.resolve("config.json"));
    Refusal.holds(() -> Clip.from(eva).device("cpu").load(), "There is no configuration", "timm");
    Path siglip = copy("siglip_b16", temp);
    Path file = siglip.resolve("config.json");
    String stated = Files.readString(file);
    Files.writeString(file, stated.replace("\"siglip\"", "\"clip\""));
    Refusal.holds(() -> Clip.from(siglip).device("cpu").load(), "another family", "pool");
    Files.writeString(file, stated.replace("\"siglip\"", "\"siglip3\""));
    Refusal.holds(
        () -> Clip.from(siglip).device("cpu").load(),
        "'siglip3' is not implemented",
        "a SigLIP (model_type siglip), a SigLIP 2 with a fixed resolution");
  }

  private static Path copy(String name, Path temp) throws IOException {
    Path folder = Files.createDirectory(temp.resolve(name));
    try (Stream<Path> files = Files.list(ROOT.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
    return folder;
  }
}
