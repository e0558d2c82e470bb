package dev.engram.lab;

import dev.engram.Provenance;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a token of an image attends to: α of Eq. 3 in one head or several.
 *
 * @param picture the image
 * @param side patches in a row
 * @param patch the token that attends; null for the class token
 * @param heads in the order of layers and heads
 * @param provenance where the numbers come from
 */
public record AttentionMaps(
    Picture picture, int side, @Nullable Cell patch, List<OfHead> heads, Provenance provenance) {
  /** Keeps a copy. */
  public AttentionMaps {
    heads = List.copyOf(heads);
  }

  /**
   * The attention of one head.
   *
   * @param layer from 0
   * @param head from 0
   * @param classToken share of the class token; 0 where there is none
   * @param patches share of each patch, row by row (side²); with the class token they sum to 1
   */
  public record OfHead(int layer, int head, double classToken, double[] patches) {
    /** The patch with the largest share, by its position in {@link #patches}. */
    public int strongest() {
      int best = 0;
      for (int i = 1; i < patches.length; i++) {
        best = patches[i] > patches[best] ? i : best;
      }
      return best;
    }

    /** How many tokens it is spread over: e to the entropy, 1 for one token, T for all alike. */
    public double spread() {
      double entropy = part(classToken) + Arrays.stream(patches).map(OfHead::part).sum();
      return Math.exp(entropy);
    }

    private static double part(double share) {
      return share > 0 ? -share * Math.log(share) : 0;
    }
  }
}
