package dev.engram.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One forward pass of the vision tower over a batch of images, and what was kept of it. Owns its
 * native memory: close it.
 */
public final class Trace implements AutoCloseable {
  private final NDManager manager;
  private final TraceRequest request;
  private final int layers;
  private final Map<Site, NDArray[]> kept = new EnumMap<>(Site.class);
  private final Map<Site, NDArray[]> maxima = new EnumMap<>(Site.class);
  private @Nullable NDArray whole;
  private @Nullable NDArray pooled;
  private @Nullable NDArray embedding;

  /**
   * @param manager owner of what is kept; closed with the trace
   * @param request what to keep
   * @param layers L
   */
  public Trace(NDManager manager, TraceRequest request, int layers) {
    this.manager = manager;
    this.request = request;
    this.layers = layers;
    for (Site s : request.sites().keySet()) {
      kept.put(s, new NDArray[s == Site.H ? layers + 1 : layers]);
    }
    request.patchMaxima().forEach(s -> maxima.put(s, new NDArray[layers]));
  }

  /** Keeps a copy of a value, if the request asks for its site. Called by the forward pass. */
  public void keep(Site site, int layer, NDArray value) {
    keepMaximum(site, layer, value);
    if (new TraceRequest.Place(site, layer).equals(request.whole())) {
      NDArray copy = value.duplicate();
      copy.attach(manager);
      whole = copy;
    }
    NDArray[] slots = kept.get(site);
    if (slots == null || !request.keeps(site, layer)) {
      return;
    }
    boolean all = request.sites().get(site) == Tokens.ALL || site == Site.VALUE;
    NDArray part = all ? value : value.get(site == Site.ATTENTION ? ":, :, 0" : ":, 0");
    NDArray copy = part.duplicate(); // a slice would hold on to the whole
    copy.attach(manager);
    slots[layer] = copy;
  }

  private void keepMaximum(Site site, int layer, NDArray value) {
    NDArray[] slots = maxima.get(site);
    if (slots != null && request.keepsPatchMaximum(site, layer)) {
      NDArray maximum = value.get(":, 1:").max(new int[] {1});
      maximum.attach(manager);
      slots[layer] = maximum;
    }
  }

  /**
   * The maximum over the patches.
   *
   * @return (B, n)
   * @throws IllegalStateException if the request did not ask for it
   */
  public NDArray patchMaximum(Site site, int layer) {
    NDArray[] slots = maxima.get(site);
    if (slots == null || !request.keepsPatchMaximum(site, layer)) {
      throw new IllegalStateException(
          "the trace does not hold the maximum of %s of layer %d over the patches; it was made for %s"
              .formatted(site, layer, request));
    }
    return slots[layer];
  }

  /** Called by the forward pass at its end. */
  public void finish(NDArray pooled, NDArray embedding) {
    pooled.attach(manager);
    embedding.attach(manager);
    this.pooled = pooled;
    this.embedding = embedding;
  }

  /**
   * @param layer from 0; {@link Site#H} has one more, the stream after the last layer
   * @return (B, T, …) where all tokens were asked for, (B, …) for the class token
   * @throws IllegalStateException if the request did not ask for it
   */
  public NDArray get(Site site, int layer) {
    NDArray[] slots = kept.get(site);
    if (slots == null || !request.keeps(site, layer)) {
      throw new IllegalStateException(
          "the trace does not hold %s of layer %d; it was made for %s"
              .formatted(site, layer, request));
    }
    return slots[layer];
  }

  /**
   * What {@link TraceRequest#withWhole} asked for.
   *
   * @return (B, T, …)
   * @throws IllegalStateException if the request did not ask for it
   */
  public NDArray whole() {
    if (whole == null) {
      throw new IllegalStateException(
          "the trace holds no place at all tokens; it was made for " + request);
    }
    return whole;
  }

  /** z = P LN_post(h[L][0]), not normalised (B, D). */
  public NDArray embedding() {
    return java.util.Objects.requireNonNull(embedding, "the forward pass did not end");
  }

  /** The embeddings (B, D) in plain Java. */
  public float[][] embeddings() {
    return rows(embedding());
  }

  /**
   * @param matrix (n, width)
   * @return its rows in plain Java
   */
  public static float[][] rows(NDArray matrix) {
    float[] flat = matrix.toFloatArray();
    int width = (int) matrix.getShape().get(1);
    float[][] out = new float[(int) matrix.getShape().get(0)][];
    for (int i = 0; i < out.length; i++) {
      out[i] = java.util.Arrays.copyOfRange(flat, i * width, (i + 1) * width);
    }
    return out;
  }

  /** What is projected into the shared space: LN_post(h[L][0]), (B, d). */
  public NDArray pooled() {
    return java.util.Objects.requireNonNull(pooled, "the forward pass did not end");
  }

  /** What the trace was made to keep. */
  public TraceRequest request() {
    return request;
  }

  /** Number of images, B. */
  public int batch() {
    return (int) embedding().getShape().get(0);
  }

  /** How many layers there are, L. */
  public int layers() {
    return layers;
  }

  /** The owner of what was kept, for arrays that live as long as the trace. */
  public NDManager manager() {
    return manager;
  }

  @Override
  public void close() {
    manager.close();
  }
}
