package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Deletion;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Lens;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.NeuronReporter;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.Survey;
import dev.engram.dissect.ValueVectors;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.FineTuning;
import dev.engram.edit.KeyValue;
import dev.engram.edit.Release;
import dev.engram.edit.Suppression;
import dev.engram.edit.SuppressionAnalyzer;
import dev.engram.edit.Trainable;
import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.ResidualStreams;
import dev.engram.experiment.ResultStore;
import dev.engram.experiment.Study;
import dev.engram.iconclip.Iconclip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whoever passes images through a model recovers when memory runs out, at whichever pass, and gets
 * what he gets where there is enough.
 */
class SmallDeviceTest {
  private static final Path MODEL =
      Path.of("src", "test", "resources", "reference", "models", "quick_gelu_p8");

  private static final List<Neuron> NEURONS = List.of(Neuron.ffn(1, 3), Neuron.ffn(0, 5));
  private static final int IMAGES = 6;

  /** Who takes images one at a time, whatever memory there is. */
  private static final List<String> SINGLE = List.of("query neurons");

  private static Path pandas;

  @BeforeAll
  static void copyPandas(@TempDir Path temp) throws IOException {
    pandas = temp.resolve("set");
    Path to = Files.createDirectories(pandas.resolve("animals").resolve("panda"));
    try (Stream<Path> files = Files.list(Iconclip.entities().resolve("animals").resolve("panda"))) {
      for (Path file : files.sorted().limit(IMAGES).toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
    }
  }

  private static List<float[]> noise(Clip clip) {
    Random random = new Random(7);
    int n = 3 * clip.config().imageSize() * clip.config().imageSize();
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      float[] image = new float[n];
      for (int j = 0; j < n; j++) {
        image[j] = (float) random.nextGaussian();
      }
      out.add(image);
    }
    return out;
  }

  private static float[] text(Clip clip) {
    return clip.embedTokens(List.of(new int[] {1, 2, 3}), Progress.NONE)[0];
  }

  /** Everybody who passes images, with the numbers that he gives. */
  private static Map<String, Function<Clip, List<Double>>> callers() {
    Map<String, Function<Clip, List<Double>>> all = new TreeMap<>();
    all.put("embedding", c -> rows(c.embedImages(noise(c), Progress.NONE)));
    for (Score by : Score.all()) {
      all.put("attribution by " + by, c -> attribution(c, by));
    }
    all.put(
        "lens",
        c -> {
          Lens.Curve curve = new Lens(c).curve(noise(c), text(c));
          return rows(curve.beforeMsa(), curve.beforeFfn());
        });
    all.put("survey", SmallDeviceTest::survey);
    all.put("neuron page", SmallDeviceTest::report);
    all.put(
        "heatmaps",
        c ->
            rows(
                new Heatmapper(c)
                    .heatmaps(noise(c), NEURONS.get(0)).stream()
                        .map(Heatmap::tokens)
                        .toArray(double[][]::new)));
    all.put("heatmaps, plain", c -> rows(new Heatmapper(c).plain(noise(c), NEURONS.get(0))));
    all.put(
        "heatmaps, plain, MSA",
        c -> rows(new Heatmapper(c).plain(noise(c), Neuron.parse("L1A0H3"))));
    all.put("heatmaps, deep", c -> rows(new Heatmapper(c).deep(noise(c), Neuron.parse("L1A0H3"))));
    all.put(
        "activation maps", c -> rows(new Heatmapper(c).activationMaps(noise(c), NEURONS.get(0))));
    all.put("deletion", SmallDeviceTest::deletion);
    all.put(
        "query neurons",
        c -> rows(new QueryAnalyzer(c).effects(noise(c), NEURONS.get(0), Progress.NONE).effects()));
    all.put("residual suppression", c -> rows(new Suppression(c).residual(noise(c), NEURONS)));
    all.put(
        "complete removal", c -> rows(new Suppression(c).complete(noise(c), NEURONS, Tokens.ALL)));
    all.put(
        "change by a removal",
        c -> {
          try (SuppressionAnalyzer analyzer = new SuppressionAnalyzer(c)) {
            SuppressionAnalyzer.Change change = analyzer.change(noise(c), text(c), NEURONS.get(1));
            return Stream.of(rows(change.full()), rows(change.fixedBase()))
                .flatMap(List::stream)
                .toList();
          }
        });
    all.put(
        "release",
        c -> {
          try (Release release = new Release(c)) {
            return Stream.of(release.embeddings(noise(c), text(c), NEURONS, List.of(0, 5, 10_000)))
                .map(SmallDeviceTest::rows)
                .flatMap(List::stream)
                .toList();
          }
        });
    all.put("key and value", SmallDeviceTest::keyValue);
    all.put("background keys", SmallDeviceTest::backgroundKeys);
    all.put("causal tracing, class token", c -> tracing(c, Tokens.CLASS));
    all.put("causal tracing, all tokens", c -> tracing(c, Tokens.ALL));
    all.put("fine-tuning", SmallDeviceTest::fineTuning);
    all.put(
        "streams from a layer on",
        c -> {
          try (ResidualStreams streams = new ResidualStreams(c, noise(c))) {
            return rows(streams.embed(c, 1, Progress.NONE));
          }
        });
    all.put(
        "streams from the pixels on",
        c -> {
          try (ResidualStreams streams = new ResidualStreams(c, noise(c))) {
            return rows(streams.embed(c, 0, Progress.NONE));
          }
        });
    all.put("an experiment", SmallDeviceTest::experiment);
    return all;
  }

