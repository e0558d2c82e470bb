package dev.engram.dissect;

import dev.engram.Progress;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Orthogonal matching pursuit over a dictionary, for many targets at once (Sec. 3.3, A.2; as
 * scikit-learn's {@code orthogonal_mp}). The correlations of all residuals are one matrix product
 * in float32; the fit and the residual are float64.
 */
public final class MatchingPursuit {
  /** Smallest pivot: an atom closer than this to the span of the others adds nothing. */
  private static final double DEPENDENT = 1e-10;

  /** Smallest correlation of a residual that is still more than rounding. */
  private static final double EXHAUSTED = 1e-7;

  private final WordDictionary dictionary;

  /**
   * @param dictionary the atoms
   */
  public MatchingPursuit(WordDictionary dictionary) {
    this.dictionary = dictionary;
  }

  /**
   * A sparse code: Σ_i coefficients[i] · atom(indices[i]) ≈ target.
   *
   * @param indices of the atoms, in the order of their selection
   * @param coefficients of the least-squares fit, may be negative
   * @param residual length of what is left of the target
   */
  public record Code(int[] indices, double[] coefficients, double residual) {}

  /**
   * @param targets (n, D)
   * @param atoms most atoms of a code
   * @return a code for each target; it has fewer atoms when the target is spanned by them
   */
  public Code[] solve(double[][] targets, int atoms, Progress progress) {
    int n = targets.length;
    State[] states = new State[n];
    for (int i = 0; i < n; i++) {
      states[i] = new State(targets[i], atoms);
    }
    for (int step = 0; step < atoms; step++) {
      progress.step("finding words", step, atoms);
      float[][] residuals = new float[n][];
      for (int i = 0; i < n; i++) {
        residuals[i] = states[i].residualFloats();
      }
      int[] best = dictionary.mostCorrelated(residuals);
      float[][] vectors = dictionary.embeddings(best);
      // Each target has a state of its own; the fit of many in float64 would else cost a tenth.
      IntStream.range(0, n).parallel().forEach(i -> states[i].add(best[i], vectors[i]));
    }
    progress.step("finding words", atoms, atoms);
    return Arrays.stream(states).map(State::code).toArray(Code[]::new);
  }

  /** One target and its code so far. */
  private static final class State {
    private final double[] target;
    private final double[] residual;
    private final int[] indices;
    private final double[][] chosen;
    private final double[][] lower; // Cholesky factor of the atoms' inner products
    private final double[] products; // atom · target
    private double[] coefficients = new double[0];
    private int size;
    private boolean done;

    State(double[] target, int atoms) {
      this.target = target;
      residual = target.clone();
      indices = new int[atoms];
      chosen = new double[atoms][];
      lower = new double[atoms][atoms];
      products = new double[atoms];
    }

    private boolean holds(int index) {
      for (int i = 0; i < size; i++) {
        if (indices[i] == index) {
          return true;
        }
      }
      return false;
    }

    float[] residualFloats() {
      float[] r = new float[residual.length];
      for (int i = 0; i < r.length; i++) {
        r[i] = (float) residual[i];
      }
      return r;
    }

    void add(int best, float[] vector) {
      double[] a = new double[vector.length];
      for (int j = 0; j < a.length; j++) {
        a[j] = vector[j];
      }
      if (done || holds(best) || Math.abs(dot(a, residual)) <= EXHAUSTED) {
        done = true;
        return;
      }
      double pivot = dot(a, a);
      for (int i = 0; i < size; i++) {
        double s = dot(a, chosen[i]);
        for (int j = 0; j < i; j++) {
          s -= lower[size][j] * lower[i][j];
        }
        lower[size][i] = s / lower[i][i];
        pivot -= lower[size][i] * lower[size][i];
      }
      if (pivot <= DEPENDENT) {
        done = true;
        return;
      }
      lower[size][size] = Math.sqrt(pivot);
      indices[size] = best;
      chosen[size] = a;
      products[size] = dot(a, target);
      size++;
      fit();
    }

    /** Least squares over the chosen atoms: two triangular solves. */
    private void fit() {
      double[] y = new double[size];
      for (int i = 0; i < size; i++) {
        double s = products[i];
        for (int j = 0; j < i; j++) {
          s -= lower[i][j] * y[j];
        }
        y[i] = s / lower[i][i];
      }
      coefficients = new double[size];
      for (int i = size - 1; i >= 0; i--) {
        double s = y[i];
        for (int j = i + 1; j < size; j++) {
          s -= lower[j][i] * coefficients[j];
        }
        coefficients[i] = s / lower[i][i];
      }
      System.arraycopy(target, 0, residual, 0, target.length);
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < residual.length; j++) {
          residual[j] -= coefficients[i] * chosen[i][j];
        }
      }
    }

    Code code() {
      return new Code(
          Arrays.copyOf(indices, size), coefficients.clone(), Math.sqrt(dot(residual, residual)));
    }

    /** In four sums: a single one would wait for each addition before the next. */
    private static double dot(double[] a, double[] b) {
      double s0 = 0;
      double s1 = 0;
      double s2 = 0;
      double s3 = 0;
      int i = 0;
      for (; i + 4 <= a.length; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
      }
      for (; i < a.length; i++) {
        s0 += a[i] * b[i];
      }
      return (s0 + s1) + (s2 + s3);
    }
  }
}
