package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import java.util.ArrayList;
import java.util.List;

/**
 * Solves symmetric positive definite systems in float64: a blocked, left-looking Cholesky
 * decomposition whose products are the engine's. The engine itself offers no decomposition to Java.
 */
final class Cholesky {
  /** Columns that are decomposed at once: large enough for fast products, small enough for Java. */
  private static final int BLOCK = 96;

  /** Rows of a square at once: whole blocks, since the corners of these are read above, too. */
  private static final int ROWS = 2 * BLOCK;

  private Cholesky() {}

  /**
   * What {@link #solve} reads of K Kᵀ: its lower half, which is half the work; the rest is 0.
   *
   * @param k (n, m), float64
   * @return (n, n), owned by the manager of k
   */
  static NDArray lowerSquare(NDArray k) {
    int n = (int) k.getShape().get(0);
    int m = (int) k.getShape().get(1);
    NDArray out = k.getManager().zeros(new Shape(n, n), DataType.FLOAT64);
    for (int i = 0; i < n; i += ROWS) {
      Progress.checkInterrupt();
      int end = Math.min(n, i + ROWS);
      try (NDManager step = k.getManager().newSubManager()) {
        NDArray aboveT = part(k, 0, end, 0, m, step).transpose();
        aboveT.attach(step);
        out.set(index(i, end, 0, end), part(k, i, end, 0, m, step).matMul(aboveT));
      }
    }
    return out;
  }

  /**
   * @param a symmetric positive definite (n, n), float64; its lower half is read and overwritten
   * @param b right-hand sides (n, m), float64
   * @return A⁻¹ B (n, m), owned by the manager of b
   * @throws EngramException if A is not positive definite
   */
  static NDArray solve(NDArray a, NDArray b) {
    try (NDManager scope = b.getManager().newSubManager()) {
      List<NDArray> inverses = decompose(a, scope);
      NDArray x = substitute(a, inverses, b, scope);
      x.attach(b.getManager());
      return x;
    }
  }

  /** Puts L with A = L Lᵀ into the lower half; returns the inverses of its diagonal blocks. */
  private static List<NDArray> decompose(NDArray a, NDManager scope) {
    int n = (int) a.getShape().get(0);
    List<NDArray> inverses = new ArrayList<>();
    for (int j = 0; j < n; j += BLOCK) {
      Progress.checkInterrupt();
      int w = Math.min(BLOCK, n - j);
      try (NDManager step = scope.newSubManager()) {
        NDArray panel = part(a, j, n, j, j + w, step);
        if (j > 0) {
          NDArray left = part(a, j, n, 0, j, step);
          NDArray topT = part(a, j, j + w, 0, j, step).transpose();
          topT.attach(step);
          panel = panel.sub(left.matMul(topT));
        }
        NDArray corner = part(panel, 0, w, 0, w, step);
        double[] inverse = inverseOfFactor(corner.toDoubleArray(), w);
        NDArray inv = scope.create(inverse, new Shape(w, w));
        inverses.add(inv);
        NDArray invT = inv.transpose();
        invT.attach(step);
        // L_ij = (A_ij − …) L_jj⁻ᵀ holds for the corner too, up to rounding
        a.set(index(j, n, j, j + w), panel.matMul(invT));
      }
    }
    return inverses;
  }

  /** L y = b, then Lᵀ x = y, block by block. */
  private static NDArray substitute(NDArray l, List<NDArray> inverses, NDArray b, NDManager scope) {
    int n = (int) l.getShape().get(0);
    int m = (int) b.getShape().get(1);
    NDArray x = b.duplicate();
    x.attach(scope);
    for (int i = 0; i < inverses.size(); i++) {
      int j = i * BLOCK;
      int end = Math.min(n, j + BLOCK);
      try (NDManager step = scope.newSubManager()) {
        NDArray rest = part(x, j, end, 0, m, step);
        if (j > 0) {
          rest = rest.sub(part(l, j, end, 0, j, step).matMul(part(x, 0, j, 0, m, step)));
        }
        rest.attach(step);
        x.set(index(j, end, 0, m), part(inverses.get(i), step).matMul(rest));
      }
    }
    for (int i = inverses.size() - 1; i >= 0; i--) {
      int j = i * BLOCK;
      int end = Math.min(n, j + BLOCK);
      try (NDManager step = scope.newSubManager()) {
        NDArray rest = part(x, j, end, 0, m, step);
        if (end < n) {
          NDArray belowT = part(l, end, n, j, end, step).transpose();
          belowT.attach(step);
          rest = rest.sub(belowT.matMul(part(x, end, n, 0, m, step)));
        }
        rest.attach(step);
        NDArray invT = inverses.get(i).transpose();
        invT.attach(step);
        x.set(index(j, end, 0, m), invT.matMul(rest));
      }
    }
    return x;
  }

  /** L⁻¹ of a small symmetric matrix L Lᵀ. */
  private static double[] inverseOfFactor(double[] a, int n) {
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

  /** The whole of an array, so that what is computed from it belongs to the given owner. */
  private static NDArray part(NDArray a, NDManager owner) {
    return part(a, 0, (int) a.getShape().get(0), 0, (int) a.getShape().get(1), owner);
  }
}
