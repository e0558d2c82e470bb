package dev.engram;

/** Float64 arithmetic on Java arrays, for the few numbers that are not worth a native call. */
public final class Vectors {
  private Vectors() {}

  /** a · b of two vectors of one length. */
  public static double dot(float[] a, float[] b) {
    return dot(a, 0, b);
  }

  /** The product of b with as many elements of a, from an offset on. */
  public static double dot(float[] a, int offset, float[] b) {
    double s = 0;
    for (int i = 0; i < b.length; i++) {
      s += (double) a[offset + i] * b[i];
    }
    return s;
  }

  /** ‖·‖² of n elements, from an offset on. */
  public static double squares(float[] a, int offset, int n) {
    double s = 0;
    for (int i = offset; i < offset + n; i++) {
      s += (double) a[i] * a[i];
    }
    return s;
  }

  /** a / ‖a‖, a new array. */
  public static float[] unit(float[] a) {
    double norm = Math.sqrt(squares(a, 0, a.length));
    float[] u = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      u[i] = (float) (a[i] / norm);
    }
    return u;
  }
}
