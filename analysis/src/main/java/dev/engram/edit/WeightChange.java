package dev.engram.edit;

import java.util.stream.IntStream;

/** What an edit does to one weight: exact and repeatable, in float64 where it computes. */
public sealed interface WeightChange {
  /**
   * @param before the values from which the change was computed, row-major (rows, columns)
   * @return the values after it, a new array
   */
  float[] applyTo(float[] before, int rows, int columns);

  /**
   * W + left · right.
   *
   * @param rank inner size, from 1
   * @param left row-major (rows, rank)
   * @param right row-major (rank, columns)
   */
  record LowRank(int rank, double[] left, double[] right) implements WeightChange {
    @Override
    public float[] applyTo(float[] before, int rows, int columns) {
      if (left.length != rows * rank || right.length != rank * columns) {
        throw misfit(rows, columns, left.length + " and " + right.length + " factors");
      }
      float[] after = new float[before.length];
      IntStream.range(0, rows).parallel().forEach(i -> change(before, after, i, columns));
      return after;
    }

    private void change(float[] before, float[] after, int i, int columns) {
      double[] row = new double[columns];
      for (int r = 0; r < rank; r++) {
        double a = left[i * rank + r];
        for (int j = 0; j < columns; j++) {
          row[j] += a * right[r * columns + j];
        }
      }
      for (int j = 0; j < columns; j++) {
        after[i * columns + j] = (float) (before[i * columns + j] + row[j]);
      }
    }
  }

  /**
   * Columns set to 0: the value vectors of removed neurons.
   *
   * @param which indices of columns, from 0
   */
  record ZeroColumns(int[] which) implements WeightChange {
    @Override
    public float[] applyTo(float[] before, int rows, int columns) {
      float[] after = before.clone();
      for (int j : which) {
        if (j < 0 || j >= columns) {
          throw misfit(rows, columns, "column " + j);
        }
        for (int i = 0; i < rows; i++) {
          after[i * columns + j] = 0;
        }
      }
      return after;
    }
  }

  /**
   * Other values altogether.
   *
   * @param values all of them, row-major
   */
  record Values(float[] values) implements WeightChange {
    @Override
    public float[] applyTo(float[] before, int rows, int columns) {
      if (values.length != rows * columns) {
        throw misfit(rows, columns, values.length + " values");
      }
      return values.clone();
    }
  }

  private static IllegalArgumentException misfit(int rows, int columns, String got) {
    return new IllegalArgumentException(
        "a weight of %d x %d cannot take %s".formatted(rows, columns, got));
  }
}
