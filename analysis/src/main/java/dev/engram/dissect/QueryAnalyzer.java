package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the query neurons of a neuron (A.3, Eq. 13 to 20) and follows them backwards (A.5). Layer
 * norms are folded into the query vector with the statistics of the image, so that the effects are
 * exact.
 */
public final class QueryAnalyzer {
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

  private QueryEffects effects(
      List<float[]> pixels, Neuron target, boolean fold, Progress progress) {
    requireDefined(target);
    float[][] out = new float[pixels.size()][];
    double[] coefficients = new double[out.length];
    double[] activations = new double[out.length];
    // one image at a time: an MSA neuron needs the coefficients of all tokens
    boolean ffn = target.block() == Neuron.Block.FFN;
    int column = target.column(space.headWidth());
    for (int i = 0; i < out.length; i++) {
      progress.step("looking for query neurons", i, out.length);
      int image = i;
      clip.traces(List.of(pixels.get(i)), request(target))
          .each(
              batch -> {
                Trace trace = batch.trace();
                out[image] = ffn ? onFfn(trace, target, fold) : onMsa(trace, target, fold);
                activations[image] =
                    classToken(trace.get(Site.coefficients(target.block()), target.layer()))[
                        column];
                coefficients[image] =
                    ffn
                        ? classToken(trace.get(Site.PRE, target.layer()))[column]
                        : activations[image];
              });
    }
    progress.step("looking for query neurons", out.length, out.length);
    Provenance provenance =
        Provenance.of(
            clip,
            "images",
            String.valueOf(out.length),
            "effects",
            fold ? "Eq. 13 to 20, layer norms folded" : "Eq. 13 to 20 as printed, no layer norms");
    return new QueryEffects(
        out.length == 1 ? "one image" : out.length + " images",
        target,
        space,
        out,
        coefficients,
        activations,
        provenance);
  }

  private static TraceRequest request(Neuron target) {
    if (target.block() == Neuron.Block.FFN) {
      return TraceRequest.none()
          .with(Site.M_A, Tokens.CLASS)
          .with(Site.M_F, Tokens.CLASS)
          .with(Site.MID, Tokens.CLASS)
          .with(Site.PRE, Tokens.CLASS)
          .layers(0, target.layer());
    }
    return TraceRequest.none()
        .with(Site.M_A, Tokens.ALL)
        .with(Site.M_F, Tokens.ALL)
        .with(Site.H, Tokens.ALL)
        .with(Site.ATTENTION, Tokens.CLASS)
        .layers(0, target.layer());
  }

  /** The class token's row of (1, n) or (1, T, n). */
  private static float[] classToken(NDArray a) {
    try (NDArray row = a.getShape().dimension() == 2 ? a.get("0") : a.get("0, 0")) {
      return row.toFloatArray();
    }
  }

  /** E = m[0, k] q̃_0 · w_k (Eq. 15, 16). */
  private float[] onFfn(Trace trace, Neuron target, boolean fold) {
    double s = fold ? query.std(trace.get(Site.MID, target.layer()).toFloatArray(), 0) : 1;
    float[] q = vector(target, fold);
    return eachBlock(
        target,
        q,
        (block, layer) -> {
          float[] m = classToken(trace.get(Site.coefficients(block), layer));
          for (int k = 0; k < m.length; k++) {
            m[k] = (float) (m[k] / s);
          }
          return m;
        });
  }

  /** E = Σ_p α[j, 0, p] m[p, k] q̃_p · w_k (Eq. 19, 20). */
  private float[] onMsa(Trace trace, Neuron target, boolean fold) {
    int l = target.layer();
    float[] h = trace.get(Site.H, l).toFloatArray();
    float[] weights;
    try (NDArray alpha = trace.get(Site.ATTENTION, l).get("0, " + target.head())) {
      weights = alpha.toFloatArray();
    }
    for (int p = 0; fold && p < weights.length; p++) {
      weights[p] = (float) (weights[p] / query.std(h, p));
    }
    float[] q = vector(target, fold);
    return eachBlock(
        target,
        q,
        (block, layer) -> {
          try (NDManager scope = clip.manager().newSubManager()) {
            NDArray m = trace.get(Site.coefficients(block), layer).get("0"); // (T, n)
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
