package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;

/**
 * The paper's variant of the logit lens (Sec. 1): the class token of every layer is read as if it
 * were the last, and held against a text by its cosine.
 */
public final class Lens {
  private final Clip clip;

  /**
   * @param clip the model; must outlive this
   */
  public Lens(Clip clip) {
    this.clip = clip;
  }

  /**
   * cos(P LN_post(x), t) along the network, for each image.
   *
   * @param beforeMsa x = h[l], for l = 0 to L (images, L + 1); the last is the final cosine
   * @param beforeFfn x = h[l] + A[l], for l = 0 to L − 1 (images, L)
   */
  public record Curve(double[][] beforeMsa, double[][] beforeFfn) {}

  /**
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param text M_text of the label (D)
   */
  public Curve curve(List<float[]> pixels, float[] text) {
    int layers = clip.config().vision().layers();
    TraceRequest request =
        TraceRequest.none().with(Site.H, Tokens.CLASS).with(Site.MID, Tokens.CLASS);
    double[][] msa = new double[pixels.size()][layers + 1];
    double[][] ffn = new double[pixels.size()][layers];
    clip.traces(pixels, request)
        .each(
            batch -> {
              for (int l = 0; l <= layers; l++) {
                put(msa, batch.from(), l, cosines(batch.trace().get(Site.H, l), text));
                if (l < layers) {
                  put(ffn, batch.from(), l, cosines(batch.trace().get(Site.MID, l), text));
                }
              }
            });
    return new Curve(msa, ffn);
  }

  /**
   * cos(P LN_post(x), t) of every token of an image, each read as if it were the last class token.
   *
   * @param pixels an image as the processor makes it (3, S, S)
   * @param texts M_text of each label (D)
   * @return for each text and each x = h[l], l = 0 to L, every token (texts, L + 1, T)
   */
  public double[][][] tokens(float[] pixels, List<float[]> texts) {
    int layers = clip.config().vision().layers();
    double[][][] out = new double[texts.size()][layers + 1][];
    TraceRequest request = TraceRequest.none().with(Site.H, Tokens.ALL);
    try (Trace trace = clip.trace(List.of(pixels), request, List.of());
        NDManager scope = clip.manager().newSubManager()) {
      for (int l = 0; l <= layers; l++) {
        NDArray x = trace.get(Site.H, l).duplicate();
        x.attach(scope);
        float[] read = clip.vision().project(x.squeeze(0)).toFloatArray();
        for (int t = 0; t < texts.size(); t++) {
          out[t][l] = Cosine.ofRows(read, texts.get(t));
        }
      }
    }
    return out;
  }

  private static void put(double[][] rows, int first, int column, double[] values) {
    for (int i = 0; i < values.length; i++) {
      rows[first + i][column] = values[i];
    }
  }

  private double[] cosines(NDArray stream, float[] text) {
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray x = stream.duplicate();
      x.attach(scope);
      return Cosine.ofRows(clip.vision().project(x).toFloatArray(), text);
    }
  }
}
