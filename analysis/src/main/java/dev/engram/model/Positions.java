package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * The positions that an image tower has learned, and those in between where images have another
 * size than it learned with: bicubic, a = −0.75, between the centres of patches, as PyTorch's
 * {@code interpolate(mode="bicubic", align_corners=False)} and so {@code interpolate_pos_encoding}
 * of transformers.
 */
final class Positions {
  private static final String NAME = "vision_model.embeddings.position_embedding.weight";
  private static final int TAPS = 4;
  private static final double A = -0.75;

  private Positions() {}

  /** Positions (T, d) for the images of a configuration, owned by the manager. */
  static NDArray read(NDManager m, Checkpoint c, ClipConfig config) {
    int stored = c.sizes(NAME, 2)[0];
    int d = config.vision().width();
    NDArray learned = c.tensor(m, NAME, stored, d);
    if (stored == config.imageTokens()) {
      return learned;
    }
    int extra = config.family().hasClassToken() ? 1 : 0;
    int from = (int) Math.round(Math.sqrt((double) stored - extra));
    try (learned) {
      float[] values =
          interpolated(learned.toFloatArray(), extra, from, config.patchesAlongSide(), d);
      return m.create(values, new Shape(config.imageTokens(), d));
    }
  }

  /**
   * @param learned (extra + from², d), row by row
   * @param extra positions before those of the patches, which stay as they are
   * @return (extra + to², d)
   */
  static float[] interpolated(float[] learned, int extra, int from, int to, int d) {
    float[] result = new float[(extra + to * to) * d];
    System.arraycopy(learned, 0, result, 0, extra * d);
    double[] sum = new double[d];
    for (int y = 0; y < to; y++) {
      for (int x = 0; x < to; x++) {
        java.util.Arrays.fill(sum, 0);
        for (int i = 0; i < TAPS; i++) {
          for (int j = 0; j < TAPS; j++) {
            double w = weight(y, i, from, to) * weight(x, j, from, to);
            int at = (extra + place(y, i, from, to) * from + place(x, j, from, to)) * d;
            for (int c = 0; c < d; c++) {
              sum[c] += w * learned[at + c];
            }
          }
        }
        int at = (extra + y * to + x) * d;
        for (int c = 0; c < d; c++) {
          result[at + c] = (float) sum[c];
        }
      }
    }
    return result;
  }

  /** Where the centre of a patch lies among the centres of those that were learned. */
  private static double centre(int patch, int from, int to) {
    return (patch + 0.5) * from / to - 0.5;
  }

  /** Beyond the edge the last patch counts again. */
  private static int place(int patch, int tap, int from, int to) {
    int first = (int) Math.floor(centre(patch, from, to)) - 1;
    return Math.max(0, Math.min(from - 1, first + tap));
  }

  /** Keys' cubic convolution of the distance. */
  private static double weight(int patch, int tap, int from, int to) {
    double centre = centre(patch, from, to);
    double x = Math.abs(centre - (Math.floor(centre) - 1 + tap));
    return x <= 1 ? ((A + 2) * x - (A + 3)) * x * x + 1 : ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
  }
}
