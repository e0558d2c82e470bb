package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.atlas.AtlasComparison.Lone;
import dev.engram.atlas.AtlasComparison.Pair;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.experiment.Numbers;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two atlases are compared as a computation compares that keeps every coefficient. */
class AtlasCompareTest {
  private static final Path MODELS = Path.of("src/test/resources/reference/models");
  private static final SurveySettings SETTINGS =
      SurveySettings.standard().top(4).classes(2).threshold(0.05);
  private static final Weight CHANGED = new Weight(1, Weight.Kind.W_FC1);

  @TempDir static Path temp = Path.of("");
  private static Clip clip = Clip.from(MODELS.resolve("gelu_p8")).device("cpu").load();
  private static ImageSet set = ImageSet.read(Iconclip.background());
  private static Clip edited = clip;
  private static final Map<String, Atlas> OPEN = new HashMap<>();

  /** 4 classes of 9 images; half of the query vectors of a layer are drawn anew. */
  @BeforeAll
  static void surveys() throws IOException {
    List<Path> all;
    try (Stream<Path> files = Files.walk(Iconclip.entities())) {
      all = files.filter(f -> f.toString().endsWith(".png")).sorted().limit(36).toList();
    }
    for (int i = 0; i < all.size(); i++) {
      Path folder = temp.resolve("set/things/thing" + i % 4);
      Files.createDirectories(folder);
      Files.copy(all.get(i), folder.resolve("i" + i + ".png"));
    }
    set = ImageSet.read(temp.resolve("set"));
    float[] values = clip.values(CHANGED).clone();
    Random random = new Random(5);
    for (int i = 0; i < values.length / 2; i++) {
      values[i] = (float) (0.3 * random.nextGaussian());
    }
    edited = clip.edited(Map.of(CHANGED, values), List.of());
    OPEN.put("before", survey(clip, SETTINGS, "before"));
    OPEN.put("after", survey(edited, SETTINGS, "after"));
  }

  private static Atlas before() {
    return Objects.requireNonNull(OPEN.get("before"));
  }

  private static Atlas after() {
    return Objects.requireNonNull(OPEN.get("after"));
  }

  private static Atlas survey(Clip of, SurveySettings settings, String name) {
    return Atlas.survey(of, set, settings, null, temp.resolve(name), Progress.NONE);
  }

  @AfterAll
  static void close() {
    OPEN.values().forEach(Atlas::close);
    edited.close();
    clip.close();
  }

  /** The coefficients of every neuron (neurons, images). */
  private static double[][] coefficients(Clip of) {
    List<LabelledImage> images = set.entities().stream().flatMap(e -> e.images().stream()).toList();
    int neurons = of.config().vision().space().count();
    double[][] all = new double[neurons][images.size()];
    try (Attributor attributor = new Attributor(of)) {
      of.traces(
              images.stream().map(i -> of.processor().process(i.file())).toList(),
              Contributions.request(of))
          .each(
              batch -> {
                float[][] m = attributor.coefficients(batch.trace());
                for (int b = 0; b < m.length; b++) {
                  for (int i = 0; i < neurons; i++) {
                    all[i][batch.from() + b] = m[b][i];
                  }
                }
              });
    }
    return all;
  }

  private static boolean isConstant(double[] m) {
    double mean = Arrays.stream(m).average().orElseThrow();
    double variance = Arrays.stream(m).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
    return Math.sqrt(variance) < Sketches.CONSTANT;
  }

  /** The largest correlation of a neuron with any other of the other model. */
  private static double best(double[] neuron, double[][] others) {
    return Arrays.stream(others)
        .filter(o -> !isConstant(o))
        .mapToDouble(o -> Numbers.correlation(neuron, o))
        .max()
        .orElseThrow();
  }