  private static List<Double> attribution(Clip clip, Score by) {
    List<String> names = IntStream.range(0, IMAGES).mapToObj(i -> "image " + i).toList();
    try (Attributor attributor = new Attributor(clip)) {
      return rows(
          attributor
              .attribute(noise(clip), names, "", text(clip), by, Provenance.of(), Progress.NONE)
              .scores());
    }
  }

  private static Survey surveyed(Clip clip) {
    try (Attributor attributor = new Attributor(clip)) {
      return Survey.of(clip, attributor, ImageSet.read(pandas), Reading.LITERAL, Progress.NONE);
    }
  }

  private static List<Double> survey(Clip clip) {
    Survey survey = surveyed(clip);
    return Stream.of(
            rows(new double[][] {survey.improvements(0)}),
            rows(new float[][] {survey.coefficients(NEURONS.get(0), Progress.NONE)}))
        .flatMap(List::stream)
        .toList();
  }

  private static List<Double> report(Clip clip) {
    NeuronReport report =
        new NeuronReporter(clip, surveyed(clip), new ValueVectors(clip), null)
            .report(NEURONS.get(0), new NeuronReporter.Settings(3, 2, 5, 3, 1), Progress.NONE);
    List<Double> out = new ArrayList<>();
    Stream.of(report.highest(), report.lowest())
        .flatMap(List::stream)
        .forEach(seen -> out.addAll(rows(new double[][] {seen.heatmap().tokens()})));
    report.suppressed().forEach(s -> out.addAll(List.of(s.before(), s.residual(), s.complete())));
    return out;
  }

  private static List<Double> deletion(Clip clip) {
    int pixels = clip.config().imageSize() * clip.config().imageSize();
    List<boolean[]> masks = new ArrayList<>();
    for (int i = 0; i < IMAGES; i++) {
      boolean[] mask = new boolean[pixels];
      java.util.Arrays.fill(mask, 0, i * pixels / IMAGES, true);
      masks.add(mask);
    }
    Deletion.Curve curve =
        new Deletion(clip).measure(noise(clip).get(0), masks, NEURONS.get(0), text(clip));
    return rows(new double[][] {curve.coefficients(), curve.cosines()});
  }

  private static List<Double> keyValue(Clip clip) {
    List<float[]> images = noise(clip);
    Collection<Weight> weights =
        List.of(Weight.values(Neuron.Block.FFN, 1), Weight.values(Neuron.Block.MSA, 0));
    Association association =
        new Association("it", "noise", images, List.of(images.get(1), images.get(0)));
    List<Double> out = new ArrayList<>();
    KeyValue.of(clip, weights, association, Progress.NONE)
        .values()
        .forEach(kv -> out.addAll(rows(new double[][] {kv.key(), kv.value()})));
    return out;
  }

  private static List<Double> backgroundKeys(Clip clip) {
    Weight w = Weight.values(Neuron.Block.FFN, 1);
    BackgroundKeys keys =
        BackgroundKeys.of(clip, List.of(w), noise(clip), Tokens.ALL, Progress.NONE)
            .values()
            .iterator()
            .next();
    return List.of((double) keys.count(), keys.ridge(1));
  }

