package dev.engram;

/** The cosine between embeddings, in float64 whatever they were computed in. */
public final class Cosine {
  private Cosine() {}

  /**
   * @param a one vector
   * @param b another of the same length
   * @return a · b / (‖a‖ ‖b‖)
   */
  public static double of(float[] a, float[] b) {
    return ofRow(a, 0, b);
  }

  /**
   * @param rows row-major (n, D)
   * @param b (D)
   * @return the cosine of each row with b (n)
   */
  public static double[] ofRows(float[] rows, float[] b) {
    double[] out = new double[rows.length / b.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = ofRow(rows, i * b.length, b);
    }
    return out;
  }

  private static double ofRow(float[] a, int offset, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < b.length; i++) {
      double x = a[offset + i];
      ab += x * b[i];
      aa += x * x;
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }
}
