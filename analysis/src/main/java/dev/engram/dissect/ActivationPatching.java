package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;

/**
 * Activation patching between two images: one activation of an image is replaced by the other
 * image's, the rest of the pass is computed anew, and the cosine with a text tells what it carried
 * (Zhang and Nanda 2024, "Towards best practices of activation patching"). What lies in front of
 * the activation is the same in every such pass, so each begins at its layer.
 */
public final class ActivationPatching {
  /** Residual streams in one pass on a CPU. */
  private static final int AT_ONCE = 16;

  private static final String DOING = "patching activations";

  /** What is replaced at a layer. */
  public enum Place {
    /** The residual stream before the layer, at one token. */
    POSITION,
    /** The coefficients of one attention head, at all tokens. */
    HEAD
  }

  private final Clip clip;
  private final VisionTower tower;
  private final int layers;
  private final int width;

  /**
   * @param clip the model; must outlive this
   * @throws EngramException if it suppresses neurons: the rest of its passes cannot be computed
   *     alone
   */
  public ActivationPatching(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.layers = tower.config().layers();
    this.width = tower.config().width();
    if (!tower.isResumable()) {
      throw new EngramException(
          "Activation patching takes a model without residual removal; take it back with %undo.");
    }
  }

  /**
   * Replaces every activation of an image in turn.
   *
   * @param pixels the image (3, S, S)
   * @param source the image whose activations are put in (3, S, S)
   * @param text M_text of a label (D)
   * @return the cosine with the text after each replacement: (L, T) by position, (L, H) by head
   */
  public double[][] patch(
      float[] pixels, float[] source, float[] text, Place place, Progress progress) {
    Site before = place == Place.POSITION ? Site.H : Site.MID;
    TraceRequest request = TraceRequest.none().with(before, Tokens.ALL);
    if (place == Place.HEAD) {
      request = request.with(Site.M_A, Tokens.ALL);
    }
    int variants =
        place == Place.POSITION
            ? clip.config().imageTokens()
            : clip.config().vision().space().heads();
    double[][] cosines = new double[layers][variants];
    try (Trace own = clip.trace(List.of(pixels), request, List.of());
        Trace other = clip.trace(List.of(source), request, List.of())) {
      for (int l = 0; l < layers; l++) {
        float[] stream = own.get(before, l).toFloatArray(); // (T, d)
        float[][] changed =
            place == Place.POSITION
                ? new float[][] {other.get(before, l).toFloatArray()}
                : deltas(own.get(Site.M_A, l), other.get(Site.M_A, l), l);
        int layer = l;
        clip.batches()
            .each(
                variants,
                AT_ONCE,
                clip.traces(List.of(pixels), request).bytesPerImage(),
                (from, to) -> {
                  progress.step(DOING, (long) layer * variants + from, (long) layers * variants);
                  float[] streams = new float[(to - from) * stream.length];
                  for (int i = from; i < to; i++) {
                    int at = (i - from) * stream.length;
                    System.arraycopy(stream, 0, streams, at, stream.length);
                    if (place == Place.POSITION) {
                      System.arraycopy(changed[0], i * width, streams, at + i * width, width);
                    } else {
                      for (int j = 0; j < stream.length; j++) {
                        streams[at + j] += changed[i][j];
                      }
                    }
                  }
                  double[] part = cosines(streams, to - from, layer, place, text);
                  System.arraycopy(part, 0, cosines[layer], from, part.length);
                });
      }
    }
    progress.step(DOING, (long) layers * variants, (long) layers * variants);
    return cosines;
  }

  /** What each head would add to the stream beyond what it adds: (H, T·d). */
  private float[][] deltas(NDArray own, NDArray other, int layer) {
    int headWidth = tower.config().headWidth();
    float[][] out = new float[width / headWidth][];
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray ours = own.duplicate();
      ours.attach(scope);
      NDArray theirs = other.duplicate();
      theirs.attach(scope);
      NDArray difference = theirs.sub(ours).squeeze(0); // (T, d)
      NDArray values = tower.values(Neuron.Block.MSA, layer, scope).transpose(); // (d, d)
      values.attach(scope);
      for (int h = 0; h < out.length; h++) {
        String columns = h * headWidth + ":" + (h + 1) * headWidth;
        out[h] = difference.get(":, " + columns).matMul(values.get(columns)).toFloatArray();
      }
    }
    return out;
  }

  private double[] cosines(float[] streams, int count, int layer, Place place, float[] text) {
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray start =
          scope.create(streams, new Shape(count, streams.length / count / width, width));
      try (Trace rest =
          place == Place.POSITION
              ? tower.resume(start, layer, TraceRequest.none())
              : tower.resumeFfn(start, layer, TraceRequest.none())) {
        return Cosine.ofRows(rest.embedding().toFloatArray(), text);
      }
    }
  }
}