  @Test
  void partnersAreThoseOfAComputationThatKeepsEverything() {
    double match = 0.95;
    AtlasComparison c = before().compare(after(), match, Progress.NONE);
    assertTrue(c.isEdit());
    assertEquals(0, c.standardError());
    double[][] a = coefficients(clip);
    double[][] b = coefficients(edited);
    int n = a.length;
    assertEquals(IntStream.range(0, n).filter(i -> isConstant(a[i])).count(), c.constantBefore());
    assertEquals(IntStream.range(0, n).filter(i -> isConstant(b[i])).count(), c.constantAfter());
    long constantAlike = c.pairs().stream().filter(p -> Double.isNaN(p.correlation())).count();
    assertEquals(
        n, c.pairs().size() + c.appeared().size() + c.constantAfter() - (int) constantAlike);
    Map<Neuron, Pair> pairs =
        c.pairs().stream().collect(Collectors.toMap(p -> p.after().neuron(), p -> p));
    Map<Neuron, Lone> appeared =
        c.appeared().stream().collect(Collectors.toMap(l -> l.side().neuron(), l -> l));
    int same = 0;
    for (int i = 0; i < n; i++) {
      Neuron neuron = clip.config().vision().space().neuron(i);
      same += Arrays.equals(a[i], b[i]) ? 1 : 0;
      double named = Numbers.correlation(a[i], b[i]);
      Pair pair = pairs.get(neuron);
      if (pair != null && Double.isNaN(pair.correlation())) {
        assertTrue(isConstant(a[i]) && Arrays.equals(a[i], b[i]));
      } else if (pair != null && pair.before().neuron().equals(neuron)) {
        assertEquals(named, pair.correlation(), 2e-4);
        assertTrue(named > match - 2e-4);
        assertEquals(before().neurons().density()[i], pair.before().density());
        assertEquals(after().neurons().density()[i], pair.after().density());
        assertEquals(after().neurons().bestClass().get(i), pair.after().bestClass());
      } else if (pair != null) {
        assertTrue(named < match + 2e-4);
        assertEquals(best(b[i], a), pair.correlation(), 2e-4);
      } else if (!isConstant(b[i])) {
        Lone lone = Objects.requireNonNull(appeared.get(neuron), neuron.toString());
        assertEquals(best(b[i], a), lone.correlation(), 2e-4);
        assertTrue(lone.correlation() < match);
      }
    }
    assertEquals(same, c.same());
    assertTrue(c.same() > 0 && c.sameName() > 0 && !c.appeared().isEmpty());
    for (Lone lone : c.vanished()) {
      int i = clip.config().vision().space().index(lone.side().neuron());
      assertEquals(best(a[i], b), lone.correlation(), 2e-4);
      assertTrue(lone.correlation() < match);
    }
    long gone =
        IntStream.range(0, n)
            .filter(i -> !isConstant(a[i]))
            .filter(i -> !(Numbers.correlation(a[i], b[i]) >= match || best(a[i], b) >= match))
            .count();
    assertEquals(gone, c.vanished().size());
    assertTrue(c.byDensity().stream().allMatch(p -> p.densityChange() != 0));
    // what comes before the edit is as it was
    Pair early = Objects.requireNonNull(pairs.get(Neuron.ffn(0, 3)));
    assertEquals(1, early.correlation());
    assertEquals(0, early.densityChange());
  }

  @Test
  void aModelIsItsOwnPartner() {
    AtlasComparison c = before().compare(before(), 0.7, Progress.NONE);
    assertEquals(before().manifest().space().count(), c.same());
    assertTrue(c.appeared().isEmpty() && c.vanished().isEmpty() && c.byDensity().isEmpty());
    assertTrue(c.byClass().isEmpty() && c.byWords().isEmpty() && c.relabelled().isEmpty());
  }

  @Test
  void anEditedModelSaysSo() {
    assertEquals("", before().manifest().original());
    assertEquals(clip.hash(), after().manifest().original());
    assertEquals(edited.hash(), after().manifest().modelHash());
    assertNotEquals(before().manifest().key(), after().manifest().key());
    assertTrue(after().manifest().model().contains("(edited)"));
    assertTrue(after().isOf(edited) && !after().isOf(clip));
  }

