package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Attention, the lens on patches, heads and patching, each held against a plain computation. */
@SuppressWarnings("NullAway.Init")
class NetworkTest {
  private static Clip clip;
  private static float[] panda;
  private static float[] koala;
  private static float[] text;
  private static int layers;
  private static int heads;
  private static int tokens;
  private static int width;

  @BeforeAll
  static void open() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    ImageSet set = ImageSet.read(Iconclip.entities());
    panda = clip.processor().process(set.entity("panda").images().get(0).file());
    koala = clip.processor().process(set.entity("koala").images().get(0).file());
    text = clip.embedTexts(List.of("a photo of a panda"), Progress.NONE)[0];
    layers = clip.config().vision().layers();
    heads = clip.config().vision().space().heads();
    tokens = clip.config().imageTokens();
    width = clip.config().vision().width();
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static float[][] matrix(Weight.Kind kind, int layer) {
    try (NDManager scope = clip.manager().newSubManager()) {
      return Trace.rows(clip.vision().weight(new Weight(layer, kind), scope));
    }
  }

  private static float[] vector(Weight.Kind kind, int layer) {
    try (NDManager scope = clip.manager().newSubManager()) {
      return clip.vision().weight(new Weight(layer, kind), scope).toFloatArray();
    }
  }

  private static double[] norm(float[] x, int from, float[] gamma, float[] beta) {
    double mean = 0;
    double variance = 0;
    for (int i = 0; i < width; i++) {
      mean += x[from + i] / (double) width;
    }
    for (int i = 0; i < width; i++) {
      variance += Math.pow(x[from + i] - mean, 2) / width;
    }
    double std = Math.sqrt(variance + clip.config().vision().layerNormEps());
    double[] out = new double[width];
    for (int i = 0; i < width; i++) {
      out[i] = gamma[i] * (x[from + i] - mean) / std + beta[i];
    }
    return out;
  }

  private static double[] times(float[][] matrix, double[] x, float[] bias) {
    double[] out = new double[matrix.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = bias[i];
      for (int j = 0; j < x.length; j++) {
        out[i] += matrix[i][j] * x[j];
      }
    }
    return out;
  }

  /** Eq. 3 written out, from the residual stream before the layer. */
  private static double[] attention(float[] stream, int layer, int head, int query) {
    float[] gamma = vector(Weight.Kind.LN_A_WEIGHT, layer);
    float[] beta = vector(Weight.Kind.LN_A_BIAS, layer);
    float[][] wk = matrix(Weight.Kind.W_K, layer);
    float[] bk = vector(Weight.Kind.B_K, layer);
    double[] q =
        times(
            matrix(Weight.Kind.W_Q, layer),
            norm(stream, query * width, gamma, beta),
            vector(Weight.Kind.B_Q, layer));
    int headWidth = width / heads;
    double[] scores = new double[tokens];
    double sum = 0;
    for (int t = 0; t < tokens; t++) {
      double[] k = times(wk, norm(stream, t * width, gamma, beta), bk);
      double dot = 0;
      for (int i = head * headWidth; i < (head + 1) * headWidth; i++) {
        dot += q[i] * k[i];
      }
      scores[t] = Math.exp(dot / Math.sqrt(headWidth));
      sum += scores[t];
    }
    double all = sum;
    return Arrays.stream(scores).map(s -> s / all).toArray();
  }

  @Test
  void attentionIsEquation3OfAnyTokenAndHead() {
    try (Trace trace =
        clip.trace(List.of(panda), TraceRequest.none().with(Site.H, Tokens.ALL), List.of())) {
      for (int query : new int[] {0, 7}) {
        List<Integer> which = List.of(0, layers - 1);
        double[][][] read = new AttentionReader(clip).of(panda, query, which);
        for (int i = 0; i < which.size(); i++) {
          float[] stream = trace.get(Site.H, which.get(i)).toFloatArray();
          for (int h = 0; h < heads; h++) {
            assertArrayEquals(
                attention(stream, which.get(i), h, query), read[i][h], 1e-5, "head " + h);
            assertEquals(1, Arrays.stream(read[i][h]).sum(), 1e-5);
          }
        }
      }
    }
  }

