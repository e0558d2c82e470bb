package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;

/**
 * L with A = L Lᵀ of a symmetric positive definite matrix in float64, and what it solves: a
 * blocked, left-looking Cholesky decomposition whose products are the engine's. The engine itself
 * offers no decomposition to Java.
 */
final class Cholesky {
  /** Columns that are decomposed at once: large enough for fast products, small enough for Java. */
  private static final int BLOCK = 96;

  /** Rows of a square that are not halved any more. */
  private static final int ROWS = 2 * BLOCK;

  private final double[] lower; // (n, n), row-major
  private final int n;

  private Cholesky(double[] lower, int n) {
    this.lower = lower;
    this.n = n;
  }

  /**
   * What {@link #of} reads of K Kᵀ: its lower half, which is little more than half the work.
   *
   * @param k (n, m), float64
   * @return (n, n), 0 where it was not computed; owned by the manager of k
   */
  static NDArray lowerSquare(NDArray k) {
    int n = (int) k.getShape().get(0);
    NDArray out = k.getManager().zeros(new Shape(n, n), DataType.FLOAT64);
    square(k, 0, n, out);
    return out;
  }

  /** The rows in halves: the lower one times the upper one, then each by itself. */
  private static void square(NDArray k, int from, int to, NDArray out) {
    Progress.checkInterrupt();
    if (to - from <= ROWS) {
      multiply(k, from, to, from, to, out);
      return;
    }
    int middle = from + (to - from) / 2 / BLOCK * BLOCK; // the corners of whole blocks are read
    multiply(k, middle, to, from, middle, out);
    square(k, from, middle, out);
    square(k, middle, to, out);
  }

  private static void multiply(
      NDArray k, int fromRow, int toRow, int fromColumn, int toColumn, NDArray out) {
    int m = (int) k.getShape().get(1);
    try (NDManager step = k.getManager().newSubManager()) {
      NDArray rightT = part(k, fromColumn, toColumn, 0, m, step).transpose();
      rightT.attach(step);
      out.set(
          index(fromRow, toRow, fromColumn, toColumn),
          part(k, fromRow, toRow, 0, m, step).matMul(rightT));
    }
  }

  /**
   * @param a symmetric positive definite (n, n), float64; its lower half is read and overwritten
   * @throws EngramException if A is not positive definite
   */
  static Cholesky of(NDArray a) {
    int n = (int) a.getShape().get(0);
    for (int j = 0; j < n; j += BLOCK) {
      Progress.checkInterrupt();
      int w = Math.min(BLOCK, n - j);
      try (NDManager step = a.getManager().newSubManager()) {
        NDArray panel = part(a, j, n, j, j + w, step);
        if (j > 0) {
          NDArray left = part(a, j, n, 0, j, step);
          NDArray topT = part(a, j, j + w, 0, j, step).transpose();
          topT.attach(step);
          panel = panel.sub(left.matMul(topT));
        }
        NDArray corner = part(panel, 0, w, 0, w, step);
        double[] inverse = inverseOfFactor(corner.toDoubleArray(), w);
        NDArray invT = step.create(inverse, new Shape(w, w)).transpose();
        invT.attach(step);
        // L_ij = (A_ij − …) L_jj⁻ᵀ holds for the corner too, up to rounding
        a.set(index(j, n, j, j + w), panel.matMul(invT));
      }
    }
    return new Cholesky(a.toDoubleArray(), n);
  }

  /**
   * Decomposes a matrix that is too small for the engine's products to pay.
   *
   * @param a symmetric positive definite (n, n), row-major; its lower half is read
   * @throws EngramException if A is not positive definite
   */
  static Cholesky of(double[] a, int n) {
    double[] lower = a.clone();
    factor(lower, n);
    return new Cholesky(lower, n);
  }

  /**
   * @param b (n)
   * @return A⁻¹ b, by L y = b and Lᵀ x = y
   */
  double[] solve(double[] b) {
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      x[i] = (x[i] - dot(i * n, x, i)) / lower[i * n + i];
    }
    for (int i = n - 1; i >= 0; i--) {
      x[i] /= lower[i * n + i];
      for (int j = 0; j < i; j++) {
        x[j] -= lower[i * n + j] * x[i];
      }
    }
    return x;
  }

  /** In two sums: a single one would wait for each addition before the next. */
  private double dot(int from, double[] x, int count) {
    double even = 0;
    double odd = 0;
    int j = 0;
    for (; j + 2 <= count; j += 2) {
      even += lower[from + j] * x[j];
      odd += lower[from + j + 1] * x[j + 1];
    }
    return even + odd + (j < count ? lower[from + j] * x[j] : 0);
  }

  /** Puts L in the place of the lower half of a small symmetric matrix L Lᵀ. */
  private static void factor(double[] a, int n) {
    for (int j = 0; j < n; j++) {
      double pivot = a[j * n + j];
      for (int k = 0; k < j; k++) {
        pivot -= a[j * n + k] * a[j * n + k];
      }
      if (!(pivot > 0)) {
        throw new EngramException(
            "The keys' matrix C is not positive definite in float64; use a larger ridge.");
      }
      double root = Math.sqrt(pivot);
      a[j * n + j] = root;
      for (int i = j + 1; i < n; i++) {
        double s = a[i * n + j];
        for (int k = 0; k < j; k++) {
          s -= a[i * n + k] * a[j * n + k];
        }
        a[i * n + j] = s / root;
      }
    }
  }

  /** L⁻¹ of a small symmetric matrix L Lᵀ, whose lower half is overwritten with L. */
  private static double[] inverseOfFactor(double[] a, int n) {
    factor(a, n);
    double[] inverse = new double[n * n];
    for (int j = 0; j < n; j++) {
      inverse[j * n + j] = 1 / a[j * n + j];
      for (int i = j + 1; i < n; i++) {
        double s = 0;
        for (int k = j; k < i; k++) {
          s -= a[i * n + k] * inverse[k * n + j];
        }
        inverse[i * n + j] = s / a[i * n + i];
      }
    }
    return inverse;
  }

  private static NDIndex index(int fromRow, int toRow, int fromColumn, int toColumn) {
    return new NDIndex().addSliceDim(fromRow, toRow).addSliceDim(fromColumn, toColumn);
  }

  private static NDArray part(
      NDArray a, int fromRow, int toRow, int fromColumn, int toColumn, NDManager owner) {
    NDArray view = a.get(index(fromRow, toRow, fromColumn, toColumn));
    view.attach(owner);
    return view;
  }
}
