package dev.engram.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images that are embedded again and again, by models that differ from the original only from some
 * layer on. Where there is room for them, the residual streams before that layer are kept, so that
 * each model computes the rest alone. Owns native memory: close it.
 */
public final class Streams implements AutoCloseable {
  private static final int BATCH = 16;

  /** Streams are kept while all of them need less. */
  private static final long KEPT_BYTES = 256L << 20;

  private final Clip original;
  private final List<float[]> pixels;
  private final List<NDArray> kept = new ArrayList<>(); // h[layer] of a batch each (B, T, d)
  private NDManager owner;
  private int layer;

  /**
   * @param original the model that the others are made of; must outlive this
   * @param pixels images as the processor makes them, each (3, S, S), in any number
   */
  public Streams(Clip original, List<float[]> pixels) {
    this.original = original;
    this.pixels = pixels;
    this.owner = original.manager().newSubManager();
  }

  /**
   * Embeds all images.
   *
   * @param model the original with more edits
   * @param firstLayer the lowest layer in which it differs
   * @return M_image, not normalised (n, D)
   */
  public float[][] embed(Clip model, int firstLayer, Progress progress) {
    if (firstLayer == 0 || !fits() || !model.vision().isResumable()) {
      return embed(model, progress);
    }
    if (kept.isEmpty() || layer > firstLayer) {
      keep(firstLayer, progress);
    }
    List<float[]> out = new ArrayList<>();
    for (NDArray h : kept) {
      progress.step("measuring", out.size(), pixels.size());
      try (Trace t = model.vision().resume(h, layer, TraceRequest.none())) {
        out.addAll(List.of(t.embeddings()));
      }
    }
    return out.toArray(float[][]::new);
  }

  /** Every image through every layer. */
  private float[][] embed(Clip model, Progress progress) {
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < pixels.size(); i += BATCH) {
      progress.step("measuring", i, pixels.size());
      out.addAll(List.of(model.embedImages(batch(i), Progress.NONE)));
    }
    return out.toArray(float[][]::new);
  }

  /** Reading takes longer than a GPU does for the rest. */
  private List<float[]> batch(int from) {
    return IntStream.range(from, Math.min(pixels.size(), from + BATCH))
        .parallel()
        .mapToObj(pixels::get)
        .toList();
  }

  private boolean fits() {
    long tokens = original.config().patches() + 1L;
    return pixels.size() * tokens * original.config().vision().width() * Float.BYTES <= KEPT_BYTES;
  }

  private void keep(int firstLayer, Progress progress) {
    close();
    owner = original.manager().newSubManager();
    List<NDArray> streams = new ArrayList<>();
    TraceRequest request =
        TraceRequest.none().with(Site.H, Tokens.ALL).layers(firstLayer, firstLayer);
    for (int i = 0; i < pixels.size(); i += BATCH) {
      progress.step("reading images to be measured", i, pixels.size());
      try (Trace t = original.trace(batch(i), request, List.of())) {
        NDArray h = t.get(Site.H, firstLayer);
        h.attach(owner);
        streams.add(h);
      }
    }
    kept.addAll(streams); // all or none
    layer = firstLayer;
  }

  @Override
  public void close() {
    kept.clear();
    owner.close();
  }
}