  @Test
  void theLensOnTokensIsThatOfTheClassTokenAndReadsEachAlone() {
    Lens lens = new Lens(clip);
    float[] other = clip.embedTexts(List.of("a photo of a koala"), Progress.NONE)[0];
    double[][][] all = lens.tokens(panda, List.of(text, other));
    double[] curve = lens.curve(List.of(panda), text).beforeMsa()[0];
    for (int l = 0; l <= layers; l++) {
      assertEquals(curve[l], all[0][l][0], 1e-5);
      assertEquals(tokens, all[1][l].length);
    }
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    float[] beta = clip.vision().postNormBias().toFloatArray();
    float[][] p = Trace.rows(clip.vision().projection());
    try (Trace trace =
        clip.trace(List.of(panda), TraceRequest.none().with(Site.H, Tokens.ALL), List.of())) {
      for (int l : new int[] {1, layers}) {
        float[] stream = trace.get(Site.H, l).toFloatArray();
        double[] z = times(p, norm(stream, 9 * width, gamma, beta), new float[p.length]);
        float[] read = new float[z.length];
        for (int i = 0; i < z.length; i++) {
          read[i] = (float) z[i];
        }
        assertEquals(Cosine.of(read, other), all[1][l][9], 1e-5);
      }
    }
  }

  @Test
  void headsAndTheRestSumToTheEmbedding() {
    sums(clip);
    try (Clip suppressing =
        clip.edited(Map.of(), List.of(Neuron.ffn(1, 5), Neuron.msa(layers - 1, 1, 3)))) {
      sums(suppressing);
    }
  }

  private static void sums(Clip of) {
    HeadSplitter splitter = new HeadSplitter(of);
    List<HeadSplitter.Split> splits = splitter.split(List.of(panda, koala), Progress.NONE);
    List<float[][][]> outputs =
        splitter.outputs(List.of(panda, koala), List.of(layers - 1), Progress.NONE);
    float[][] embeddings = of.embedImages(List.of(panda, koala), Progress.NONE);
    for (int i = 0; i < 2; i++) {
      HeadSplitter.Split split = splits.get(i);
      double size = 0;
      double[] sum = new double[embeddings[i].length];
      for (int j = 0; j < sum.length; j++) {
        sum[j] = split.ffn()[j] + split.rest()[j];
        for (float[][] layer : split.heads()) {
          for (float[] head : layer) {
            sum[j] += head[j];
          }
        }
        size = Math.max(size, Math.abs(embeddings[i][j]));
      }
      for (int j = 0; j < sum.length; j++) {
        assertEquals(embeddings[i][j], sum[j], 2e-5 * Math.max(1, size), "dimension " + j);
      }
      assertArrayEquals(split.heads()[layers - 1][0], outputs.get(i)[0][0]);
    }
  }

  /** P diag(γ) (a − mean a) / s for a = W_o m of one head's channels, written out. */
  @Test
  void aHeadWritesItsChannelsThroughTheLastNorm() {
    int layer = layers - 2;
    int head = 1;
    int headWidth = width / heads;
    float[][] wo = matrix(Weight.Kind.W_O, layer);
    float[][] p = Trace.rows(clip.vision().projection());
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    TraceRequest request =
        TraceRequest.none().with(Site.M_A, Tokens.CLASS).with(Site.H, Tokens.CLASS);
    try (Trace trace = clip.trace(List.of(panda), request, List.of())) {
      float[] m = trace.get(Site.M_A, layer).toFloatArray();
      float[] last = trace.get(Site.H, layers).toFloatArray();
      float[] ones = new float[width];
      Arrays.fill(ones, 1);
      double[] normed = norm(last, 0, ones, new float[width]);
      double mean = 0;
      for (float x : last) {
        mean += x / (double) width;
      }
      double std = (last[0] - mean) / normed[0];
      double[] a = new double[width];
      for (int i = 0; i < width; i++) {
        for (int c = head * headWidth; c < (head + 1) * headWidth; c++) {
          a[i] += wo[i][c] * m[c];
        }
      }
      double middle = Arrays.stream(a).average().orElseThrow();
      double[] scaled = new double[width];
      for (int i = 0; i < width; i++) {
        scaled[i] = gamma[i] * (a[i] - middle) / std;
      }
      double[] expected = times(p, scaled, new float[p.length]);
      float[] is =
          new HeadSplitter(clip).split(List.of(panda), Progress.NONE).get(0).heads()[layer][head];
      for (int j = 0; j < is.length; j++) {
        assertEquals(expected[j], is[j], 1e-5);
      }
    }
  }

  @Test
  void patchingFromTheLayerOnIsTheSameAsWholePasses() {
    for (ActivationPatching.Place place : ActivationPatching.Place.values()) {
      double[][] fast =
          new ActivationPatching(clip).patch(koala, panda, text, place, Progress.NONE);
      double before = Cosine.of(clip.embedImages(List.of(koala), Progress.NONE)[0], text);
      double largest = 0;
      for (int l = 0; l < layers; l++) {
        int count = place == ActivationPatching.Place.HEAD ? heads : tokens;
        assertEquals(count, fast[l].length);
        for (int i = 0; i < count; i += place == ActivationPatching.Place.HEAD ? 1 : 9) {
          assertEquals(whole(place, l, i), fast[l][i], 1e-5, place + " " + l + "," + i);
          largest = Math.max(largest, Math.abs(fast[l][i] - before));
        }
      }
      assertTrue(largest > 0.01, "nothing was replaced: " + largest);
    }
  }

