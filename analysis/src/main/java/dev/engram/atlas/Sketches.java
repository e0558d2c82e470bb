package dev.engram.atlas;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Set;

/**
 * A short stand-in of each neuron's coefficients over all images, from which its correlation with
 * any neuron over the same images is estimated: a random projection whose signs belong to the
 * images (a sparse Johnson–Lindenstrauss transform, Kane and Nelson 2014). Each image adds its
 * coefficient, with a sign, to {@value #ROWS} of {@value #WIDTH} sums; of up to {@value #WIDTH}
 * images each has a sum of its own, and nothing is estimated. Sums are integers (a coefficient is
 * cut to a multiple of 2⁻²⁸), so their order does not matter.
 */
final class Sketches {
  /** Numbers of a neuron. */
  static final int WIDTH = 256;

  /** Sums that an image is added to. One alone would take two rare neurons for one too often. */
  static final int ROWS = 16;

  /** What the largest number of a sketch could be: it is kept in 16 bits. */
  static final int UNIT = Short.MAX_VALUE;

  /** A neuron with a smaller deviation is constant: its sums hold little but what was cut off. */
  static final double CONSTANT = 0x1p-20;

  private static final double SCALE = 0x1p28;

  private final int listed;
  private final long[] sums; // (neurons, WIDTH)

  /**
   * @param listed how many images the survey has, with those that cannot be read
   */
  Sketches(int neurons, int listed) {
    this.listed = listed;
    sums = new long[neurons * WIDTH];
  }

  /** Whether correlations of so many images are estimated; else they are those of the images. */
  static boolean isEstimate(long listed) {
    return listed > WIDTH;
  }

  /**
   * @param image its number, from 0
   * @return the sums that it is added to; the complement of one from which it is subtracted
   */
  int[] places(int image) {
    if (!isEstimate(listed)) {
      return new int[] {image};
    }
    int[] places = new int[ROWS];
    for (int row = 0; row < ROWS; row++) {
      long random = mixed(image * (long) ROWS + row);
      int place = row * (WIDTH / ROWS) + (int) (random & (WIDTH / ROWS - 1));
      places[row] = random < 0 ? ~place : place;
    }
    return places;
  }

  /** The output function of SplitMix64 (Steele, Lea and Flood 2014). */
  private static long mixed(long number) {
    long z = (number + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }

  /**
   * @param x of less than 2²⁰, so that 32,768 images could all have the largest
   * @param places of the image
   */
  void add(int neuron, float x, int[] places) {
    long value = (long) (x * SCALE);
    int first = neuron * WIDTH;
    for (int place : places) {
      int sign = place >> 31; // 0, or −1 where the value is subtracted
      sums[first + (place ^ sign)] += (value ^ sign) - sign;
    }
  }

  /** Adds the sketches of other images. */
  void add(Sketches other) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += other.sums[i];
    }
  }

  /**
   * @param unreadable numbers of images that were not added
   * @return the sketch of a neuron whose coefficient is 1 on every image
   */
  int[] ones(Set<Integer> unreadable) {
    int[] ones = new int[WIDTH];
    for (int image = 0; image < listed; image++) {
      if (!unreadable.contains(image)) {
        for (int place : places(image)) {
          ones[place < 0 ? ~place : place] += place < 0 ? -1 : 1;
        }
      }
    }
    return ones;
  }

  /**
   * What is written of a neuron: the sketch of its coefficients less their mean, of the length
   * {@link #UNIT}.
   *
   * @param ones of the same images
   * @return zeros where the coefficients are constant
   */
  short[] centred(int neuron, double mean, double deviation, int[] ones) {
    double[] values = new double[WIDTH];
    double squares = 0;
    for (int i = 0; i < WIDTH; i++) {
      values[i] = sums[neuron * WIDTH + i] / SCALE - mean * ones[i];
      squares += values[i] * values[i];
    }
    short[] out = new short[WIDTH];
    for (int i = 0; i < WIDTH && deviation >= CONSTANT && squares > 0; i++) {
      out[i] = (short) Math.round(values[i] / Math.sqrt(squares) * UNIT);
    }
    return out;
  }

  /**
   * The correlation of two neurons.
   *
   * @return NaN if one of them is constant
   */
  static double correlation(short[] a, short[] b) {
    long dot = 0;
    long aa = 0;
    long bb = 0;
    for (int i = 0; i < WIDTH; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
    }
    return aa == 0 || bb == 0
        ? Double.NaN
        : Math.max(-1, Math.min(1, dot / Math.sqrt(aa * (double) bb)));
  }

  void write(DataOutput out) throws IOException {
    for (long sum : sums) {
      out.writeLong(sum);
    }
  }

  void read(DataInput in) throws IOException {
    for (int i = 0; i < sums.length; i++) {
      sums[i] = in.readLong();
    }
  }
}
