package dev.engram.model;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;

/**
 * How a checkpoint keeps a tensor: under which name, and what makes it the one that is asked for.
 *
 * @param name in the file
 * @param transposed (in, out) instead of (out, in)
 * @param third which third of the rows, for the joint W_q, W_k, W_v; -1 for all of it
 * @param ones leading dimensions of 1 that it has there
 * @param absent not stored because it is 0, as b_k of EVA-CLIP
 * @param scale the tensor by whose entries its rows are multiplied, as layer scale; "" for none
 */
record StoredTensor(
    String name, boolean transposed, int third, int ones, boolean absent, String scale) {
  static StoredTensor whole(String name) {
    return new StoredTensor(name, false, -1, 0, false, "");
  }

  static StoredTensor transposed(String name) {
    return new StoredTensor(name, true, -1, 0, false, "");
  }

  static StoredTensor third(String name, int third) {
    return new StoredTensor(name, false, third, 0, false, "");
  }

  static StoredTensor withOnes(String name, int ones) {
    return new StoredTensor(name, false, -1, ones, false, "");
  }

  /** Its rows, or its entries, are multiplied with those of another tensor. */
  static StoredTensor scaled(String name, String scale) {
    return new StoredTensor(name, false, -1, 0, false, scale);
  }

  static StoredTensor absent(String name) {
    return new StoredTensor(name, false, -1, 0, true, "");
  }

  /**
   * @param stored the shape in the file
   * @return the shape of what is asked for
   */
  long[] shape(long[] stored) {
    long[] shape = stored.clone();
    if (third >= 0 && shape.length > 0) {
      shape[0] /= 3;
    }
    if (ones > 0 && shape.length > ones) {
      return Arrays.copyOfRange(shape, ones, shape.length);
    }
    return transposed && shape.length == 2 ? new long[] {shape[1], shape[0]} : shape;
  }

  /**
   * @param asked the shape of what is asked for
   * @return the shape that it must have in the file
   */
  long[] storedShape(long[] asked) {
    if (ones > 0) {
      long[] wanted = new long[ones + asked.length];
      Arrays.fill(wanted, 0, ones, 1);
      System.arraycopy(asked, 0, wanted, ones, asked.length);
      return wanted;
    }
    if (transposed) {
      return new long[] {asked[1], asked[0]};
    }
    long[] wanted = asked.clone();
    if (third >= 0) {
      wanted[0] *= 3;
    }
    return wanted;
  }

  /**
   * @param stored as it lies in the file; closed if it is not the result
   * @param asked the shape of what is asked for
   * @return of the same owner
   */
  NDArray of(NDArray stored, long[] asked) {
    if (ones > 0) {
      // A copy: a view would lie in the file's mapping, which goes with the array that is closed.
      try (stored;
          NDArray view = stored.reshape(asked)) {
        return view.duplicate();
      }
    }
    if (third < 0 && !transposed) {
      return stored;
    }
    try (stored;
        NDArray part =
            third < 0
                ? stored.transpose()
                : stored.get(third * asked[0] + ":" + (third + 1) * asked[0])) {
      // A copy row by row: duplicate() would keep the strides of a transposed view.
      try (NDArray flat = part.reshape(-1);
          NDArray rows = flat.duplicate()) {
        return rows.reshape(asked);
      }
    }
  }
}