  /** A whole pass of the koala with one activation of the panda. */
  private static double whole(ActivationPatching.Place place, int layer, int index) {
    boolean byHead = place == ActivationPatching.Place.HEAD;
    Site site = byHead ? Site.M_A : Site.H;
    int headWidth = width / heads;
    try (NDManager scope = clip.manager().newSubManager();
        Trace source =
            clip.trace(List.of(panda), TraceRequest.none().with(site, Tokens.ALL), List.of())) {
      float[] theirs = source.get(site, layer).toFloatArray();
      Intervention change =
          new Intervention(
              site,
              layer,
              "replaced",
              value -> {
                float[] own = value.toFloatArray();
                for (int t = 0; t < own.length / width; t++) {
                  for (int c = 0; c < width; c++) {
                    if (byHead ? c / headWidth == index : t == index) {
                      own[t * width + c] = theirs[t * width + c];
                    }
                  }
                }
                return value.getManager().create(own, value.getShape());
              });
      NDArray pixels = clip.batch(scope, List.of(koala));
      try (Trace t = clip.vision().forward(pixels, TraceRequest.none(), List.of(change))) {
        return Cosine.of(t.embeddings()[0], text);
      }
    }
  }

  @Test
  void aModelThatSuppressesNeuronsIsNotPatched() {
    try (Clip suppressing = clip.edited(Map.of(), List.of(Neuron.ffn(1, 5)))) {
      Refusal.holds(() -> new ActivationPatching(suppressing), "residual removal", "%undo");
    }
  }

  /** Algorithm 1 of the paper, matrices written out, without an orthonormal basis. */
  private static List<Integer> naiveSpan(double[][] outputs, double[][] texts, int count) {
    List<Integer> chosen = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      int best = 0;
      double most = -1;
      for (int m = 0; m < texts.length; m++) {
        double variance = 0;
        for (double[] row : outputs) {
          variance += Math.pow(dot(row, texts[m]), 2);
        }
        if (variance > most) {
          most = variance;
          best = m;
        }
      }
      chosen.add(best);
      double[] direction = texts[best].clone();
      double square = dot(direction, direction);
      for (double[][] all : List.of(outputs, texts)) {
        for (double[] row : all) {
          double along = dot(row, direction) / square;
          for (int i = 0; i < row.length; i++) {
            row[i] -= along * direction[i];
          }
        }
      }
    }
    return chosen;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void textSpanChoosesWhatTheAlgorithmWrittenOutChooses() {
    Random random = new Random(5);
    int width = 12;
    int subspace = 4; // the outputs of a head lie in one
    float[][] embeddings = new float[30][width];
    for (float[] row : embeddings) {
      for (int j = 0; j < width; j++) {
        row[j] = (float) random.nextGaussian();
      }
    }
    float[][] outputs = new float[40][width];
    for (float[] row : outputs) {
      for (int s = 0; s < subspace; s++) {
        row[s] = (float) (random.nextGaussian() * (1 + s) + 3);
      }
    }
    List<String> words = new ArrayList<>();
    for (int m = 0; m < embeddings.length; m++) {
      words.add("w" + m);
    }
    try (WordDictionary dictionary =
        new WordDictionary(clip.manager(), "random", words, embeddings)) {
      double[][] centred = new double[outputs.length][width];
      for (int j = 0; j < width; j++) {
        double mean = 0;
        for (float[] row : outputs) {
          mean += row[j] / (double) outputs.length;
        }
        for (int k = 0; k < outputs.length; k++) {
          centred[k][j] = outputs[k][j] - mean;
        }
      }
      double[][] texts = new double[embeddings.length][width];
      for (int m = 0; m < texts.length; m++) {
        float[] unit = dictionary.embeddings(m)[0];
        for (int j = 0; j < subspace; j++) { // projected onto the outputs' span
          texts[m][j] = unit[j];
        }
      }
      List<TextSpan.Said> said = new TextSpan(dictionary).words(outputs, 9);
      assertEquals(subspace, said.size(), "no more than the outputs have directions");
      assertEquals(
          naiveSpan(centred, texts, subspace), said.stream().map(TextSpan.Said::index).toList());
      assertEquals(1, said.stream().mapToDouble(TextSpan.Said::share).sum(), 1e-4);
      float[][] same = new float[5][];
      Arrays.fill(same, outputs[0]);
      assertEquals(List.of(), new TextSpan(dictionary).words(same, 3));
      Thread.currentThread().interrupt();
      assertThrows(CancellationException.class, () -> new TextSpan(dictionary).words(outputs, 1));
    }
  }
}
