package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.Lens;
import java.util.Arrays;

/**
 * How the class token comes closer to a text from block to block, read at each point as if it were
 * the last (Sec. 1).
 *
 * @param title of the images
 * @param label the text
 * @param curve cosines along the network, for each image
 * @param provenance where the numbers come from
 */
public record LensCurve(String title, String label, Lens.Curve curve, Provenance provenance)
    implements LensReading {
  /** How many layers the image tower has. */
  public int layers() {
    return curve.beforeFfn()[0].length;
  }

  /**
   * The mean cosine over the images before a layer.
   *
   * @param layer from 0; the number of layers for the end
   */
  public double beforeMsa(int layer) {
    return mean(curve.beforeMsa(), layer);
  }

  /**
   * The mean cosine over the images between the two blocks of a layer.
   *
   * @param layer from 0
   */
  public double beforeFfn(int layer) {
    return mean(curve.beforeFfn(), layer);
  }

  private static double mean(double[][] cosines, int layer) {
    return Arrays.stream(cosines).mapToDouble(c -> c[layer]).average().orElse(Double.NaN);
  }

  @Override
  public String toString() {
    return "The lens on %s, \"%s\": cosine at the end %s"
        .formatted(title, label, beforeMsa(layers()));
  }
}
