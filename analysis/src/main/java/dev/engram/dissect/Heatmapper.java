package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.VisionTower;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Draws where a neuron looks (Sec. 3.3, Eq. 6 and 17): its coefficient is split among the tokens
 * that attention brings to the class token. Layer norms are folded into the query vector with the
 * statistics of the image, so the split is exact.
 */
public final class Heatmapper {
  private final Clip clip;
  private final VisionTower tower;
  private final ClipConfig.Tower config;
  private final QueryVectors query;

  /**
   * @param clip the model; must outlive this
   */
  public Heatmapper(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.config = clip.config().vision();
    this.query = new QueryVectors(clip);
  }

  /**
   * Refuses at once what {@link #heatmaps} would refuse.
   *
   * @throws EngramException if a neuron of this model has no heatmap, with the reason
   */
  public void requireDefined(Neuron neuron) {
    tower.requireClassToken("a heatmap");
    if (neuron.block() == Neuron.Block.FFN) {
      query.requireQueryVector(neuron);
    }
  }

  /** The heatmap of one neuron on one image; refuses one that cannot be read. */
  public Heatmap heatmap(LabelledImage image, Neuron neuron) {
    return heatmaps(List.of(clip.processor().process(image.file())), neuron)
        .get(0)
        .on(image.name());
  }

  /** The heatmaps of one neuron on several images, each (3, S, S), as the processor makes them. */
  public List<Heatmap> heatmaps(List<float[]> pixels, Neuron neuron) {
    return heatmaps(pixels, Collections.nCopies(pixels.size(), Set.of(neuron)), Progress.NONE)
        .stream()
        .map(ofImage -> Objects.requireNonNull(ofImage.get(neuron)))
        .toList();
  }

  /**
   * The heatmaps of several neurons, from one forward pass of each image.
   *
   * @param pixels images as the processor makes them, each (3, S, S); may be read when they are
   *     asked for
   * @param wanted the neurons of each image; images that want the same neurons stand best together
   * @return for each image the heatmaps of its neurons
   */
  public List<Map<Neuron, Heatmap>> heatmaps(
      List<float[]> pixels, List<Set<Neuron>> wanted, Progress progress) {
    Set<Neuron> all = new HashSet<>();
    wanted.forEach(all::addAll);
    all.forEach(this::requireDefined);
    boolean ffn = all.stream().anyMatch(n -> n.block() == Neuron.Block.FFN);
    TraceRequest request =
        TraceRequest.none()
            .with(Site.ATTENTION, Tokens.CLASS)
            .with(Site.VALUE, Tokens.ALL)
            .with(Site.MID, Tokens.CLASS)
            .with(Site.F, Tokens.CLASS)
            .with(Site.H, Tokens.CLASS)
            .layers(
                ffn ? 0 : all.stream().mapToInt(Neuron::layer).min().orElse(0),
                all.stream().mapToInt(Neuron::layer).max().orElse(0));
    List<Map<Neuron, Heatmap>> out = new ArrayList<>();
    clip.traces(pixels, request)
        .telling("drawing heatmaps", progress)
        .each(
            batch ->
                drawn(batch.trace(), wanted.subList(batch.from(), batch.from() + batch.size())),
            (from, part) -> out.addAll(part));
    return out;
  }

  /** The maps of one batch: each neuron's are computed for all its images at once. */
  private List<Map<Neuron, Heatmap>> drawn(Trace trace, List<Set<Neuron>> wanted) {
    List<Map<Neuron, Heatmap>> out = new ArrayList<>();
    wanted.forEach(w -> out.add(new LinkedHashMap<>()));
    Set<Neuron> all = new LinkedHashSet<>();
    wanted.forEach(all::addAll);
    for (Neuron neuron : all) {
      boolean ffn = neuron.block() == Neuron.Block.FFN;
      double[][] tokens = ffn ? ffnTokens(trace, neuron, true) : msaTokens(trace, neuron);
      for (int b = 0; b < tokens.length; b++) {
        if (wanted.get(b).contains(neuron)) {
          Heatmap.Rest rest = ffn ? rest(trace, neuron, b) : msaRest(neuron);
          out.get(b).put(neuron, of(neuron, tokens[b], rest));
        }
      }
    }
    return out;
  }

