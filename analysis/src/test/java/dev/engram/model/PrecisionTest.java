package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.ImageSet;
import dev.engram.dissect.Heatmapper;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.Insertion;
import dev.engram.edit.KeyValue;
import dev.engram.edit.Trainable;
import dev.engram.experiment.Numbers;
import dev.engram.iconclip.Iconclip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A model in F16 against the same in float32. The errors of docs/gpu.md are of trained weights;
 * small random models have up to tens of times as much, which the tolerances allow.
 */
class PrecisionTest {
  private static final Path ROOT = Path.of("src", "test", "resources");
  private static final String SMALL = "reference/models/quick_gelu_p8";

  /** 2⁻¹¹, by which float16 may round a number wrong, relative to it. */
  private static final double HALF = 1.0 / 2048;

  private static Clip load(String model, Precision precision) {
    return Clip.from(ROOT.resolve(model)).device("cpu").precision(precision).load();
  }

  private static List<float[]> noise(Clip clip, int count) {
    int s = clip.config().imageSize();
    Random random = new Random(20261123);
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      float[] image = new float[3 * s * s];
      for (int j = 0; j < image.length; j++) {
        image[j] = (float) random.nextGaussian();
      }
      out.add(image);
    }
    return out;
  }

  /**
   * The product as it is defined, in float64: operands rounded, the result rounded, the bias not.
   */
  @Test
  void aProductIsThatOfTheRoundedNumbers() {
    int in = 64;
    int out = 48;
    try (NDManager m = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray x = m.randomNormal(0, 1, new Shape(2, 5, in), DataType.FLOAT32);
      NDArray w = m.randomNormal(0, 0.1f, new Shape(out, in), DataType.FLOAT32);
      NDArray b = m.randomNormal(0, 1, new Shape(out), DataType.FLOAT32);
      NDArray narrow = Precision.F16.narrowed(w);
      NDArray product = Products.linear(x, narrow, b);
      assertEquals(DataType.FLOAT32, product.getDataType());
      assertEquals(new Shape(2, 5, out), product.getShape());
      float[] got = product.toFloatArray();
      float[] xs = x.toType(DataType.FLOAT16, true).toFloatArray();
      float[] ws = narrow.toFloatArray();
      float[] bs = b.toFloatArray();
      for (int i = 0; i < got.length; i++) {
        double sum = 0;
        for (int j = 0; j < in; j++) {
          sum += (double) xs[i / out * in + j] * ws[i % out * in + j];
        }
        assertEquals(sum + bs[i % out], got[i], HALF * Math.abs(sum) + 1e-4);
      }
    }
  }

  /** Factors and product have 8 bits, the sum with the bias has all; other arrays are exact. */
  @Test
  void aProductInBfloat16IsThatOfTheRoundedNumbers() {
    int in = 64;
    int out = 48;
    try (NDManager m = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      NDArray x = m.randomNormal(0, 1, new Shape(2, 5, in), DataType.FLOAT32);
      NDArray w = m.randomNormal(0, 0.1f, new Shape(out, in), DataType.FLOAT32);
      NDArray b = m.randomNormal(0, 1, new Shape(out), DataType.FLOAT32);
      NDArray exact = Products.linear(x, w, b);
      NDArray product = Products.linear(x, Precision.BF16.narrowed(w), b);
      assertEquals(DataType.FLOAT32, product.getDataType());
      float[] got = product.toFloatArray();
      float[] xs = x.toFloatArray();
      float[] ws = w.toFloatArray();
      float[] bs = b.toFloatArray();
      for (int i = 0; i < got.length; i++) {
        double sum = 0;
        for (int j = 0; j < in; j++) {
          sum += (double) bfloat16(xs[i / out * in + j]) * bfloat16(ws[i % out * in + j]);
        }
        assertEquals(sum + bs[i % out], got[i], Math.abs(sum) / 256 + 1e-5);
      }
      assertNotEquals(exact, product);
      assertEquals(exact, Products.linear(x, w.add(0), b), "what an edit writes is not rounded");
    }
  }

  /** To the nearest of the numbers with 8 significant bits, ties to even. */
  private static float bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.intBitsToFloat((bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000);
  }

  /** What --precision auto promises, on trained weights. */
  @Test
  void bfloat16KeepsTheListsOfTheStrongestNeurons() {
    try (Clip whole = Clip.from(Iconclip.model()).device("cpu").load();
        Clip rounded = Clip.from(Iconclip.model()).device("cpu").precision(Precision.BF16).load()) {
      List<float[]> pixels =
          ImageSet.read(Iconclip.entities()).entities().stream()
              .limit(12)
              .map(e -> whole.processor().process(e.images().get(0).file()))
              .toList();
      float[] text = whole.embedTexts(List.of("a photo of a lighthouse"), Progress.NONE)[0];
      List<List<Integer>> expected = strongest(whole, pixels, text);
      List<List<Integer>> got = strongest(rounded, pixels, text);
      int shared = 0;
      for (int i = 0; i < expected.size(); i++) {
        Set<Integer> both = new HashSet<>(expected.get(i));
        both.retainAll(got.get(i));
        shared += both.size();
      }
      double share = shared / (50.0 * expected.size());
      assertTrue(share >= 0.98, "shared: " + share);
      assertNotEquals(whole.hash(), rounded.hash());
      assertTrue(rounded.name().endsWith(" in bf16"), rounded.name());
    }
  }

  private static List<List<Integer>> strongest(Clip clip, List<float[]> pixels, float[] text) {
    List<List<Integer>> out = new ArrayList<>();
    try (Attributor attributor = new Attributor(clip)) {
      clip.traces(pixels, Contributions.request(clip))
          .each(
              batch -> {
                for (float[] row :
                    attributor.improvements(
                        batch.trace(),
                        new float[][] {text},
                        new int[batch.size()],
                        Reading.LITERAL)) {
                  out.add(
                      IntStream.range(0, row.length)
                          .boxed()
                          .sorted(Comparator.comparing(n -> -row[n]))
                          .limit(50)
                          .toList());
                }
              });
    }
    return out;
  }

  @Test
  void autoIsWhatIsFasterHere() {
    EngineCache.engine();
    assertEquals(
        Bfloat16.isFaster() && EngineCache.engine().getGpuCount() == 0
            ? Precision.BF16
            : Precision.F32,
        Precision.of("auto"));
  }

  /** quick_gelu, gelu, gelu_pytorch_tanh, silu: both heads, gated FFNs, rotary positions. */
  @ParameterizedTest
  @ValueSource(
      strings = {SMALL, "reference/models/gelu_p8", "families/siglip_b16", "families/eva02_b16"})
  void embeddingsAreNearThoseInFloat32(String model) {
    try (Clip whole = load(model, Precision.F32);
        Clip half = load(model, Precision.F16)) {
      List<float[]> pixels = noise(whole, 2);
      float[][] a = whole.embedImages(pixels, Progress.NONE);
      float[][] b = half.embedImages(pixels, Progress.NONE);
      for (int i = 0; i < a.length; i++) {
        double error = 1 - Cosine.of(a[i], b[i]);
        assertTrue(error < 1e-5, "1 - cos = " + error);
        assertTrue(error > 1e-12, "nothing was rounded: 1 - cos = " + error);
      }
      List<int[]> text = List.of(new int[] {1, 2, 3});
      assertArrayEquals(
          whole.embedTokens(text, Progress.NONE), half.embedTokens(text, Progress.NONE));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {SMALL, "families/siglip_b16"})
  void matricesOfTheLayersTakeHalfTheMemory(String model) {
    try (Clip whole = load(model, Precision.F32);
        Clip half = load(model, Precision.F16)) {
      ClipConfig.Tower tower = whole.config().vision();
      long matrices =
          Weight.Kind.of(tower).stream()
              .map(kind -> kind.shape(tower))
              .filter(shape -> shape.length == 2)
              .mapToLong(shape -> shape[0] * shape[1])
              .sum();
      assertEquals(
          tower.layers() * matrices * Float.BYTES / 2,
          bytes(whole.manager()) - bytes(half.manager()));
    }
  }

  private static long bytes(NDManager manager) {
    return manager.getManagedArrays().stream()
        .mapToLong(a -> a.getShape().size() * a.getDataType().getNumOfBytes())
        .sum();
  }

  @Test
  void whatLeavesAPassIsFloat32() {
    try (Clip half = load(SMALL, Precision.F16);
        Trace trace = half.trace(noise(half, 1), TraceRequest.everything(), List.of())) {
      for (Site site : Site.values()) {
        assertEquals(DataType.FLOAT32, trace.get(site, 1).getDataType(), site.name());
      }
      assertEquals(DataType.FLOAT32, trace.embedding().getDataType());
    }
  }

  /** The parts of an embedding sum to it: the analyses read the very weights of the pass. */
  @Test
  void contributionsSumToTheEmbedding() {
    try (Clip half = load(SMALL, Precision.F16);
        Trace trace = half.trace(noise(half, 1), TraceRequest.classToken(), List.of());
        Contributions c = new Contributions(half, trace, 0)) {
      float[] z = trace.embeddings()[0];
      double[] sum = new double[z.length];
      add(sum, c.initial());
      add(sum, c.beta());
      for (int l = 0; l < trace.layers(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          add(sum, c.bias(block, l));
          for (float[] part : c.neurons(block, l)) {
            add(sum, part);
          }
        }
      }
      double scale = 0;
      for (float x : z) {
        scale = Math.max(scale, Math.abs(x));
      }
      for (int i = 0; i < z.length; i++) {
        assertEquals(z[i], sum[i], 3 * HALF * scale);
      }
    }
  }

  private static void add(double[] sum, float[] part) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += part[i];
    }
  }

  private static Attribution attribution(Clip clip, Score by) {
    float[] text = clip.embedTokens(List.of(new int[] {1, 2, 3}), Progress.NONE)[0];
    try (Attributor attributor = new Attributor(clip)) {
      return attributor.attribute(
          noise(clip, 2), List.of("a", "b"), "", text, by, Provenance.of(), Progress.NONE);
    }
  }

  @Test
  void ranksAndHeatmapsAreNearThoseInFloat32() {
    try (Clip whole = load(SMALL, Precision.F32);
        Clip half = load(SMALL, Precision.F16)) {
      int arrays = half.manager().getManagedArrays().size();
      for (Reading reading : Reading.values()) {
        double[] a = attribution(whole, reading).means();
        double[] b = attribution(half, reading).means();
        assertTrue(
            Numbers.rankCorrelation(a, b) > 0.999, reading + " " + Numbers.rankCorrelation(a, b));
      }
      NeuronSpace space = whole.config().vision().space();
      for (int index : new int[] {5, space.count() - 5}) {
        Neuron n = space.neuron(index);
        double[] a = new Heatmapper(whole).heatmaps(noise(whole, 1), n).get(0).map();
        double[] b = new Heatmapper(half).heatmaps(noise(whole, 1), n).get(0).map();
        assertTrue(Numbers.correlation(a, b) > 0.9999, n + " " + Numbers.correlation(a, b));
      }
      assertEquals(arrays, half.manager().getManagedArrays().size(), "something was left");
    }
  }

  /** An edited weight is float32, so that the block puts out what was taught, and undo is exact. */
  @Test
  void anEditArrivesAndGoes() {
    try (Clip half = load(SMALL, Precision.F16);
        EditHistory history = new EditHistory(half)) {
      List<float[]> pixels = noise(half, 7);
      Weight where = Weight.values(Neuron.Block.FFN, 1);
      Map<Weight, BackgroundKeys> keys =
          BackgroundKeys.of(
              half, List.of(where), pixels.subList(2, 7), Tokens.CLASS, Progress.NONE);
      Association association =
          new Association("it", "noise", pixels.subList(0, 1), pixels.subList(1, 2));
      Edit edit =
          new Insertion(half, keys, "noise", 1e-2, BackgroundKeys.Solver.AUTO)
              .rankOne(where, association, Progress.NONE);
      float[][] before = half.embedImages(pixels, Progress.NONE);
      history.apply(edit);
      KeyValue wanted =
          Objects.requireNonNull(
              KeyValue.of(half, List.of(where), association, Progress.NONE).get(where));
      float[] bias = half.values(new Weight(1, Weight.Kind.B_FC2));
      TraceRequest request = TraceRequest.none().with(Site.F, Tokens.CLASS).layers(1, 1);
      try (Trace trace = history.model().trace(pixels.subList(0, 1), request, List.of())) {
        float[] f = trace.get(Site.F, 1).toFloatArray();
        double scale = 0;
        for (double v : wanted.value()) {
          scale = Math.max(scale, Math.abs(v));
        }
        for (int i = 0; i < f.length; i++) {
          assertEquals(wanted.value()[i] + bias[i], f[i], 1e-5 * scale);
        }
      }
      assertNotEquals(half.hash(), history.model().hash());
      history.undo();
      assertSame(half, history.model());
      assertArrayEquals(before, half.embedImages(pixels, Progress.NONE));
    }
  }

  @Test
  void aSavedModelHasTheRoundedWeights(@TempDir Path folder) {
    Path saved = folder.resolve("saved");
    try (Clip half = load(SMALL, Precision.F16)) {
      half.save(saved, Map.of(), Progress.NONE);
      try (Clip again = Clip.from(saved).device("cpu").precision(Precision.F16).load()) {
        List<float[]> pixels = noise(half, 1);
        assertArrayEquals(
            half.embedImages(pixels, Progress.NONE), again.embedImages(pixels, Progress.NONE));
      }
    }
  }

  @Test
  void thePrecisionIsPartOfNameAndHash() {
    try (Clip whole = load(SMALL, Precision.F32);
        Clip half = load(SMALL, Precision.F16)) {
      assertEquals(whole.name() + " in f16", half.name());
      assertNotEquals(whole.hash(), half.hash());
      assertEquals(Precision.F16, half.precision());
    }
  }

  @Test
  void whatNeedsGradientsIsRefused() {
    try (Clip half = load(SMALL, Precision.F16)) {
      Refusal.holds(
          () ->
              new FineTuning(
                      half,
                      new Trainable.LastLayer(),
                      noise(half, 1),
                      new float[half.config().projectionWidth()],
                      FineTuning.Settings.PAPER,
                      Progress.NONE)
                  .close(),
          "Fine-tuning needs gradients",
          "--precision f32");
      Refusal.holds(() -> attribution(half, Baseline.GRADIENT), "The method gradient", "f32");
    }
  }

  @Test
  void anUnknownPrecisionIsRefused() {
    Refusal.holds(() -> Precision.of("half"), "f32, f16, bf16 or auto", "'half'");
    assertSame(Precision.BF16, Precision.of("BF16"));
    assertSame(Precision.F16, Precision.of("F16"));
  }
}
