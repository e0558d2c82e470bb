package dev.engram.attribution;

/** Float64 arithmetic on Java arrays, for the few numbers that are not worth a native call. */
final class Vectors {
  private Vectors() {}

  static double dot(float[] a, int offset, float[] b) {
    double s = 0;
    for (int i = 0; i < b.length; i++) {
      s += (double) a[offset + i] * b[i];
    }
    return s;
  }

  static double squares(float[] a, int offset, int n) {
    double s = 0;
    for (int i = offset; i < offset + n; i++) {
      s += (double) a[i] * a[i];
    }
    return s;
  }

  static float[] unit(float[] a) {
    double norm = Math.sqrt(squares(a, 0, a.length));
    float[] u = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      u[i] = (float) (a[i] / norm);
    }
    return u;
  }
}
