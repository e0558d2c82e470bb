package dev.engram.sae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Fall;
import dev.engram.dissect.Interpretation;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Attribute;
import dev.engram.lab.DescribedFeature;
import dev.engram.lab.ExploreFeatures;
import dev.engram.lab.FeatureExploration;
import dev.engram.lab.FeatureInterpretations;
import dev.engram.lab.FeatureMaps;
import dev.engram.lab.Features;
import dev.engram.lab.Forget;
import dev.engram.lab.Lab;
import dev.engram.lab.SaeCard;
import dev.engram.lab.Target;
import dev.engram.model.Clip;
import dev.engram.trace.Feature;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Features take part where neurons do: features that are neurons have the neurons' numbers, and
 * others those of the equations written out.
 */
@SuppressWarnings("NullAway.Init")
class FeaturesTest {
  private static final int FEATURES = 30;
  private static final String ENTITY = "panda";

  @TempDir Path temp;

  private static Lab lab;
  private static Clip clip;
  private static int width;
  private static int layers;

  @BeforeAll
  static void open() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    lab = Lab.of(clip).images(ImageSet.read(Iconclip.entities()).firstImages(2));
    width = clip.config().vision().width();
    layers = clip.config().vision().layers();
  }

  @AfterAll
  static void close() {
    lab.close();
  }

  // ---------------------------------------------------------------- features that are neurons

  /** ±m of each neuron as a feature: whichever has the neuron's sign has its score. */
  @ParameterizedTest
  @CsvSource({"mlp.hook_post, FFN", "attn.hook_z, MSA"})
  void featuresThatAreNeuronsScoreAsNeurons(String place, Neuron.Block block) throws IOException {
    int layer = 3;
    NeuronSpace space = clip.config().vision().space();
    int n = space.size(block);
    Features features = lab.sae(SaeFixture.ofUnits("blocks." + layer + "." + place, n).write(temp));
    List<Score> all = new ArrayList<>(List.of(Reading.values()));
    all.add(Baseline.ACTIVATION);
    for (Score by : all) {
      FeatureAttribution mine = features.attribute(Target.of(ENTITY), null, by);
      Attribution of = lab.attribute(Attribute.of(ENTITY).by(by));
      assertEquals(of.cosine(), mine.cosine(), 1e-6);
      for (int i = 0; i < of.images().size(); i++) {
        for (int k = 0; k < n; k++) {
          int neuron = space.offset(block, layer) + k;
          float m = of.coefficients()[i][neuron];
          int same = m > 0 ? k : n + k;
          assertEquals(Math.abs(m), mine.coefficients()[i][same], 1e-5 + 1e-5 * Math.abs(m));
          assertEquals(0, mine.coefficients()[i][m > 0 ? n + k : k]);
          float score = by == Baseline.ACTIVATION ? Math.abs(m) : of.scores()[i][neuron];
          assertEquals(score, mine.scores()[i][same], 1e-6 + 1e-4 * Math.abs(score), by::toString);
          assertEquals(0, mine.scores()[i][m > 0 ? n + k : k], 1e-7);
        }
      }
    }
    // and says what the neuron says
    Neuron neuron = space.neuron(space.offset(block, layer) + 5);
    FeatureInterpretations said = features.words(new Feature(layer, 5));
    Interpretation expected = lab.words(neuron).neurons().get(0);
    assertEquals(expected.residual(), said.features().get(0).residual(), 1e-5);
    assertEquals(
        expected.words().stream().map(Interpretation.Weighted::word).toList(),
        said.features().get(0).words().stream().map(Interpretation.Weighted::word).toList());
    // the nearest neuron is itself
    DescribedFeature page = features.describe(new Feature(layer, 5), null, null);
    assertEquals(neuron, page.nearest().get(0).neuron());
    assertEquals(1, page.nearest().get(0).cosine(), 1e-5);
  }

  @Test
  void whatIsKeptWholeCostsNothing() throws IOException {
    Features features = lab.sae(SaeFixture.ofUnits("blocks.2.hook_resid_post", width).write(temp));
    SaeCard card = features.measured(6);
    var fidelity = Objects.requireNonNull(card.fidelity());
    assertEquals(6, fidelity.images());
    assertEquals(6 * clip.config().imageTokens(), fidelity.tokens());
    assertEquals(1, fidelity.explained(), 1e-6);
    assertEquals(
        Double.NaN,
        Objects.requireNonNull(features.measured(1).fidelity()).explainedClass(),
        "a single class token does not vary");
    assertEquals(width, fidelity.l0(), 1);
    assertEquals(fidelity.cosine(), fidelity.reconstructed(), 1e-6);
    assertEquals(1, fidelity.same(), 1e-6);
  }

  // ---------------------------------------------------------------- the equations written out

  private static double[] row(float[] all, int row, int n) {
    double[] out = new double[n];
    Arrays.setAll(out, j -> all[row * n + j]);
    return out;
  }

  private static double[] plus(double[] a, double factor, double[] b) {
    double[] out = a.clone();
    Arrays.setAll(out, j -> a[j] + factor * b[j]);
    return out;
  }

  /** γ (x − mean)/s + β, with the statistics of another vector. */
  private static double[] norm(double[] x, double[] statistics, float[] gamma, float[] beta) {
    double mean = Arrays.stream(statistics).average().orElseThrow();
    double variance =
        Arrays.stream(statistics).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double own = Arrays.stream(x).average().orElseThrow();
    double s = Math.sqrt(variance + clip.config().vision().layerNormEps());
    double[] out = new double[x.length];
    Arrays.setAll(out, j -> gamma[j] * (x[j] - own) / s + beta[j]);
    return out;
  }

  private static double cosine(double[] y, float[] text) {
    float[] p = clip.vision().projection().toFloatArray();
    double dot = 0;
    double squares = 0;
    double length = 0;
    for (int i = 0; i < text.length; i++) {
      double z = 0;
      for (int j = 0; j < width; j++) {
        z += p[i * width + j] * y[j];
      }
      dot += z * text[i];
      squares += z * z;
      length += text[i] * text[i];
    }
    return dot / Math.sqrt(squares * length);
  }

  private static double lens(double[] x, double[] statistics, float[] text) {
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    float[] beta = clip.vision().postNormBias().toFloatArray();
    return cosine(norm(x, statistics, gamma, beta), text);
  }

  private static List<float[]> pixels() {
    return lab.pixels(lab.select(Target.of(ENTITY)));
  }

  private static float[] text() {
    return clip.embedTexts(List.of(lab.images().entity(ENTITY).label()), Progress.NONE)[0];
  }

  @ParameterizedTest
  @CsvSource({
    "blocks.1.hook_resid_pre, 1, H",
    "blocks.2.hook_resid_mid, 2, MID",
    "blocks.2.hook_resid_post, 3, H",
    "last, -1, H"
  })
  void aFeatureOfTheStreamIsWorthWhatTakingItOutCosts(String name, int at, Site site)
      throws IOException {
    String hook = name.equals("last") ? "blocks." + (layers - 1) + ".hook_resid_post" : name;
    int siteLayer = at < 0 ? layers : at;
    SaeFixture fixture =
        new SaeFixture(hook, width, FEATURES, 5).set("normalize_activations", "layer_norm");
    NaiveSae naive = new NaiveSae(fixture);
    Features features = lab.sae(fixture.write(temp));
    float[] text = text();
    TraceRequest request = TraceRequest.none().with(Site.H, Tokens.CLASS).with(site, Tokens.CLASS);
    for (Reading reading : List.of(Reading.LENS, Reading.FROZEN, Reading.DIRECT)) {
      FeatureAttribution a = features.attribute(Target.of(ENTITY), null, reading);
      try (Trace trace = clip.trace(pixels(), request, List.of())) {
        for (int i = 0; i < trace.batch(); i++) {
          double[] x = row(trace.get(site, siteLayer).toFloatArray(), i, width);
          double[] f = naive.encode(x);
          double[] h = row(trace.get(Site.H, layers).toFloatArray(), i, width);
          double[] z = row(trace.embedding().toFloatArray(), i, text.length);
          for (int k = 0; k < FEATURES; k++) {
            double m = f[k] * f[FEATURES];
            double[] w = naive.value(k);
            double[] without = plus(x, -m, w);
            double expected =
                switch (reading) {
                  case LENS -> lens(x, x, text) - lens(without, without, text);
                  case FROZEN -> lens(x, x, text) - lens(without, x, text);
                  default -> direct(plus(new double[width], m, w), h, z, text);
                };
            assertEquals(m, a.coefficients()[i][k], 1e-4 + 1e-4 * m);
            assertEquals(
                expected, a.scores()[i][k], 2e-6 + 1e-3 * Math.abs(expected), reading::toString);
          }
        }
      }
    }
    assertEquals(Reading.LENS, features.attribute(ENTITY).by());
    Refusal.holds(
        () -> features.attribute(Target.of(ENTITY), null, Reading.LITERAL),
        "literal",
        "lens",
        hook);
    Refusal.holds(() -> features.attribute(Target.of(ENTITY), null, Baseline.GRADIENT), "gradient");
  }

  /** The share of the embedding's cosine: LN_post without β, with the statistics of h[L]. */
  private static double direct(double[] mw, double[] h, double[] z, float[] text) {
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    double[] y = norm(mw, h, gamma, new float[width]);
    float[] p = clip.vision().projection().toFloatArray();
    double dot = 0;
    double length = 0;
    for (int i = 0; i < text.length; i++) {
      for (int j = 0; j < width; j++) {
        dot += p[i * width + j] * y[j] * text[i];
      }
      length += text[i] * text[i];
    }
    return dot / Math.sqrt(length * Arrays.stream(z).map(v -> v * v).sum());
  }

  @ParameterizedTest
  @CsvSource({"hook_mlp_out, F, MID, FFN", "hook_attn_out, A, H, MSA"})
  void aFeatureOfABlockIsScoredAsTheBlocksNeurons(
      String place, Site site, Site stream, Neuron.Block block) throws IOException {
    int layer = 3;
    SaeFixture fixture = new SaeFixture("blocks." + layer + "." + place, width, FEATURES, 6);
    NaiveSae naive = new NaiveSae(fixture);
    Features features = lab.sae(fixture.write(temp));
    FeatureAttribution a = features.attribute(ENTITY);
    assertEquals(Reading.LITERAL, a.by());
    float[] text = text();
    float[] gamma = clip.vision().inputNormWeight(block, layer).toFloatArray();
    float[] beta = clip.vision().inputNormBias(block, layer).toFloatArray();
    TraceRequest request = TraceRequest.none().with(site, Tokens.CLASS).with(stream, Tokens.CLASS);
    try (Trace trace = clip.trace(pixels(), request, List.of())) {
      for (int i = 0; i < trace.batch(); i++) {
        double[] f = naive.encode(row(trace.get(site, layer).toFloatArray(), i, width));
        double[] x = row(trace.get(stream, layer).toFloatArray(), i, width);
        double[] y = norm(x, x, gamma, beta);
        for (int k = 0; k < FEATURES; k++) {
          double expected = cosine(plus(y, f[k], naive.value(k)), text) - cosine(y, text);
          assertEquals(expected, a.scores()[i][k], 2e-6 + 1e-3 * Math.abs(expected));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(SaeConfig.TrainedOn.class)
  void fidelityAndTakingOutAreWhatPassesWithOtherNumbersGive(SaeConfig.TrainedOn tokens)
      throws IOException {
    SaeFixture fixture =
        new SaeFixture("blocks.3.hook_mlp_out", width, FEATURES, 8)
            .set("normalize_activations", "constant_norm_rescale")
            .set("cls_token_only", tokens == SaeConfig.TrainedOn.CLASS)
            .set("use_patches_only", tokens == SaeConfig.TrainedOn.PATCHES);
    NaiveSae naive = new NaiveSae(fixture);
    Features features = lab.sae(fixture.write(temp));
    List<float[]> pixels = pixels();
    float[] text = text();
    FeatureReader reader = new FeatureReader(clip, features.sae());
    int all = clip.config().imageTokens();
    TraceRequest request = TraceRequest.none().with(Site.F, Tokens.ALL).layers(3, 3);
    Feature feature = new Feature(3, 4);
    List<double[]> read = new ArrayList<>();
    List<double[]> said = new ArrayList<>();
    double l0 = 0;
    try (Trace trace = clip.trace(pixels, request, List.of())) {
      float[] values = trace.get(Site.F, 3).toFloatArray();
      float[][] m = new float[pixels.size()][];
      reader.read(
          pixels,
          List.of(new Feature(3, 9), feature),
          Progress.NONE,
          (image, tokensOf) -> m[image] = tokensOf[1]);
      float[] reconstructed = values.clone();
      float[] without = values.clone();
      for (int i = 0; i < values.length / width; i++) {
        double[] x = row(values, i, width);
        double[] f = naive.encode(x);
        double[] decoded = naive.decode(f);
        double coefficient = f[4] * f[FEATURES];
        assertEquals(coefficient, m[i / all][i % all], 1e-4);
        boolean isTrained =
            tokens == SaeConfig.TrainedOn.ALL
                || (i % all == 0) == (tokens == SaeConfig.TrainedOn.CLASS);
        for (int j = 0; j < width; j++) {
          reconstructed[i * width + j] = (float) (isTrained ? decoded[j] : x[j]);
          without[i * width + j] = (float) (x[j] - coefficient * naive.value(4)[j]);
        }
        if (isTrained) {
          read.add(x);
          said.add(decoded);
          l0 += Arrays.stream(f, 0, FEATURES).filter(v -> v != 0).count();
        }
      }
      Fidelity fidelity =
          new FidelityMeter(clip, features.sae())
              .measure(pixels, java.util.Collections.nCopies(pixels.size(), text), Progress.NONE);
      assertEquals(read.size(), fidelity.tokens());
      assertEquals(l0 / read.size(), fidelity.l0(), 1e-9);
      assertEquals(explained(read, said), fidelity.explained(), 1e-4);
      int step = tokens == SaeConfig.TrainedOn.ALL ? all : 1;
      assertEquals(
          tokens == SaeConfig.TrainedOn.PATCHES
              ? Double.NaN
              : explained(every(read, step), every(said, step)),
          fidelity.explainedClass(),
          1e-3);
      assertEquals(cosine(pixels, values, text), fidelity.cosine(), 1e-6);
      assertEquals(cosine(pixels, reconstructed, text), fidelity.reconstructed(), 1e-5);
      Fall fall =
          reader.falls(pixels, text, List.of(new Feature(3, 9), feature), Progress.NONE).get(1);
      assertEquals(cosine(pixels, values, text), fall.before(), 1e-6);
      assertEquals(cosine(pixels, without, text), fall.complete(), 1e-5);
      assertEquals(withoutDirectPart(pixels, naive, text), fall.residual(), 1e-5);
    }
  }

  private static List<double[]> every(List<double[]> all, int step) {
    List<double[]> out = new ArrayList<>();
    for (int i = 0; i < all.size(); i += step) {
      out.add(all.get(i));
    }
    return out;
  }

  private static double explained(List<double[]> read, List<double[]> said) {
    double error = 0;
    double total = 0;
    for (int j = 0; j < width; j++) {
      int at = j;
      double mean = read.stream().mapToDouble(x -> x[at]).average().orElseThrow();
      for (int i = 0; i < read.size(); i++) {
        error += Math.pow(read.get(i)[j] - said.get(i)[j], 2);
        total += Math.pow(read.get(i)[j] - mean, 2);
      }
    }
    return 1 - error / total;
  }

  /** Mean cosine of h[L] − m w, read as the last residual stream is. */
  private static double withoutDirectPart(List<float[]> pixels, NaiveSae naive, float[] text) {
    TraceRequest request =
        TraceRequest.none().with(Site.H, Tokens.CLASS).with(Site.F, Tokens.CLASS);
    double sum = 0;
    try (Trace trace = clip.trace(pixels, request, List.of())) {
      for (int i = 0; i < trace.batch(); i++) {
        double[] f = naive.encode(row(trace.get(Site.F, 3).toFloatArray(), i, width));
        double[] h = row(trace.get(Site.H, layers).toFloatArray(), i, width);
        double[] without = plus(h, -f[4] * f[FEATURES], naive.value(4));
        sum += lens(without, without, text) / trace.batch();
      }
    }
    return sum;
  }

  /** Mean cosine of images whose FFN block of layer 3 gives other numbers. */
  private static double cosine(List<float[]> pixels, float[] output, float[] text) {
    double sum = 0;
    int n = output.length / pixels.size();
    for (int i = 0; i < pixels.size(); i++) {
      float[] own = Arrays.copyOfRange(output, i * n, (i + 1) * n);
      Intervention replaced =
          new Intervention(
              Site.F,
              3,
              "replaced",
              value ->
                  value
                      .getManager()
                      .create(Arrays.copyOf(own, (int) value.size()), value.getShape()));
      try (Trace trace =
          clip.trace(List.of(pixels.get(i)), TraceRequest.none(), List.of(replaced))) {
        sum += Cosine.of(trace.embedding().toFloatArray(), text) / pixels.size();
      }
    }
    return sum;
  }

  // ---------------------------------------------------------------- the door

  @Test
  void mapsAndPagesAreOfTheStrongest() throws IOException {
    SaeFixture fixture = new SaeFixture("blocks.2.hook_resid_post", width, FEATURES, 9);
    Features features = lab.sae(fixture.write(temp));
    Feature best = features.attribute(ENTITY).top(1).get(0).feature();
    FeatureMaps maps = features.heatmap(ENTITY, best);
    assertEquals(2, maps.images().size());
    assertTrue(maps.images().get(0).largest() >= maps.images().get(1).largest());
    FeatureAttribution a = features.attribute(ENTITY);
    double classTokens = maps.images().stream().mapToDouble(FeatureMaps.OfImage::classToken).sum();
    assertEquals(2 * a.coefficient(best), classTokens, 1e-4);
    DescribedFeature page = features.describe(best, null, null);
    assertEquals(lab.images().entities().size(), page.entities().size());
    DescribedFeature.OfEntity panda =
        page.entities().stream()
            .filter(e -> e.title().equals(lab.images().entity(ENTITY).title()))
            .findFirst()
            .orElseThrow();
    assertEquals(a.score(best), panda.improvement(), 1e-6);
    assertEquals(a.coefficient(best), panda.coefficient(), 1e-4);
    assertTrue(page.active() <= page.images() && page.maps().images().size() == 8);
    String first = page.maps().strongest().picture().title();
    assertTrue(page.toString().contains(best.toString()) && !first.isEmpty());
    Refusal.holds(() -> features.heatmap("nobody", best), "nobody");
    Refusal.holds(() -> features.heatmap("nobody", new Feature(2, 99)), "L2S99");
    Refusal.holds(() -> features.measured(0), "from 1");
    FeatureExploration pages = features.explore(ExploreFeatures.of(Target.of(ENTITY)).top(4));
    assertEquals(4, pages.features().size());
    FeatureExploration.OfFeature leading = pages.features().get(0);
    assertEquals(best, leading.feature());
    assertEquals(1, Objects.requireNonNull(leading.scores().get(Reading.LENS)).rank());
    assertEquals(page.entities().size(), leading.entities().size());
    assertEquals(page.entities().get(0).title(), leading.entities().get(0).title());
    assertEquals(
        page.entities().get(0).improvement(), leading.entities().get(0).improvement(), 1e-5);
    assertEquals(2, leading.onSubject().size());
    assertEquals(maps.scale(), onSubject(leading), 1e-4);
    assertEquals(page.words().words().get(0).word(), leading.words().words().get(0).word());
    Refusal.holds(() -> new ExploreFeatures(null, List.of(), null, 3, null), "name some");
    Refusal.holds(() -> ExploreFeatures.of(best).top(0), "from 1");
    Features others = lab.sae(fixture.write(temp.resolve("other")));
    assertTrue(others.sae().isOpen() && lab.hasFeatures());
    Refusal.holds(() -> features.attribute(ENTITY), "closed");
  }

  private static double onSubject(FeatureExploration.OfFeature feature) {
    return feature.onSubject().stream()
        .flatMapToDouble(look -> Arrays.stream(look.patches()))
        .max()
        .orElseThrow();
  }

  /** The set passes once for all features, and whatever else is asked of them. */
  @Test
  void pagesOfAllFeaturesTakeOnePassAndTheNextKernelNone() throws IOException {
    SaeFixture fixture = new SaeFixture("blocks.2.hook_resid_post", width, FEATURES, 11);
    Path sae = fixture.write(temp.resolve("one"));
    Path other =
        new SaeFixture("blocks.2.hook_resid_post", width, FEATURES, 12).write(temp.resolve("two"));
    AtomicInteger passed = new AtomicInteger();
    Progress counting =
        (what, done, total) -> passed.addAndGet(what.equals("looking through images") ? 1 : 0);
    ImageSet set = ImageSet.read(Iconclip.entities()).firstImages(1);
    int images = set.images().size();
    Path kept = temp.resolve("kept");
    DescribedFeature first;
    List<DescribedFeature.OfEntity> entities;
    try (Lab one = Lab.open(Iconclip.model()).images(set).cache(kept)) {
      one.sae(sae);
      first = one.progress(counting).features().describe(new Feature(2, 3), null, null);
      assertTrue(passed.get() >= images && passed.getAndSet(0) <= images + 1);
      entities =
          one.progress(counting).features().describe(new Feature(2, 4), null, null).entities();
      one.progress(counting).features().explore(ExploreFeatures.of(new Feature(2, 5)).top(3));
      assertEquals(0, passed.get(), "one pass was for all");
      one.sae(other);
      one.progress(counting).features().describe(new Feature(2, 3), null, null);
      assertTrue(passed.getAndSet(0) >= images, "another autoencoder is another question");
    }
    try (Lab two = Lab.open(Iconclip.model()).images(set).cache(kept)) {
      two.sae(sae);
      DescribedFeature again =
          two.progress(counting).features().describe(new Feature(2, 3), null, null);
      assertEquals(0, passed.get(), "it was kept");
      assertEquals(first.entities(), again.entities());
      assertEquals(first.active(), again.active());
      assertEquals(entities, two.features().describe(new Feature(2, 4), null, null).entities());
      assertEquals(
          first.maps().images().stream().map(FeatureMaps.OfImage::classToken).toList(),
          again.maps().images().stream().map(FeatureMaps.OfImage::classToken).toList());
      two.forget(Forget.of("panda")).apply();
      two.progress(counting).features().describe(new Feature(2, 3), null, null);
      assertTrue(passed.getAndSet(0) >= images, "an edit leaves nothing as it was");
    }
    try (Lab three = Lab.open(Iconclip.model()).images(set.firstImages(1)).cache(kept)) {
      three.sae(sae);
      three.progress(counting).features().describe(new Feature(2, 3), Reading.DIRECT, null);
      assertTrue(passed.get() > 0, "another reading is another question");
    }
  }

  /** What a survey keeps of each feature is what a reader of every token finds. */
  @ParameterizedTest
  @CsvSource({
    "blocks.2.hook_resid_post, standard",
    "last, standard",
    "blocks.1.hook_mlp_out, standard",
    "blocks.3.mlp.hook_post, standard",
    "blocks.2.hook_resid_mid, topk"
  })
  void aSurveyIsWhatReadingEveryTokenGives(String name, String architecture) throws IOException {
    String hook = name.equals("last") ? "blocks." + (layers - 1) + ".hook_resid_post" : name;
    int read = hook.endsWith("hook_post") ? clip.config().vision().ffnWidth() : width;
    SaeFixture fixture = new SaeFixture(hook, read, FEATURES, 13);
    if (architecture.equals("topk")) {
      fixture.set("architecture", "topk").set("k", 3);
    }
    SparseAutoencoder sae = lab.sae(fixture.write(temp)).sae();
    Path background = Files.createDirectory(temp.resolve("background"));
    for (LabelledImage image : lab.images().images().subList(0, 3)) {
      Files.copy(image.file(), background.resolve(image.file().getFileName()));
    }
    ImageSet set = lab.images().withBackground(ImageSet.read(background));
    Reading by = FeatureAttributor.usual(sae.hook());
    FeatureSurvey survey = FeatureSurvey.of(clip, sae, set, by, Progress.NONE);
    List<Feature> all = IntStream.range(0, FEATURES).mapToObj(sae::feature).toList();
    double[][] largest = new double[FEATURES][set.images().size()];
    List<float[]> pixels = clip.pixels(set.images().stream().map(LabelledImage::file).toList());
    new FeatureReader(clip, sae)
        .read(
            pixels,
            all,
            Progress.NONE,
            (image, m) -> {
              for (int f = 0; f < FEATURES; f++) {
                for (float value : m[f]) {
                  largest[f][image] = Math.max(largest[f][image], value);
                }
              }
            });
    List<FeatureAttribution> attributions = new ArrayList<>();
    for (Entity entity : set.entities().subList(0, 5)) {
      attributions.add(lab.features().attribute(Target.of(entity.name()), null, by));
    }
    for (Feature feature : all) {
      double[] of = largest[feature.index()];
      assertEquals(Arrays.stream(of).filter(m -> m > 1e-5).count(), survey.active(feature), 2);
      double[] sorted = Arrays.stream(of).sorted().toArray();
      List<LabelledImage> strongest = survey.strongest(feature);
      assertEquals(FeatureSurvey.STRONGEST, strongest.size());
      for (int k = 0; k < strongest.size(); k++) {
        double m = of[set.images().indexOf(strongest.get(k))];
        assertEquals(sorted[sorted.length - 1 - k], m, 1e-4 + 1e-4 * m, feature::toString);
      }
      for (int e = 0; e < attributions.size(); e++) {
        FeatureSurvey.Effect effect = survey.effect(set.entities().get(e), feature);
        assertEquals(attributions.get(e).score(feature), effect.improvement(), 1e-6);
        double m = attributions.get(e).coefficient(feature);
        assertEquals(m, effect.coefficient(), 1e-4 + 1e-4 * m);
      }
    }
  }

  @Test
  void aLabWithoutAnAutoencoderSaysHowToOpenOne() {
    try (Lab other = Lab.open(Iconclip.model())) {
      assertTrue(!other.hasFeatures());
      Refusal.holds(other::features, "%sae FILE");
    }
  }

  @Test
  void namesOfFeaturesAreNoNamesOfNeurons() {
    assertEquals(new Feature(10, 123), Feature.parse("l10s123"));
    assertEquals("L10S123", new Feature(10, 123).toString());
    Random random = new Random(1);
    for (int i = 0; i < 50; i++) {
      Feature f = new Feature(random.nextInt(50), random.nextInt(100_000));
      assertTrue(Feature.isName(f.toString()) && !Neuron.isName(f.toString()));
    }
    Refusal.holds(() -> Feature.parse("L5F12"), "L10S123", "L5F12");
  }
}
