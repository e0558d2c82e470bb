package dev.engram.atlas;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The largest values of every neuron and what they belong to, the largest first. Of equal values
 * the one with the smaller number comes first, so the order in which they are added does not
 * matter.
 */
final class TopLists {
  private final int length;
  private final double[] values; // (neurons, length), descending
  private final int[] owners; // (neurons, length); −1 where a list is shorter
  private final double @Nullable [] beside; // (neurons, length)

  private TopLists(int neurons, int length, boolean hasBeside) {
    this.length = length;
    beside = hasBeside ? new double[neurons * length] : null;
    values = new double[neurons * length];
    owners = new int[neurons * length];
    Arrays.fill(values, Double.NEGATIVE_INFINITY);
    Arrays.fill(owners, -1);
  }

  static TopLists of(int neurons, int length) {
    return new TopLists(neurons, length, false);
  }

  /** Lists that keep a second number beside each value. */
  static TopLists withBeside(int neurons, int length) {
    return new TopLists(neurons, length, true);
  }

  void add(int neuron, double value, int owner) {
    add(neuron, value, owner, Double.NaN);
  }

  /**
   * @param value not NaN
   * @param owner a number from 0 that comes once in a list
   * @param second kept beside it, where these lists keep one
   */
  void add(int neuron, double value, int owner, double second) {
    int first = neuron * length;
    int at = first + length;
    while (at > first && isBefore(value, owner, at - 1)) {
      at--;
    }
    int end = first + length - 1;
    if (at <= end) {
      System.arraycopy(values, at, values, at + 1, end - at);
      System.arraycopy(owners, at, owners, at + 1, end - at);
      values[at] = value;
      owners[at] = owner;
      if (beside != null) {
        System.arraycopy(beside, at, beside, at + 1, end - at);
        beside[at] = second;
      }
    }
  }

  private boolean isBefore(double value, int owner, int at) {
    return value > values[at] || owners[at] < 0 || (value == values[at] && owner < owners[at]);
  }

  /** Adds the lists of others. */
  void add(TopLists other) {
    for (int at = 0; at < owners.length; at++) {
      if (other.owners[at] >= 0) {
        double second = other.beside == null ? Double.NaN : other.beside[at];
        add(at / length, other.values[at], other.owners[at], second);
      }
    }
  }

  /** How many a neuron has. */
  int size(int neuron) {
    int size = 0;
    while (size < length && owners[neuron * length + size] >= 0) {
      size++;
    }
    return size;
  }

  double value(int neuron, int rank) {
    return values[neuron * length + rank];
  }

  int owner(int neuron, int rank) {
    return owners[neuron * length + rank];
  }

  /** What is kept beside it; NaN where nothing is. */
  double beside(int neuron, int rank) {
    return beside == null ? Double.NaN : beside[neuron * length + rank];
  }

  void write(DataOutput out) throws IOException {
    for (int i = 0; i < owners.length; i++) {
      out.writeInt(owners[i]);
      out.writeDouble(values[i]);
      if (beside != null) {
        out.writeDouble(beside[i]);
      }
    }
  }

  void read(DataInput in) throws IOException {
    for (int i = 0; i < owners.length; i++) {
      owners[i] = in.readInt();
      values[i] = in.readDouble();
      if (beside != null) {
        beside[i] = in.readDouble();
      }
    }
  }
}