  private static List<Double> tracing(Clip clip, Tokens tokens) {
    List<float[]> images = noise(clip);
    List<float[]> guides = new ArrayList<>(images);
    java.util.Collections.rotate(guides, 1);
    CausalTrace t =
        new CausalTracing(clip)
            .trace(images, guides, "it", text(clip), tokens, "noise", Progress.NONE);
    List<Double> out = rows(new double[][] {t.original(), t.guided()});
    for (double[][] image : t.increase()) {
      out.addAll(rows(image));
    }
    return out;
  }

  private static List<Double> fineTuning(Clip clip) {
    try (FineTuning tuning =
        new FineTuning(
            clip,
            new Trainable.LastLayer(),
            noise(clip),
            text(clip),
            FineTuning.Settings.PAPER,
            Progress.NONE)) {
      List<Double> out = rows(tuning.gradients(Progress.NONE).values().toArray(float[][]::new));
      out.add(tuning.loss(Progress.NONE));
      return out;
    }
  }

  private static List<Double> experiment(Clip clip) {
    Faithfulness.Result result =
        Faithfulness.run(
            new Study(clip, ImageSet.read(pandas), ResultStore.NONE, Progress.NONE),
            new Faithfulness.Settings(
                List.of(Reading.LITERAL, Baseline.ACTIVATION), List.of(3), 0));
    return result.falls().stream()
        .flatMap(fall -> Stream.of(fall.residual().mean(), fall.complete().mean()))
        .toList();
  }

  private static List<Double> rows(float[][] values) {
    List<Double> out = new ArrayList<>();
    for (float[] row : values) {
      for (float x : row) {
        out.add((double) x);
      }
    }
    return out;
  }

  private static List<Double> rows(double[][]... values) {
    List<Double> out = new ArrayList<>();
    for (double[][] part : values) {
      for (double[] row : part) {
        for (double x : row) {
          out.add(x);
        }
      }
    }
    return out;
  }

  static Stream<String> names() {
    return callers().keySet().stream();
  }

  /** The numbers of a caller, on a device of its own. */
  private static final class Run {
    final List<Double> numbers;
    int passes;
    int largest;
    int failures;
    String note = "";

    /**
     * @param fails whether a pass of so many images fails, asked once for each
     */
    Run(String caller, IntPredicate fails) {
      try (Clip clip = Clip.from(MODEL).device("cpu").load()) {
        clip.vision()
            .beforePass(
                images -> {
                  passes++;
                  largest = Math.max(largest, images);
                  if (fails.test(images)) {
                    failures++;
                    throw new EngineException("CUDA out of memory. Pretended.");
                  }
                });
        numbers = Objects.requireNonNull(callers().get(caller)).apply(clip);
        note = clip.batches().note();
      }
    }
  }

  private static void assertSame(Run expected, Run run, String when) {
    assertEquals(expected.numbers.size(), run.numbers.size(), when);
    double scale = expected.numbers.stream().mapToDouble(Math::abs).max().orElseThrow();
    assertTrue(scale > 0 && Double.isFinite(scale), when);
    for (int i = 0; i < expected.numbers.size(); i++) {
      assertEquals(expected.numbers.get(i), run.numbers.get(i), 2e-5 * scale, when);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void smallerBatchesGiveTheSame(String caller) {
    Run whole = new Run(caller, images -> false);
    assertEquals("", whole.note);
    assertEquals(SINGLE.contains(caller) ? 1 : whole.largest, whole.largest);
    for (int room : new int[] {2, 1}) {
      Run small = new Run(caller, images -> images > room);
      assertSame(whole, small, "room for " + room);
      if (!SINGLE.contains(caller)) {
        assertTrue(whole.largest > 1, "passes single images, so that nothing is tested");
        assertNotEquals(0, small.failures);
        assertFalse(small.note.isEmpty());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void whatFailsOnTheWayIsNotCountedTwice(String caller) {
    Run whole = new Run(caller, images -> false);
    // the first, the last, and some between them
    int[] some = IntStream.rangeClosed(0, 3).map(i -> 1 + i * (whole.passes - 1) / 3).toArray();
    for (int failing : IntStream.of(some).distinct().toArray()) {
      int[] passed = {0};
      Run run = new Run(caller, images -> ++passed[0] == failing && images > 1);
      assertSame(whole, run, "pass " + failing + " failed");
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void noRoomForOneImageIsASentence(String caller) {
    Refusal.holds(() -> new Run(caller, images -> true), "not enough for one image", "cpu");
  }
}
