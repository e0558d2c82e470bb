package dev.engram.dissect;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Arithmetic on maps of an image: upsampling, scaling, and the pixels with the highest values. All
 * arrays are square and row-major.
 */
public final class Maps {
  private Maps() {}

  /**
   * Bilinear, pixel centres aligned, edges clamped (align_corners=False). Written out: frameworks'
   * own differ by one ulp at the far edge, and deletion cuts fall on exact ties there.
   *
   * @param map (side²)
   * @param size of the result
   * @return (size²)
   */
  public static double[] bilinear(double[] map, int side, int size) {
    double[] out = new double[size * size];
    for (int i = 0; i < size; i++) {
      double y = source(i, side, size);
      int y0 = (int) y;
      int y1 = Math.min(y0 + 1, side - 1);
      double fy = y - y0;
      for (int j = 0; j < size; j++) {
        double x = source(j, side, size);
        int x0 = (int) x;
        int x1 = Math.min(x0 + 1, side - 1);
        double fx = x - x0;
        double top = map[y0 * side + x0] * (1 - fx) + map[y0 * side + x1] * fx;
        double bottom = map[y1 * side + x0] * (1 - fx) + map[y1 * side + x1] * fx;
        out[i * size + j] = top * (1 - fy) + bottom * fy;
      }
    }
    return out;
  }

  private static double source(int i, int side, int size) {
    return Math.min(Math.max((i + 0.5) * side / size - 0.5, 0), side - 1);
  }

  /** The map with every pixel that of its patch. */
  public static double[] nearest(double[] map, int side, int size) {
    double[] out = new double[size * size];
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        out[i * size + j] = map[(i * side / size) * side + j * side / size];
      }
    }
    return out;
  }

  /** The map scaled to [0, 1]; all 0 if it is constant. */
  public static double[] minMax(double[] map) {
    double min = Arrays.stream(map).min().orElse(0);
    double max = Arrays.stream(map).max().orElse(0);
    return Arrays.stream(map).map(v -> max > min ? (v - min) / (max - min) : 0).toArray();
  }

  /**
   * The pixels that a deletion experiment masks (Table 2).
   *
   * @param map importance of each pixel
   * @param fraction of the pixels, 0 to 1
   * @return true for the ⌊fraction · n + ½⌋ highest; of equal ones the first
   */
  public static boolean[] highest(double[] map, double fraction) {
    boolean[] mask = new boolean[map.length];
    IntStream.range(0, map.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -map[i]))
        .limit((long) Math.floor(fraction * map.length + 0.5))
        .forEach(i -> mask[i] = true);
    return mask;
  }
}