  @Test
  void whatIsNotAlikeIsRefused() {
    try (Atlas fewer = survey(edited, SETTINGS.images(8), "fewer");
        Atlas other = survey(edited, SETTINGS.threshold(0.2), "other threshold");
        Atlas patches = survey(edited, SETTINGS.patches(true), "with patches")) {
      Refusal.holds(
          () -> before().compare(fewer, 0.7, Progress.NONE), "other images (36 of", "and 8 of");
      Refusal.holds(
          () -> before().compare(other, 0.7, Progress.NONE), "thresholds", "0.05 and 0.2");
      Refusal.holds(() -> before().compare(patches, 0.7, Progress.NONE), "positions", "--patches");
    }
    Refusal.holds(() -> before().compare(after(), 1.5, Progress.NONE), "at most 1", "1.5");
  }

  @Test
  void theMaximumOverPatchesIsKeptBesideTheClassToken() {
    try (Atlas patches = survey(clip, SETTINGS.patches(true), "patches")) {
      assertTrue(patches.manifest().settings().patches());
      List<LabelledImage> images =
          set.entities().stream().flatMap(e -> e.images().stream()).toList();
      TraceRequest all = TraceRequest.none().with(Site.M_A, Tokens.ALL).with(Site.M_F, Tokens.ALL);
      for (Neuron neuron : List.of(Neuron.ffn(0, 5), Neuron.ffn(1, 2), Neuron.parse("L1A0H3"))) {
        double[] greatest = new double[images.size()];
        int column = neuron.column(clip.config().vision().headWidth());
        clip.traces(images.stream().map(i -> clip.processor().process(i.file())).toList(), all)
            .each(
                batch -> {
                  var m = batch.trace().get(Site.coefficients(neuron.block()), neuron.layer());
                  float[] flat = m.toFloatArray();
                  int tokens = (int) m.getShape().get(1);
                  int width = (int) m.getShape().get(2);
                  for (int b = 0; b < batch.size(); b++) {
                    double best = Double.NEGATIVE_INFINITY;
                    for (int t = 1; t < tokens; t++) {
                      best = Math.max(best, flat[(b * tokens + t) * width + column]);
                    }
                    greatest[batch.from() + b] = best;
                  }
                });
        AtlasTable row =
            patches.sql(
                "SELECT patch_mean, patch_greatest, patch_least, patch_density,"
                    + " list_sum(patch_histogram)::INTEGER FROM neurons WHERE neuron = '"
                    + neuron
                    + "'");
        var stream = Arrays.stream(greatest).summaryStatistics();
        assertEquals(stream.getAverage(), number(row, 0), 1e-6);
        assertEquals(stream.getMax(), number(row, 1), 1e-6);
        assertEquals(stream.getMin(), number(row, 2), 1e-6);
        assertEquals(
            Arrays.stream(greatest).filter(x -> Math.abs(x) > 0.05).count() / 36.0, number(row, 3));
        assertEquals(36, number(row, 4));
        List<Atlas.Top> tops = patches.tops(neuron, Atlas.TopList.PATCHES);
        assertEquals(stream.getMax(), tops.get(0).value(), 1e-6);
        assertEquals(4, tops.size());
      }
    }
    assertTrue(before().tops(Neuron.ffn(0, 5), Atlas.TopList.PATCHES).isEmpty());
    assertEquals(
        clip.config().vision().space().count(),
        before().sql("SELECT neuron FROM neurons WHERE patch_mean IS NULL").rows());
    assertFalse(before().manifest().settings().patches());
  }

  private static double number(AtlasTable row, int column) {
    return ((Number) Objects.requireNonNull(row.columns().get(column).values().get(0)))
        .doubleValue();
  }
}