  /** One row for each image, whatever number of them passes at once. */
  private double[][] rows(
      List<float[]> pixels, TraceRequest request, Function<Trace, double[][]> read) {
    List<double[]> out = new ArrayList<>();
    clip.traces(pixels, request)
        .each(b -> Arrays.asList(read.apply(b.trace())), (from, part) -> out.addAll(part));
    return out.toArray(double[][]::new);
  }

  /**
   * The same without the layer norms, as Eq. 6 is printed: W_fc1 itself in place of the folded
   * query vector for an FFN neuron, W_v h in place of W_v LN(h) + b_v for an MSA neuron.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return share of each token (B, T)
   */
  public double[][] plain(List<float[]> pixels, Neuron neuron) {
    query.requireQueryVector(neuron);
    int l = neuron.layer();
    if (neuron.block() == Neuron.Block.FFN) {
      TraceRequest request =
          TraceRequest.none()
              .with(Site.ATTENTION, Tokens.CLASS)
              .with(Site.VALUE, Tokens.ALL)
              .layers(0, l);
      return rows(pixels, request, trace -> ffnTokens(trace, neuron, false));
    }
    TraceRequest request =
        TraceRequest.none()
            .with(Site.ATTENTION, Tokens.CLASS)
            .with(Site.H, Tokens.ALL)
            .layers(l, l);
    return rows(pixels, request, trace -> plainMsaTokens(trace, neuron));
  }

  /** W_v h in place of W_v LN(h) + b_v, (B, T). */
  private double[][] plainMsaTokens(Trace trace, Neuron neuron) {
    int l = neuron.layer();
    try (NDManager scope = clip.manager().newSubManager()) {
      float[] w = query.plain(neuron);
      NDArray h = owned(trace.get(Site.H, l), scope); // (B, T, d)
      NDArray wh = h.matMul(scope.create(w, new Shape(w.length, 1))).squeeze(2); // (B, T)
      return doubles(wh.mul(attention(trace, neuron, scope)));
    }
  }

  /**
   * The heatmap of an MSA neuron carried one step further back (Eq. 17): what a token that the
   * neuron attends to had itself gathered from other tokens, in all earlier layers.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param neuron an MSA neuron
   * @return share of each token (B, T)
   */
  public double[][] deep(List<float[]> pixels, Neuron neuron) {
    tower.requireClassToken("a heatmap");
    query.requireQueryVector(neuron);
    int l = neuron.layer();
    TraceRequest request =
        TraceRequest.none()
            .with(Site.ATTENTION, Tokens.ALL)
            .with(Site.VALUE, Tokens.ALL)
            .with(Site.H, Tokens.ALL)
            .layers(0, l);
    return rows(pixels, request, trace -> deepTokens(trace, neuron));
  }

