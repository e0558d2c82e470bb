package dev.engram.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.dissect.Fall;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.sae.SaeConfig.TrainedOn;
import dev.engram.trace.Feature;
import dev.engram.trace.Intervention;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Reads features at every token of images, and takes one out of the model. */
public final class FeatureReader {
  /** Values of features that are kept at once. */
  static final int MOST = 1 << 22;

  private final Clip clip;
  private final SparseAutoencoder sae;
  private final int tokens;
  private final int width;

  /**
   * @param clip the model; must outlive this
   * @param sae of the model; must outlive this
   */
  public FeatureReader(Clip clip, SparseAutoencoder sae) {
    this.clip = clip;
    this.sae = sae;
    this.tokens = clip.config().imageTokens();
    this.width = sae.hook().width(clip.config().vision());
  }

  Traces traces(List<float[]> pixels, String what, Progress progress) {
    SaeHook hook = sae.hook();
    return clip.traces(
            pixels,
            TraceRequest.none()
                .with(hook.site(), Tokens.ALL)
                .layers(hook.siteLayer(), hook.siteLayer()))
        .telling(what, progress);
  }

  /** Some rows of what is read, by themselves (n, width). */
  @FunctionalInterface
  interface Rows {
    void read(NDArray x, int from);
  }

  /** All tokens of a batch, so many at once as there is room for their features. */
  void each(Traces.Batch batch, Rows rows) {
    NDArray all = batch.trace().get(sae.hook().site(), sae.hook().siteLayer());
    int n = batch.size() * tokens;
    int step = Math.max(1, MOST / sae.count());
    try (NDManager outer = clip.manager().newSubManager()) {
      NDArray flat = all.reshape(n, width);
      flat.attach(outer);
      for (int from = 0; from < n; from += step) {
        Progress.checkInterrupt();
        try (NDManager scope = outer.newSubManager()) {
          NDArray x = flat.get(from + ":" + Math.min(n, from + step)).duplicate();
          x.attach(scope);
          rows.read(x, from);
        }
      }
    }
  }

  /**
   * The largest coefficient of each feature at any token.
   *
   * @param trace that holds all tokens of the hook's place
   * @return (B, features)
   */
  float[][] largest(Trace trace) {
    float[][] out = new float[trace.batch()][];
    int step = Math.max(1, MOST / sae.count());
    try (NDManager outer = clip.manager().newSubManager()) {
      NDArray flat = trace.whole().reshape(-1, width);
      flat.attach(outer);
      for (int b = 0; b < out.length; b++) {
        Progress.checkInterrupt();
        try (NDManager scope = outer.newSubManager()) {
          NDArray most = scope.zeros(new Shape(sae.count()));
          for (int from = 0; from < tokens; from += step) {
            int to = Math.min(tokens, from + step);
            NDArray x = flat.get(b * tokens + from + ":" + (b * tokens + to)).duplicate();
            x.attach(scope);
            most = NDArrays.maximum(most, sae.encode(x).coefficients().max(new int[] {0}));
          }
          out[b] = most.toFloatArray();
        }
      }
    }
    return out;
  }

  /** Gets what was read of one image. */
  @FunctionalInterface
  public interface Sink {
    /**
     * @param image its position
     * @param m of each feature at every token (features, T): the class token, then the patches
     */
    void read(int image, float[][] m);
  }

  /**
   * Reads features at every token.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param features at least one
   * @param sink gets every image once
   */
  public void read(List<float[]> pixels, List<Feature> features, Progress progress, Sink sink) {
    int n = features.size();
    traces(pixels, "reading features", progress)
        .each(
            batch -> {
              float[] m = new float[batch.size() * tokens * n];
              each(
                  batch,
                  (x, from) -> {
                    float[] part = sae.coefficients(x, features).toFloatArray();
                    System.arraycopy(part, 0, m, from * n, part.length);
                  });
              return m;
            },
            (from, m) -> {
              for (int i = 0; i < m.length / tokens / n; i++) {
                float[][] image = new float[n][tokens];
                for (int t = 0; t < tokens; t++) {
                  for (int f = 0; f < n; f++) {
                    image[f][t] = m[(i * tokens + t) * n + f];
                  }
                }
                sink.read(from + i, image);
              }
            });
  }

  /** Whether the autoencoder was trained on a token of an image. */
  boolean isTrained(int token) {
    return switch (sae.config().tokens()) {
      case ALL -> true;
      case CLASS -> token == 0;
      case PATCHES -> token > 0;
    };
  }

