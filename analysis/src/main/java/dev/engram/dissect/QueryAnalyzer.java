package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the query neurons of a neuron (A.3, Eq. 13 to 20) and follows them backwards (A.5). Layer
 * norms are folded into the query vector with the statistics of the image, so that the effects are
 * exact.
 */
public final class QueryAnalyzer {
  /** What the traces of a batch keep on a CPU: every coefficient of 4 images of a ViT-L/14. */
  private static final long BYTES_AT_ONCE = 1L << 29;

  private final Clip clip;
  private final VisionTower tower;
  private final NeuronSpace space;
  private final QueryVectors query;

  /**
   * @param clip the model; must outlive this
   */
  public QueryAnalyzer(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.space = clip.config().vision().space();
    this.query = new QueryVectors(clip);
  }

  /**
   * Refuses at once what {@link #effects} would refuse.
   *
   * @throws EngramException if a neuron of this model has no query neurons, with the reason
   */
  public void requireDefined(Neuron target) {
    tower.requireClassToken("what its neurons read");
    query.requireQueryVector(target);
  }

  /**
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return the effect of every earlier neuron on each image
   */
  public QueryEffects effects(List<float[]> pixels, Neuron target, Progress progress) {
    return effects(pixels, target, true, progress);
  }

  /**
   * The same without the layer norms, as Eq. 15 to 20 are printed: the query vector itself.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   */
  public QueryEffects plainEffects(List<float[]> pixels, Neuron target, Progress progress) {
    return effects(pixels, target, false, progress);
  }

  /**
   * The effects on several neurons, each on images of its own, from one forward pass of each image.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param targets of each image
   * @return for each image those on its targets; batches of other sizes round otherwise
   */
  public List<Map<Neuron, QueryEffects>> effects(
      List<float[]> pixels, List<? extends Collection<Neuron>> targets, Progress progress) {
    List<Neuron> all = targets.stream().<Neuron>flatMap(Collection::stream).toList();
    all.forEach(this::requireDefined);
    List<Map<Neuron, QueryEffects>> out = new ArrayList<>();
    Traces passes = clip.traces(pixels, request(all));
    passes
        .atOnce((int) Math.max(1, Math.min(Traces.USUAL, BYTES_AT_ONCE / passes.bytesPerImage())))
        .telling("looking for query neurons", progress)
        .each(
            batch -> {
              List<Map<Neuron, QueryEffects>> part = new ArrayList<>();
              for (int b = 0; b < batch.size(); b++) {
                Map<Neuron, QueryEffects> ofImage = new HashMap<>();
                for (Neuron n : targets.get(batch.from() + b)) {
                  ofImage.put(n, of(List.of(read(batch.trace(), b, n, true)), n, true));
                }
                part.add(ofImage);
              }
              return part;
            },
            (from, part) -> out.addAll(part));
    return out;
  }

  private QueryEffects effects(
      List<float[]> pixels, Neuron target, boolean fold, Progress progress) {
    requireDefined(target);
    OnImage[] out = new OnImage[pixels.size()];
    // one image at a time: an MSA neuron needs the coefficients of all tokens
    for (int i = 0; i < out.length; i++) {
      progress.step("looking for query neurons", i, out.length);
      int image = i;
      clip.traces(List.of(pixels.get(i)), request(List.of(target)))
          .each(batch -> out[image] = read(batch.trace(), 0, target, fold));
    }
    progress.step("looking for query neurons", out.length, out.length);
    return of(Arrays.asList(out), target, fold);
  }

  /**
   * What drives a neuron on one image.
   *
   * @param effects of every neuron
   * @param coefficient of the target; before σ for an FFN neuron
   * @param activation the same after σ
   */
  private record OnImage(float[] effects, double coefficient, double activation) {}

  private OnImage read(Trace trace, int image, Neuron target, boolean fold) {
    boolean ffn = target.block() == Neuron.Block.FFN;
    int column = target.column(space.headWidth());
    NDArray activations = trace.get(Site.coefficients(target.block()), target.layer());
    double m = classToken(activations, image)[column];
    return new OnImage(
        ffn ? onFfn(trace, image, target, fold) : onMsa(trace, image, target, fold),
        ffn ? classToken(trace.get(Site.PRE, target.layer()), image)[column] : m,
        m);
  }

  private QueryEffects of(List<OnImage> images, Neuron target, boolean fold) {
    int count = images.size();
    Provenance provenance =
        Provenance.of(
            clip,
            "images",
            String.valueOf(count),
            "effects",
            fold ? "Eq. 13 to 20, layer norms folded" : "Eq. 13 to 20 as printed, no layer norms");
    return new QueryEffects(
        count == 1 ? "one image" : count + " images",
        target,
        space,
        images.stream().map(OnImage::effects).toArray(float[][]::new),
        images.stream().mapToDouble(OnImage::coefficient).toArray(),
        images.stream().mapToDouble(OnImage::activation).toArray(),
        provenance);
  }

