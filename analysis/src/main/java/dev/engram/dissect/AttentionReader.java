package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
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
    boolean first = token == 0 && clip.config().family().hasClassToken();
    double[][][] out = new double[layers.size()][][];
    if (first && !layers.isEmpty()) { // a row for each head: all layers of one pass have room
      TraceRequest request = TraceRequest.none().with(Site.ATTENTION, Tokens.CLASS);
      try (Trace trace = clip.trace(List.of(pixels), request, List.of())) {
        for (int i = 0; i < out.length; i++) {
          out[i] = rows(trace.get(Site.ATTENTION, layers.get(i)).toFloatArray(), 0, 1);
        }
      }
      return out;
    }
    for (int i = 0; i < out.length; i++) {
      Progress.checkInterrupt();
      int layer = layers.get(i);
      TraceRequest request =
          TraceRequest.none().with(Site.ATTENTION, Tokens.ALL).layers(layer, layer);
      try (Trace trace = clip.trace(List.of(pixels), request, List.of())) {
        out[i] =
            rows(
                trace.get(Site.ATTENTION, layer).toFloatArray(),
                token,
                clip.config().imageTokens());
      }
    }
    return out;
  }

  /** The row of a query in every head, of all (H, queries, T). */
  private double[][] rows(float[] all, int query, int queries) {
    int tokens = clip.config().imageTokens();
    double[][] out = new double[all.length / queries / tokens][tokens];
    for (int h = 0; h < out.length; h++) {
      for (int t = 0; t < tokens; t++) {
        out[h][t] = all[(h * queries + query) * tokens + t];
      }
    }
    return out;
  }
}
