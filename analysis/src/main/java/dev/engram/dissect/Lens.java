package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
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