  /** X̂ in the place of x, at the tokens that the autoencoder was trained on. */
  public Intervention reconstructing() {
    return intervention(
        "reconstructed by " + sae.name(),
        rows -> sae.decode(sae.encode(rows)),
        sae.config().tokens());
  }

  /** What one feature adds to x is taken out of it, at all tokens. */
  public Intervention without(Feature feature) {
    return intervention(
        sae.known(feature) + " taken out",
        rows ->
            rows.sub(
                sae.coefficients(rows, List.of(feature))
                    .matMul(sae.rows(List.of(feature), rows.getManager()))),
        TrainedOn.ALL);
  }

  private Intervention intervention(
      String description, Intervention.Change change, TrainedOn where) {
    return new Intervention(
        sae.hook().site(),
        sae.hook().siteLayer(),
        description,
        value -> {
          long n = value.getShape().get(1); // the last layer may have the class token alone
          NDArray first = value.get(":, 0:1");
          return switch (where) {
            case ALL -> rows(value, change);
            case CLASS -> n == 1 ? rows(value, change) : rows(first, change).concat(rest(value), 1);
            case PATCHES -> n == 1 ? value : first.concat(rows(rest(value), change), 1);
          };
        });
  }

  private static NDArray rest(NDArray value) {
    return value.get(":, 1:");
  }

  private NDArray rows(NDArray value, Intervention.Change change) {
    return change.apply(value.reshape(-1, width)).reshape(value.getShape());
  }

  /**
   * Measures how far images fall from a text without each of some features.
   *
   * @param pixels images as the processor makes them, each (3, S, S); at least one
   * @param text M_text of the label (D)
   * @return means over the images; complete: what the feature adds to x is taken out at all tokens,
   *     and later layers answer
   */
  public List<Fall> falls(
      List<float[]> pixels, float[] text, List<Feature> features, Progress progress) {
    int n = features.size();
    SaeHook hook = sae.hook();
    double[] sums = new double[1 + 2 * n]; // before; then residual, complete of each
    TraceRequest request =
        TraceRequest.none().with(hook.site(), Tokens.CLASS).with(Site.H, Tokens.CLASS);
    clip.traces(pixels, request)
        .each(
            batch -> {
              double[] part = new double[1 + 2 * n];
              part[0] = cosines(batch.trace(), text);
              for (int f = 0; f < n; f++) {
                part[1 + 2 * f] = withoutDirectPart(batch.trace(), features.get(f), text);
              }
              return part;
            },
            (from, part) -> Arrays.setAll(sums, i -> sums[i] + part[i]));
    for (int f = 0; f < n; f++) {
      progress.step("taking features out", f, n);
      int at = 2 + 2 * f;
      clip.traces(pixels, TraceRequest.none())
          .intervening(List.of(without(features.get(f))))
          .atOnce(atOnce())
          .each(batch -> cosines(batch.trace(), text), (from, part) -> sums[at] += part);
    }
    int images = pixels.size();
    return IntStream.range(0, n)
        .mapToObj(
            f -> new Fall(sums[0] / images, sums[1 + 2 * f] / images, sums[2 + 2 * f] / images))
        .toList();
  }

  /** How many images pass at once where all features of all their tokens are computed. */
  int atOnce() {
    int tokens = clip.config().imageTokens();
    return Math.max(1, Math.min(Traces.usual(clip), 8 * MOST / tokens / sae.count()));
  }

  private static double cosines(Trace trace, float[] text) {
    return Arrays.stream(Cosine.ofRows(trace.embedding().toFloatArray(), text)).sum();
  }

  /** What becomes of the cosines if m w is taken out of the last residual stream (A.6). */
  private double withoutDirectPart(Trace trace, Feature feature, float[] text) {
    SaeHook hook = sae.hook();
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray x = trace.get(hook.site(), hook.siteLayer()).duplicate();
      x.attach(scope);
      NDArray w = sae.values(clip, List.of(feature), scope).transpose(); // (1, d)
      NDArray last = trace.get(Site.H, trace.layers()).duplicate();
      last.attach(scope);
      NDArray h = last.sub(sae.coefficients(x, List.of(feature)).matMul(w));
      float[] z = clip.vision().project(h).toFloatArray();
      return Arrays.stream(Cosine.ofRows(z, text)).sum();
    }
  }
}
