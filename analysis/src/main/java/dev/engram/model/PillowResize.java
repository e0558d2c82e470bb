package dev.engram.model;

import java.awt.image.BufferedImage;

/**
 * Pillow's bicubic resize (Resample.c, 8 bits a channel), bit for bit: an antialiased filter in two
 * passes, rounded to 8 bits after each. CLIP was trained on images scaled so; every other resize of
 * Java tried differs by 56 grey levels and more.
 */
public final class PillowResize {
  private static final double A = -0.5;
  private static final double SUPPORT = 2;

  /** Weights are integers of this many fractional bits. */
  private static final int PRECISION = 32 - 8 - 2;

  private PillowResize() {}

  /**
   * Scales the shorter side to a length, the longer one to ⌊length · longer / shorter⌋, and cuts a
   * square from the centre. Only what lies in the square is computed.
   *
   * @param image any size
   * @param shorter length of the shorter side after scaling
   * @param crop side of the square, at most {@code shorter}; it begins at ⌊(length − crop) / 2⌋
   * @return crop × crop pixels, {@link BufferedImage#TYPE_INT_RGB}
   */
  public static BufferedImage centre(BufferedImage image, int shorter, int crop) {
    if (crop < 1 || crop > shorter) {
      throw new IllegalArgumentException(
          "a square of side %d cannot be cut from a side of %d".formatted(crop, shorter));
    }
    int w = image.getWidth();
    int h = image.getHeight();
    long width = w <= h ? shorter : (long) shorter * w / h;
    long height = h <= w ? shorter : (long) shorter * h / w;
    return window(image, width, height, (width - crop) / 2, (height - crop) / 2, crop, crop);
  }

  /**
   * Scales to any size.
   *
   * @return width × height pixels, {@link BufferedImage#TYPE_INT_RGB}
   */
  public static BufferedImage resize(BufferedImage image, int width, int height) {
    return window(image, width, height, 0, 0, width, height);
  }

  /** The part of the scaled image that begins at (left, top). */
  private static BufferedImage window(
      BufferedImage image,
      long fullWidth,
      long fullHeight,
      long left,
      long top,
      int width,
      int height) {
    BufferedImage rgb = Rgb.of(image);
    int[] in = Rgb.pixels(rgb);
    int inWidth = rgb.getWidth();
    int inHeight = rgb.getHeight();
    Weights columns = Weights.of(inWidth, fullWidth, left, width);
    Weights rows = Weights.of(inHeight, fullHeight, top, height);

    // Only these rows of the source reach the window.
    int firstRow = rows.first[0];
    int lastRow = rows.first[height - 1] + rows.weights[height - 1].length;
    int[] between = new int[(lastRow - firstRow) * width];
    for (int y = firstRow; y < lastRow; y++) {
      horizontal(in, y * inWidth, columns, between, (y - firstRow) * width);
    }

    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] out = Rgb.pixels(result);
    int[] sums = new int[3 * width];
    for (int y = 0; y < height; y++) {
      vertical(between, (rows.first[y] - firstRow) * width, rows.weights[y], sums, out, y * width);
    }
    return result;
  }

  private static void horizontal(int[] in, int row, Weights columns, int[] out, int o) {
    for (int x = 0; x < columns.first.length; x++) {
      int[] weights = columns.weights[x];
      int i = row + columns.first[x];
      int red = 1 << (PRECISION - 1);
      int green = red;
      int blue = red;
      for (int weight : weights) {
        int pixel = in[i++];
        red += weight * (pixel >> 16 & 255);
        green += weight * (pixel >> 8 & 255);
        blue += weight * (pixel & 255);
      }
      out[o++] = clip(red) << 16 | clip(green) << 8 | clip(blue);
    }
  }

  private static void vertical(
      int[] in, int firstRow, int[] weights, int[] sums, int[] out, int o) {
    int width = sums.length / 3;
    java.util.Arrays.fill(sums, 1 << (PRECISION - 1));
    for (int k = 0; k < weights.length; k++) {
      int weight = weights[k];
      int i = firstRow + k * width;
      for (int x = 0; x < width; x++) {
        int pixel = in[i + x];
        sums[x] += weight * (pixel >> 16 & 255);
        sums[width + x] += weight * (pixel >> 8 & 255);
        sums[2 * width + x] += weight * (pixel & 255);
      }
    }
    for (int x = 0; x < width; x++) {
      out[o + x] = clip(sums[x]) << 16 | clip(sums[width + x]) << 8 | clip(sums[2 * width + x]);
    }
  }

  private static int clip(int sum) {
    return Math.max(0, Math.min(255, sum >> PRECISION));
  }

  /**
   * The filter at each place of the output.
   *
   * @param first (n) index of the first source pixel that counts
   * @param weights (n)(k) weights of it and those after it, in units of 2^−22
   */
  @SuppressWarnings("ArrayRecordComponent") // private, never compared
  private record Weights(int[] first, int[][] weights) {
    /**
     * @param in source length
     * @param out length of the whole result
     * @param from first place of the result that is wanted
     * @param n number of places wanted
     */
    static Weights of(int in, long out, long from, int n) {
      int[] first = new int[n];
      int[][] weights = new int[n][];
      double scale = (double) in / out;
      double stretch = Math.max(scale, 1);
      double support = SUPPORT * stretch;
      for (int i = 0; i < n; i++) {
        if (in == out) {
          // Pillow leaves out a pass that changes no length; a weight of one does the same.
          first[i] = Math.toIntExact(from + i);
          weights[i] = new int[] {1 << PRECISION};
          continue;
        }
        double centre = (from + i + 0.5) * scale;
        int low = Math.max(0, (int) (centre - support + 0.5));
        int high = Math.min(in, (int) (centre + support + 0.5));
        double[] w = new double[high - low];
        double sum = 0;
        for (int k = 0; k < w.length; k++) {
          w[k] = bicubic((k + low - centre + 0.5) * (1 / stretch));
          sum += w[k];
        }
        int[] fixed = new int[w.length];
        for (int k = 0; k < w.length; k++) {
          double v = (sum != 0 ? w[k] / sum : w[k]) * (1 << PRECISION);
          fixed[k] = (int) (v < 0 ? v - 0.5 : v + 0.5);
        }
        first[i] = low;
        weights[i] = fixed;
      }
      return new Weights(first, weights);
    }

    private static double bicubic(double distance) {
      double x = Math.abs(distance);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  }
}
