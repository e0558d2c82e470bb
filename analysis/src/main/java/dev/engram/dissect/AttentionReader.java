package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.Arrays;
import java.util.List;

/** Reads α of Eq. 3: how much one token of an image attends to each, in every head. */
public final class AttentionReader {
  private final Clip clip;

  /**
   * @param clip the model; must outlive this
   */
  public AttentionReader(Clip clip) {
    this.clip = clip;
  }

  /**
   * The attention of one token.
   *
   * @param pixels an image as the processor makes it (3, S, S)
   * @param token the one that attends: 0 is the class token, where there is one
   * @param layers from 0
   * @return for each layer and head the share of every token (layers, H, T); a row sums to 1
   */
  public double[][][] of(float[] pixels, int token, List<Integer> layers) {
    int heads = clip.config().vision().space().heads();
    boolean first = token == 0 && clip.config().family().hasClassToken();
    double[][][] out = new double[layers.size()][heads][];
    for (int i = 0; i < layers.size(); i++) {
      Progress.checkInterrupt();
      int layer = layers.get(i);
      TraceRequest request =
          TraceRequest.none()
              .with(Site.ATTENTION, first ? Tokens.CLASS : Tokens.ALL)
              .layers(layer, layer);
      try (Trace trace = clip.trace(List.of(pixels), request, List.of())) {
        float[] all = trace.get(Site.ATTENTION, layer).toFloatArray(); // (H, T) or (H, T, T)
        int tokens = clip.config().imageTokens();
        for (int h = 0; h < heads; h++) {
          int from = (first ? h : h * tokens + token) * tokens;
          out[i][h] = widened(Arrays.copyOfRange(all, from, from + tokens));
        }
      }
    }
    return out;
  }

  private static double[] widened(float[] row) {
    double[] out = new double[row.length];
    for (int i = 0; i < row.length; i++) {
      out[i] = row[i];
    }
    return out;
  }
}
