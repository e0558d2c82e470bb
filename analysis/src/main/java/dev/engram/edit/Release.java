package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.attribution.Improvement;
import dev.engram.attribution.Reading;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.model.VisionTower;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * What lies between the two removals of A.6. Neurons S are silenced; of the others, some are freed
 * to answer and the rest are held: h = h[L][0] + Σ (m' − m) w over S and the freed, with m' from
 * the pass without S. With none freed this is residual suppression, with all complete removal.
 */
public final class Release implements AutoCloseable {
  private final Clip clip;
  private final VisionTower tower;
  private final NeuronSpace space;
  private final Improvement improvement;

  /**
   * @param clip a model that suppresses no neurons; must outlive this
   * @throws dev.engram.EngramException if it has no class token, whose stream is changed here
   */
  public Release(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    tower.requireClassToken("freeing neurons");
    this.space = clip.config().vision().space();
    this.improvement = new Improvement(clip);
  }

  /** Some images with and without the removed neurons. */
  private record Pair(Trace whole, Trace without) implements AutoCloseable {
    @Override
    public void close() {
      whole.close();
      without.close();
    }
  }

  /**
   * Frees those first whose improvement rises most on the mean of the images (A.6).
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param text M_text of the label (D)
   * @param removed S
   * @param counts how many neurons are freed; more than there are means all
   * @return embeddings, not normalised (counts, images, D)
   */
  public float[][][] embeddings(
      List<float[]> pixels, float[] text, Collection<Neuron> removed, List<Integer> counts) {
    List<Pair> pairs = new ArrayList<>();
    try {
      List<Intervention> zero = Intervention.zero(removed, space.headWidth(), Tokens.ALL);
      clip.batches()
          .each(
              pixels.size(),
              Traces.USUAL,
              2 * clip.traces(pixels, TraceRequest.classToken()).bytesPerImage(),
              (from, to) -> pair(pixels.subList(from, to), zero),
              (from, pair) -> pairs.add(pair));
      List<Neuron> order = order(pairs, text, removed);
      float[][][] out = new float[counts.size()][][];
      for (int c = 0; c < out.length; c++) {
        Set<Neuron> changed = new HashSet<>(removed);
        changed.addAll(order.subList(0, Math.min(order.size(), counts.get(c))));
        List<float[]> rows = new ArrayList<>();
        pairs.forEach(p -> rows.addAll(List.of(embeddings(p, changed))));
        out[c] = rows.toArray(float[][]::new);
      }
      return out;
    } finally {
      pairs.forEach(Pair::close);
    }
  }

  private Pair pair(List<float[]> pixels, List<Intervention> zero) {
    Trace whole = clip.trace(pixels, TraceRequest.classToken(), List.of());
    try {
      return new Pair(whole, clip.trace(pixels, TraceRequest.classToken(), zero));
    } catch (Throwable t) {
      whole.close();
      throw t;
    }
  }

  /** The others, by how much their improvement rises without the removed; the largest first. */
  private List<Neuron> order(List<Pair> pairs, float[] text, Collection<Neuron> removed) {
    double[] rise = new double[space.count()];
    for (Pair p : pairs) {
      add(rise, improvement.scores(p.without, text, Reading.LITERAL), 1);
      add(rise, improvement.scores(p.whole, text, Reading.LITERAL), -1);
    }
    Set<Neuron> silent = Set.copyOf(removed);
    return IntStream.range(0, rise.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -rise[i]))
        .map(space::neuron)
        .filter(n -> !silent.contains(n))
        .toList();
  }

  private static void add(double[] to, float[][] rows, int sign) {
    for (float[] row : rows) {
      for (int i = 0; i < to.length; i++) {
        to[i] += sign * row[i];
      }
    }
  }

  private float[][] embeddings(Pair p, Set<Neuron> changed) {
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray h = p.whole.get(Site.H, space.layers()).duplicate(); // (B, d)
      h.attach(scope);
      for (int l = 0; l < space.layers(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          h = changed(h, p, block, l, changed);
        }
      }
      return Trace.rows(tower.project(h));
    }
  }

  /** Adds Σ (m' − m) w over the changed neurons of one block. */
  private NDArray changed(NDArray h, Pair p, Neuron.Block block, int layer, Set<Neuron> changed) {
    float[] mask = new float[space.size(block)];
    boolean any = false;
    for (int c = 0; c < mask.length; c++) {
      if (changed.contains(space.neuron(space.offset(block, layer) + c))) {
        mask[c] = 1;
        any = true;
      }
    }
    if (!any) {
      return h;
    }
    NDManager scope = h.getManager();
    NDArray change = p.without.get(Site.coefficients(block), layer).duplicate(); // (B, n)
    change.attach(scope);
    change = change.sub(p.whole.get(Site.coefficients(block), layer)).mul(scope.create(mask));
    NDArray values = tower.values(block, layer, scope).transpose(); // (n, d)
    values.attach(scope);
    return h.add(change.matMul(values));
  }

  @Override
  public void close() {
    improvement.close();
  }
}