  /** Σ_{z < l} of what each token had gathered, (B, T). */
  private double[][] deepTokens(Trace trace, Neuron neuron) {
    int l = neuron.layer();
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray h = owned(trace.get(Site.H, l), scope);
      NDArray centred = h.sub(h.mean(new int[] {2}, true));
      NDArray std =
          centred.square().mean(new int[] {2}).add(config.layerNormEps()).sqrt(); // (B, T)
      NDArray row = trace.get(Site.ATTENTION, l).get(":, " + neuron.head() + ", 0"); // (B, T)
      NDArray weight = owned(row, scope).div(std); // α / s_p
      NDArray folded = folded(neuron, scope); // (1, d)
      NDArray sum = null;
      for (int z = 0; z < l; z++) {
        NDArray shares = shares(trace, z, folded, scope); // (B, H, T')
        NDArray alpha = owned(trace.get(Site.ATTENTION, z), scope); // (B, H, T, T')
        long b = alpha.getShape().get(0);
        long t = alpha.getShape().get(2);
        NDArray gathered = weight.reshape(b, 1, 1, t).matMul(alpha).squeeze(2); // Σ_p  (B, H, T')
        NDArray part = gathered.mul(shares).sum(new int[] {1});
        sum = sum == null ? part : sum.add(part);
      }
      return sum == null ? new double[trace.batch()][clip.config().patches() + 1] : doubles(sum);
    }
  }

  /**
   * The map that Table 2 compares with: the neuron's coefficient at each patch token.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return (B, patches)
   */
  public double[][] activationMaps(List<float[]> pixels, Neuron neuron) {
    tower.requireClassToken("a map beside that of the class token");
    Site site = Site.coefficients(neuron.block());
    TraceRequest request =
        TraceRequest.none().with(site, Tokens.ALL).layers(neuron.layer(), neuron.layer());
    String patches = ":, 1:, " + neuron.column(config.headWidth());
    return rows(
        pixels,
        request,
        trace -> {
          try (NDArray m = trace.get(site, neuron.layer()).get(patches)) {
            return doubles(m);
          }
        });
  }

  /** Σ_{z ≤ l} Σ_j α^z[j, 0, p] q̃ᵀ W_o v^z[p], (B, T). */
  private double[][] ffnTokens(Trace trace, Neuron neuron, boolean fold) {
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray row =
          fold
              ? folded(neuron, scope)
              : scope.create(query.plain(neuron), new Shape(1, config.width()));
      NDArray sum = null;
      for (int z = 0; z <= neuron.layer(); z++) {
        NDArray alpha = owned(trace.get(Site.ATTENTION, z), scope); // (B, H, T)
        NDArray part = alpha.mul(shares(trace, z, row, scope)).sum(new int[] {1});
        sum = sum == null ? part : sum.add(part);
      }
      double[][] tokens = doubles(Objects.requireNonNull(sum));
      if (fold) {
        for (int b = 0; b < tokens.length; b++) {
          double s = query.std(trace.get(Site.MID, neuron.layer()).toFloatArray(), b);
          for (int p = 0; p < tokens[b].length; p++) {
            tokens[b][p] /= s;
          }
        }
      }
      return tokens;
    }
  }

  /**
   * α^l[j, 0, p] (W_v LN_a(h_p) + b_v)[c], (B, T). With an inner norm before W_o each token's share
   * goes through it with the statistics of the sum, γ_c (u_c − mean u)/s, and β_c is the rest.
   */
  private double[][] msaTokens(Trace trace, Neuron neuron) {
    int l = neuron.layer();
    int column = neuron.column(config.headWidth());
    try (NDManager scope = clip.manager().newSubManager()) {
      if (!config.innerNorms()) {
        NDArray v = trace.get(Site.VALUE, l).get(":, :, " + column);
        return doubles(owned(v, scope).mul(attention(trace, neuron, scope)));
      }
      NDArray v = owned(trace.get(Site.VALUE, l), scope); // (B, T, d)
      long b = v.getShape().get(0);
      long t = v.getShape().get(1);
      NDArray alpha = owned(trace.get(Site.ATTENTION, l), scope).transpose(0, 2, 1); // (B, T, H)
      NDArray u =
          v.reshape(b, t, config.heads(), config.headWidth())
              .mul(alpha.expandDims(3))
              .reshape(b, t, -1);
      NDArray mean = u.mean(new int[] {2}); // (B, T)
      NDArray sum = u.sum(new int[] {1}); // (B, d)
      NDArray centred = sum.sub(sum.mean(new int[] {1}, true));
      NDArray std = centred.square().mean(new int[] {1}, true).add(config.layerNormEps()).sqrt();
      float gamma = innerNorm(l, Weight.Kind.LN_O_WEIGHT)[column];
      return doubles(u.get(":, :, " + column).sub(mean).div(std).mul(gamma));
    }
  }

  /** What an inner norm adds to an MSA coefficient, whatever the image: its β. */
  private Heatmap.Rest msaRest(Neuron neuron) {
    if (!config.innerNorms()) {
      return Heatmap.Rest.NONE;
    }
    float[] beta = innerNorm(neuron.layer(), Weight.Kind.LN_O_BIAS);
    return new Heatmap.Rest(0, 0, 0, beta[neuron.column(config.headWidth())]);
  }

  private float[] innerNorm(int layer, Weight.Kind kind) {
    return clip.values(new Weight(layer, kind));
  }

  /** Row of the class token's query in the neuron's head (B, T). */
  private static NDArray attention(Trace trace, Neuron neuron, NDManager scope) {
    return owned(trace.get(Site.ATTENTION, neuron.layer()).get(":, " + neuron.head()), scope);
  }

  /** qᵀ W_o,j v_j[p] for each head and token (B, H, T). */
  private NDArray shares(Trace trace, int layer, NDArray query, NDManager scope) {
    NDArray u = query.matMul(tower.values(Neuron.Block.MSA, layer, scope)); // qᵀ W_o  (1, d)
    NDArray v = owned(trace.get(Site.VALUE, layer), scope); // (B, T, d)
    long b = v.getShape().get(0);
    long t = v.getShape().get(1);
    return v.mul(u)
        .reshape(b, t, config.heads(), config.headWidth())
        .sum(new int[] {3})
        .transpose(0, 2, 1);
  }

  /** γ q − mean(γ q): the query vector with the layer norm before it folded in, times s (1, d). */
  private NDArray folded(Neuron neuron, NDManager scope) {
    double[] q = query.folded(neuron);
    float[] f = new float[q.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) q[i];
    }
    return scope.create(f, new Shape(1, f.length));
  }

  private Heatmap.Rest rest(Trace trace, Neuron neuron, int image) {
    int l = neuron.layer();
    double[] q = query.folded(neuron);
    double s = query.std(trace.get(Site.MID, l).toFloatArray(), image);
    double initial = dot(q, trace.get(Site.H, 0).toFloatArray(), image) / s;
    double ffn = 0;
    double bias = 0;
    for (int z = 0; z <= l; z++) {
      ffn += z < l ? dot(q, trace.get(Site.F, z).toFloatArray(), image) / s : 0;
      bias += dot(q, tower.outputBias(Neuron.Block.MSA, z).toFloatArray(), 0) / s;
    }
    float[] w = query.plain(neuron);
    float[] beta = tower.inputNormBias(neuron.block(), l).toFloatArray();
    double constant = tower.queryBias(neuron.block(), l).toFloatArray()[neuron.channel()];
    for (int i = 0; i < w.length; i++) {
      constant += (double) w[i] * beta[i];
    }
    return new Heatmap.Rest(initial, ffn, bias, constant);
  }

  private Heatmap of(Neuron neuron, double[] tokens, Heatmap.Rest rest) {
    return new Heatmap(
        neuron,
        tokens,
        (int) Math.round(Math.sqrt(tokens.length - 1)),
        rest,
        Provenance.of(
            clip,
            "heatmap",
            neuron.block() == Neuron.Block.FFN
                ? "Eq. 6, layer norms folded, shares of the coefficient before the activation"
                : "Eq. 17, layer norms folded, shares of the coefficient"));
  }

  private static double dot(double[] q, float[] rows, int row) {
    double s = 0;
    for (int i = 0; i < q.length; i++) {
      s += q[i] * rows[row * q.length + i];
    }
    return s;
  }

  private static NDArray owned(NDArray a, NDManager scope) {
    NDArray copy = a.duplicate();
    copy.attach(scope);
    return copy;
  }

  /** (B, n) as Java arrays. */
  private static double[][] doubles(NDArray a) {
    int b = (int) a.getShape().get(0);
    int n = (int) a.getShape().get(1);
    float[] flat = a.toFloatArray();
    double[][] out = new double[b][n];
    for (int i = 0; i < flat.length; i++) {
      out[i / n][i % n] = flat[i];
    }
    return out;
  }
}
