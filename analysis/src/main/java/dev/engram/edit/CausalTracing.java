package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;
import java.util.Locale;

/**
 * Causal tracing (A.7): the output of each block, bias included, is replaced by that of the guide,
 * one block at a time. What lies in front of the block is the same in every such pass, so the pass
 * begins after it: about half of the work of {@link NaiveCausalTracing}.
 */
public final class CausalTracing {
  /** Images in one pass on a CPU: what they keep of a ViT-L/14 is about 100 MB an image. */
  private static final int AT_ONCE = 4;

  private final Clip clip;
  private final VisionTower tower;
  private final int layers;

  /**
   * @param clip the model; must outlive this
   */
  public CausalTracing(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.layers = tower.config().layers();
  }

  /**
   * Traces images, each with its own guide.
   *
   * @param pixels images that the model does not recognise, each (3, S, S)
   * @param guides as many, as the same images with the name written on them
   * @param label the text, for the result
   * @param text M_text of the label (D)
   * @param tokens where outputs are replaced
   * @param source where images and guides come from, for provenance
   * @throws EngramException if there are not as many guides as images, or none
   */
  public CausalTrace trace(
      List<float[]> pixels,
      List<float[]> guides,
      String label,
      float[] text,
      Tokens tokens,
      String source,
      Progress progress) {
    int n = pixels.size();
    if (n == 0 || guides.size() != n) {
      throw new EngramException(
          "Causal tracing needs images and one guide for each, got %d and %d."
              .formatted(n, guides.size()));
    }
    if (tokens == Tokens.CLASS) {
      tower.requireClassToken("tracing at the class token");
    }
    double[] original = new double[n];
    double[] guided = new double[n];
    double[][][] patched = new double[n][layers][2];
    TraceRequest streams = streams();
    TraceRequest outputs = TraceRequest.none().with(Site.A, tokens).with(Site.F, tokens);
    clip.batches()
        .each(
            n,
            AT_ONCE,
            clip.traces(pixels, streams).bytesPerImage()
                + clip.traces(guides, outputs).bytesPerImage(),
            (from, to) -> {
              try (Trace clean = clip.trace(pixels.subList(from, to), streams, List.of());
                  Trace guide = clip.trace(guides.subList(from, to), outputs, List.of())) {
                batch(
                    new Batch(from, n, original, guided, patched),
                    clean,
                    guide,
                    pixels.subList(from, to),
                    text,
                    tokens,
                    progress);
              }
            });
    progress.step("tracing blocks", n, n);
    return new CausalTrace(
        label,
        tokens,
        original,
        guided,
        patched,
        Provenance.of(clip, "images", source, "tokens", tokens.name().toLowerCase(Locale.ROOT)));
  }

  /** Where the results of a batch go, from its first image on. */
  private record Batch(
      int first, int images, double[] original, double[] guided, double[][][] increase) {
    void put(int layer, Neuron.Block block, double[] cosines) {
      for (int b = 0; b < cosines.length; b++) {
        increase[first + b][layer][block.ordinal()] = cosines[b] - original[first + b];
      }
    }
  }

  /** What the rest of a pass begins with; nothing where every pass begins with the pixels. */
  private TraceRequest streams() {
    return tower.isResumable()
        ? TraceRequest.none().with(Site.H, Tokens.ALL).with(Site.MID, Tokens.ALL)
        : TraceRequest.none();
  }

  private void batch(
      Batch out,
      Trace clean,
      Trace guide,
      List<float[]> pixels,
      float[] text,
      Tokens tokens,
      Progress progress) {
    try (NDManager scope = clip.manager().newSubManager()) {
      copy(cosines(clean, text), out.original, out.first);
      copy(cosines(guide, text), out.guided, out.first);
      NaiveCausalTracing naive = new NaiveCausalTracing(clip);
      NDArray images = clip.batch(scope, pixels);
      for (int l = 0; l < layers; l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          progress.step(
              "tracing blocks",
              out.first * 2L * layers + pixels.size() * (2L * l + block.ordinal()),
              out.images * 2L * layers);
          try (Trace t =
              tower.isResumable()
                  ? rest(clean, guide, block, l, tokens)
                  : naive.pass(images, guide, block, l, tokens)) {
            out.put(l, block, cosines(t, text));
          }
        }
      }
    }
  }

  /** The pass from the replaced block's output on. */
  private Trace rest(Trace clean, Trace guide, Neuron.Block block, int layer, Tokens tokens) {
    boolean msa = block == Neuron.Block.MSA;
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray before = clean.get(msa ? Site.H : Site.MID, layer);
      NDArray with = guide.get(Site.output(block), layer);
      NDArray stream;
      if (tokens == Tokens.ALL) {
        stream = sum(before, with, scope);
      } else {
        NDArray first = before.get(":, 0:1");
        first.attach(scope);
        NDArray other = with.expandDims(1);
        other.attach(scope);
        NDArray unchanged =
            clean.get(msa ? Site.MID : Site.H, msa ? layer : layer + 1).get(":, 1:");
        unchanged.attach(scope);
        stream = first.add(other).concat(unchanged, 1);
      }
      return msa
          ? tower.resumeFfn(stream, layer, TraceRequest.none())
          : tower.resume(stream, layer + 1, TraceRequest.none());
    }
  }

  private static NDArray sum(NDArray a, NDArray b, NDManager owner) {
    NDArray sum = a.add(b);
    sum.attach(owner);
    return sum;
  }

  private static double[] cosines(Trace trace, float[] text) {
    return Cosine.ofRows(trace.embedding().toFloatArray(), text);
  }

  private static void copy(double[] from, double[] to, int offset) {
    System.arraycopy(from, 0, to, offset, from.length);
  }
}
