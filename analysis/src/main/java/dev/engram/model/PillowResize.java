package dev.engram.model;

import dev.engram.Progress;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/**
 * Pillow's resize (Resample.c, 8 bits a channel), bit for bit: an antialiased filter in two passes,
 * rounded to 8 bits after each. CLIP was trained on images scaled so; every other resize of Java
 * tried differs by 56 grey levels and more.
 *
 * <p>The horizontal pass comes first, except where the height shrinks by more than twice as many
 * pixels as the width: there Pillow 13 begins with the vertical one, and Pillow 12 and older differ
 * by one grey level in some pixels. With CLIP's sizes that means pictures more than twice as high
 * as wide.
 */
public final class PillowResize {
  /** Weights are integers of this many fractional bits. */
  private static final int PRECISION = 32 - 8 - 2;

  private static final int HALF = 1 << (PRECISION - 1);

  private PillowResize() {}

  /**
   * Scales the shorter side to a length, the longer one to ⌊length · longer / shorter⌋, and cuts a
   * square from the centre. Only what lies in the square is computed.
   *
   * @param image any size
   * @param shorter length of the shorter side after scaling
   * @param crop side of the square, at most {@code shorter}
   * @param rule where it begins
   * @return crop × crop pixels, {@link BufferedImage#TYPE_INT_RGB}
   */
  public static BufferedImage centre(
      BufferedImage image, int shorter, int crop, CropRule rule, ResizeFilter filter) {
    if (crop < 1 || crop > shorter) {
      throw new IllegalArgumentException(
          "a square of side %d cannot be cut from a side of %d".formatted(crop, shorter));
    }
    int w = image.getWidth();
    int h = image.getHeight();
    long width = w <= h ? shorter : (long) shorter * w / h;
    long height = h <= w ? shorter : (long) shorter * h / w;
    return window(
        image,
        width,
        height,
        rule.start(width, crop),
        rule.start(height, crop),
        crop,
        crop,
        filter);
  }

  /**
   * Scales to any size.
   *
   * @return width × height pixels, {@link BufferedImage#TYPE_INT_RGB}
   */
  public static BufferedImage resize(
      BufferedImage image, int width, int height, ResizeFilter filter) {
    return window(image, width, height, 0, 0, width, height, filter);
  }

  /** The part of the scaled image that begins at (left, top). */
  private static BufferedImage window(
      BufferedImage image,
      long fullWidth,
      long fullHeight,
      long left,
      long top,
      int width,
      int height,
      ResizeFilter filter) {
    BufferedImage rgb = Rgb.of(image);
    int[] in = Rgb.pixels(rgb);
    int inWidth = rgb.getWidth();
    int inHeight = rgb.getHeight();
    Weights columns = Weights.of(inWidth, fullWidth, left, width, filter);
    Weights rows = Weights.of(inHeight, fullHeight, top, height, filter);
    long lower = inHeight - fullHeight;
    int[] scaled;
    if (lower > 0 && lower > 2 * (inWidth - fullWidth)) {
      int[] between = vertical(in, columns.from(), inWidth, columns.span(), rows);
      scaled = horizontal(between, -columns.from(), columns.span(), height, columns);
    } else {
      int[] between = horizontal(in, rows.from() * inWidth, inWidth, rows.span(), columns);
      scaled = vertical(between, -rows.from() * width, width, width, rows);
    }
    BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    System.arraycopy(scaled, 0, Rgb.pixels(result), 0, scaled.length);
    return result;
  }

  /**
   * @param in pixel (x, y) lies at offset + y · stride + x
   * @return (height, columns) pixels
   */
  private static int[] horizontal(int[] in, int offset, int stride, int height, Weights columns) {
    int width = columns.first.length;
    int[] out = new int[height * width];
    for (int y = 0, o = 0; y < height; y++) {
      Progress.checkInterrupt();
      for (int x = 0; x < width; x++) {
        int i = offset + y * stride + columns.first[x];
        int red = HALF;
        int green = HALF;
        int blue = HALF;
        for (int weight : columns.weights[x]) {
          int pixel = in[i++];
          red += weight * (pixel >> 16 & 255);
          green += weight * (pixel >> 8 & 255);
          blue += weight * (pixel & 255);
        }
        out[o++] = clip(red) << 16 | clip(green) << 8 | clip(blue);
      }
    }
    return out;
  }

  /**
   * @param in pixel (x, y) lies at offset + y · stride + x
   * @return (rows, width) pixels
   */
  private static int[] vertical(int[] in, int offset, int stride, int width, Weights rows) {
    int height = rows.first.length;
    int[] out = new int[height * width];
    int[] sums = new int[3 * width];
    for (int y = 0; y < height; y++) {
      Progress.checkInterrupt();
      Arrays.fill(sums, HALF);
      int i = offset + rows.first[y] * stride;
      for (int weight : rows.weights[y]) {
        for (int x = 0; x < width; x++) {
          int pixel = in[i + x];
          sums[x] += weight * (pixel >> 16 & 255);
          sums[width + x] += weight * (pixel >> 8 & 255);
          sums[2 * width + x] += weight * (pixel & 255);
        }
        i += stride;
      }
      for (int x = 0; x < width; x++) {
        out[y * width + x] =
            clip(sums[x]) << 16 | clip(sums[width + x]) << 8 | clip(sums[2 * width + x]);
      }
    }
    return out;
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
    /** The first source pixel that reaches any place. */
    int from() {
      return first[0];
    }

    /** How many source pixels, from the first one on, reach any place. */
    int span() {
      int last = first.length - 1;
      return first[last] + weights[last].length - first[0];
    }

    /**
     * @param in source length
     * @param out length of the whole result
     * @param from first place of the result that is wanted
     * @param n number of places wanted
     */
    static Weights of(int in, long out, long from, int n, ResizeFilter filter) {
      int[] first = new int[n];
      int[][] weights = new int[n][];
      double scale = (double) in / out;
      double stretch = Math.max(scale, 1);
      double support = filter.support() * stretch;
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
          w[k] = filter.at((k + low - centre + 0.5) * (1 / stretch));
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
  }
}