  private static TraceRequest request(List<Neuron> targets) {
    int last = targets.stream().mapToInt(Neuron::layer).max().orElse(0);
    boolean msa = targets.stream().anyMatch(n -> n.block() == Neuron.Block.MSA);
    Tokens read = msa ? Tokens.ALL : Tokens.CLASS;
    TraceRequest request =
        TraceRequest.none().with(Site.M_A, read).with(Site.M_F, read).layers(0, last);
    if (targets.stream().anyMatch(n -> n.block() == Neuron.Block.FFN)) {
      request = request.with(Site.MID, Tokens.CLASS).with(Site.PRE, Tokens.CLASS);
    }
    return msa ? request.with(Site.H, Tokens.ALL).with(Site.ATTENTION, Tokens.CLASS) : request;
  }

  /** The class token's row of (B, n) or (B, T, n). */
  private static float[] classToken(NDArray a, int image) {
    try (NDArray row = a.get(a.getShape().dimension() == 2 ? "" + image : image + ", 0")) {
      return row.toFloatArray();
    }
  }

  /** E = m[0, k] q̃_0 · w_k (Eq. 15, 16). */
  private float[] onFfn(Trace trace, int image, Neuron target, boolean fold) {
    double s = fold ? query.std(trace.get(Site.MID, target.layer()).toFloatArray(), image) : 1;
    float[] q = vector(target, fold);
    return eachBlock(
        target,
        q,
        (block, layer) -> {
          float[] m = classToken(trace.get(Site.coefficients(block), layer), image);
          for (int k = 0; k < m.length; k++) {
            m[k] = (float) (m[k] / s);
          }
          return m;
        });
  }

  /** E = Σ_p α[j, 0, p] m[p, k] q̃_p · w_k (Eq. 19, 20). */
  private float[] onMsa(Trace trace, int image, Neuron target, boolean fold) {
    int l = target.layer();
    float[] h = trace.get(Site.H, l).toFloatArray();
    float[] weights;
    try (NDArray alpha = trace.get(Site.ATTENTION, l).get(image + ", " + target.head())) {
      weights = alpha.toFloatArray();
    }
    for (int p = 0; fold && p < weights.length; p++) {
      weights[p] = (float) (weights[p] / query.std(h, image * weights.length + p));
    }
    float[] q = vector(target, fold);
    return eachBlock(
        target,
        q,
        (block, layer) -> {
          try (NDManager scope = clip.manager().newSubManager()) {
            NDArray m = trace.get(Site.coefficients(block), layer).get("" + image); // (T, n)
            m.attach(scope);
            return scope.create(weights, new Shape(1, weights.length)).matMul(m).toFloatArray();
          }
        });
  }

  /** What a block's neurons are multiplied by: m of the tokens that the target reads. */
  private interface Gathered {
    float[] m(Neuron.Block block, int layer);
  }

  private float[] eachBlock(Neuron target, float[] q, Gathered gathered) {
    float[] out = new float[space.count()];
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray row = scope.create(q, new Shape(1, q.length));
      for (int l = 0; l <= target.layer(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          if (QueryEffects.precedes(new Neuron(block, l, 0, 0), target)) {
            float[] qw = products(row, block, l); // q · w_k
            float[] m = gathered.m(block, l);
            int offset = space.offset(block, l);
            for (int k = 0; k < m.length; k++) {
              out[offset + k] = m[k] * qw[k];
            }
          }
        }
      }
    }
    return out;
  }

  private float[] products(NDArray row, Neuron.Block block, int layer) {
    try (NDManager scope = clip.manager().newSubManager();
        NDArray products = row.matMul(tower.values(block, layer, scope))) {
      return products.toFloatArray();
    }
  }

  private float[] vector(Neuron target, boolean fold) {
    if (!fold) {
      return query.plain(target);
    }
    double[] q = query.folded(target);
    float[] f = new float[q.length];
    for (int i = 0; i < f.length; i++) {
      f[i] = (float) q[i];
    }
    return f;
  }

  /**
   * One step of a concept path.
   *
   * @param neuron where the path is
   * @param coefficient m on the image
   * @param nextEffect what the next neuron adds to it, times the sign of m; NaN at the end
   */
  public record Step(Neuron neuron, double coefficient, double nextEffect) {}

  /**
   * The concept evolution path of A.5: from a neuron to the one that helps it most on an image, and
   * so on until none precedes.
   *
   * @param pixels an image as the processor makes it (3, S, S)
   */
  public List<Step> path(float[] pixels, Neuron start, Progress progress) {
    List<Step> path = new ArrayList<>();
    Neuron at = start;
    while (true) {
      QueryEffects effects = effects(List.of(pixels), at, progress);
      List<QueryEffects.QueryNeuron> next = effects.top(1);
      path.add(
          new Step(
              at, effects.activations()[0], next.isEmpty() ? Double.NaN : next.get(0).effect()));
      if (next.isEmpty()) {
        return path;
      }
      at = next.get(0).neuron();
    }
  }
}
