package dev.engram.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
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
public final class ResidualStreams implements AutoCloseable {
  /** Residual streams are kept while all of them need less. */
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
  public ResidualStreams(Clip original, List<float[]> pixels) {
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
      int images = (int) h.getShape().get(0);
      model
          .batches()
          .each(
              images,
              images,
              model.bytesPerImage(),
              (from, to) -> rest(model, h, from, to),
              (from, embeddings) -> out.addAll(List.of(embeddings)));
    }
    return out.toArray(float[][]::new);
  }

  /** Some images through the layers from the kept one on. */
  private float[][] rest(Clip model, NDArray h, int from, int to) {
    try (NDArray some = h.get(new NDIndex().addSliceDim(from, to));
        Trace t = model.vision().resume(some, layer, TraceRequest.none())) {
      return t.embeddings();
    }
  }

  /** Every image through every layer. */
  private float[][] embed(Clip model, Progress progress) {
    List<float[]> out = new ArrayList<>();
    for (int i = 0; i < pixels.size(); i += Traces.USUAL) {
      progress.step("measuring", i, pixels.size());
      List<float[]> some = read(i, Math.min(pixels.size(), i + Traces.USUAL));
      out.addAll(List.of(model.embedImages(some, Progress.NONE)));
    }
    return out.toArray(float[][]::new);
  }

  /** Reading takes longer than a GPU does for the rest. */
  private List<float[]> read(int from, int to) {
    return IntStream.range(from, to).parallel().mapToObj(pixels::get).toList();
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
    original
        .batches()
        .each(
            pixels.size(),
            Traces.USUAL,
            original.traces(pixels, request).bytesPerImage(),
            (from, to) -> {
              progress.step("reading images to be measured", from, pixels.size());
              try (Trace t = original.trace(read(from, to), request, List.of())) {
                NDArray h = t.get(Site.H, firstLayer);
                h.attach(owner);
                return h;
              }
            },
            (from, h) -> streams.add(h));
    kept.addAll(streams); // all or none
    layer = firstLayer;
  }

  @Override
  public void close() {
    kept.clear();
    owner.close();
  }
}
