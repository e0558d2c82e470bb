package dev.engram.edit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ways to invert C agree with each other and with the textbook. */
class BackgroundKeysTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 95, 96, 97, 193, 500})
  void squareAndBlockedCholeskyAgreeWithTheTextbook(int n) {
    Random random = new Random(n);
    int m = 3;
    double[] g = random.doubles((long) n * n, -1, 1).toArray();
    double[] a = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        a[i * n + j] = i == j ? 0.5 : 0;
        for (int k = 0; k < n; k++) {
          a[i * n + j] += g[i * n + k] * g[j * n + k];
        }
      }
    }
    double[] b = random.doubles((long) n * m, -1, 1).toArray();
    double[] expected = textbook(a.clone(), b.clone(), n, m);
    try (NDManager scope = NDManager.newBaseManager("PyTorch")) {
      NDArray square = Cholesky.lowerSquare(scope.create(g, new Shape(n, n)));
      NDArray ridge = scope.eye(n, n, 0, DataType.FLOAT64).mul(0.5);
      Cholesky decomposed = Cholesky.of(square.add(ridge));
      for (int c = 0; c < m; c++) {
        double[] column = new double[n];
        for (int i = 0; i < n; i++) {
          column[i] = b[i * m + c];
        }
        double[] x = decomposed.solve(column);
        for (int i = 0; i < n; i++) {
          double e = expected[i * m + c];
          assertEquals(e, x[i], 1e-10 * (1 + Math.abs(e)));
        }
      }
    }
  }

  /** Column by column: L Lᵀ = A, L y = b, Lᵀ x = y. */
  private static double[] textbook(double[] a, double[] b, int n, int m) {
    for (int j = 0; j < n; j++) {
      for (int i = j; i < n; i++) {
        double s = a[i * n + j];
        for (int k = 0; k < j; k++) {
          s -= a[i * n + k] * a[j * n + k];
        }
        a[i * n + j] = i == j ? Math.sqrt(s) : s / a[j * n + j];
      }
    }
    for (int c = 0; c < m; c++) {
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
          b[i * m + c] -= a[i * n + k] * b[k * m + c];
        }
        b[i * m + c] /= a[i * n + i];
      }
      for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) {
          b[i * m + c] -= a[k * n + i] * b[k * m + c];
        }
        b[i * m + c] /= a[i * n + i];
      }
    }
    return b;
  }

  @Test
  void whatIsNotPositiveDefiniteIsRefused() {
    try (NDManager scope = NDManager.newBaseManager("PyTorch")) {
      NDArray a = scope.create(new double[] {1, 2, 2, 1}, new Shape(2, 2));
      Refusal.holds(() -> Cholesky.of(a), "larger ridge");
    }
  }

  @Test
  void bothWaysAgreeAndTheCheaperIsTaken() {
    Random random = new Random(3);
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      int side = clip.config().imageSize();
      List<float[]> noise =
          Stream.generate(
                  () -> {
                    float[] p = new float[3 * side * side];
                    for (int i = 0; i < p.length; i++) {
                      p[i] = (float) random.nextGaussian();
                    }
                    return p;
                  })
              .limit(30)
              .toList();
      Weight w = Weight.values(Neuron.Block.FFN, 1);
      int arrays = clip.manager().getManagedArrays().size();
      BackgroundKeys few =
          Objects.requireNonNull(
              BackgroundKeys.of(clip, List.of(w), noise, Tokens.CLASS, Progress.NONE).get(w));
      BackgroundKeys many =
          Objects.requireNonNull(
              BackgroundKeys.of(clip, List.of(w), noise, Tokens.ALL, Progress.NONE).get(w));
      assertEquals(30, few.count());
      assertEquals(30 * (clip.config().patches() + 1), many.count());
      assertEquals(BackgroundKeys.Solver.WOODBURY, few.cheaper());
      assertEquals(BackgroundKeys.Solver.CHOLESKY, many.cheaper());
      double[][] vectors = new double[2][w.columns(clip.config().vision())];
      for (double[] v : vectors) {
        Arrays.setAll(v, i -> random.nextGaussian());
      }
      double[][] a = few.solve(vectors, 1e-2, BackgroundKeys.Solver.CHOLESKY);
      double[][] b = few.solve(vectors, 1e-2, BackgroundKeys.Solver.WOODBURY);
      for (int j = 0; j < a.length; j++) {
        double largest = Arrays.stream(a[j]).map(Math::abs).max().getAsDouble();
        assertArrayEquals(a[j], b[j], 1e-9 * largest); // as edits are held to the reference
      }
      double[][] other = few.solve(vectors, 1, BackgroundKeys.Solver.WOODBURY);
      assertNotEquals(b[0][0], other[0][0], "what was decomposed for another ridge is not taken");
      assertArrayEquals(b[0], few.solve(vectors, 1e-2, BackgroundKeys.Solver.WOODBURY)[0]);
      assertEquals(arrays, clip.manager().getManagedArrays().size());
      Refusal.holds(() -> many.solve(vectors, 1e-2, BackgroundKeys.Solver.WOODBURY), "fewer keys");
      Refusal.holds(() -> few.solve(vectors, 0, BackgroundKeys.Solver.AUTO), "above 0");
      Refusal.holds(
          () -> BackgroundKeys.of(clip, List.of(w), List.of(), Tokens.ALL, Progress.NONE),
          "background images");
    }
  }
}
