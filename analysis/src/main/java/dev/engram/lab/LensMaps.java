package dev.engram.lab;

import dev.engram.Provenance;
import java.util.Arrays;
import java.util.List;

/**
 * How every patch of an image stands to texts from layer to layer, each token read as if it were
 * the last class token: cos(P LN_post(x), t).
 *
 * @param picture the image
 * @param side patches in a row
 * @param classToken whether token 0 is a class token
 * @param labels the texts
 * @param cosines for each text, and each layer from 0 with the end as the last, of every token
 *     (labels, L + 1, T)
 * @param provenance where the numbers come from
 */
public record LensMaps(
    Picture picture,
    int side,
    boolean classToken,
    List<String> labels,
    double[][][] cosines,
    Provenance provenance)
    implements LensReading {
  /** Keeps a copy of the texts. */
  public LensMaps {
    labels = List.copyOf(labels);
  }

  /** How many layers the image tower has. */
  public int layers() {
    return cosines[0].length - 1;
  }

  /**
   * The cosines of the patches, row by row (side²).
   *
   * @param label position of the text, from 0
   * @param layer the residual stream before it, from 0; the number of layers for the end
   */
  public double[] patches(int label, int layer) {
    double[] all = cosines[label][layer];
    return Arrays.copyOfRange(all, classToken ? 1 : 0, all.length);
  }
}
