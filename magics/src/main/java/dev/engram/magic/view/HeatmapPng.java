package dev.engram.magic.view;

import dev.engram.magic.draw.ColorMap;
import dev.engram.magic.draw.Png;
import java.awt.image.BufferedImage;

/**
 * Draws a heatmap over a picture, as a PNG that shows on any page. The more of the neuron there is
 * at a place, the more opaque its colour, so that the picture stays readable where there is none.
 */
public final class HeatmapPng {
  /** Opacity where the map is 0 and where it is 1. */
  private static final double FAINTEST = 0.25;

  private static final double STRONGEST = 0.75;

  private HeatmapPng() {}

  /**
   * @param picture what lies under the heatmap
   * @param map rows of values in [0, 1], stretched over the picture; NaN counts as 0
   * @return PNG, as large as the picture
   */
  public static byte[] over(BufferedImage picture, double[][] map) {
    return Png.of(overlay(picture, map));
  }

  /**
   * @param picture what lies under the heatmap
   * @param map rows of values in [0, 1], stretched over the picture; NaN counts as 0
   * @return a new picture, as large as the picture
   */
  public static BufferedImage overlay(BufferedImage picture, double[][] map) {
    if (map.length == 0 || map[0].length == 0) {
      throw new IllegalArgumentException("the map is empty, expected rows of values");
    }
    int width = picture.getWidth();
    int height = picture.getHeight();
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      double[] row = map[y * map.length / height];
      for (int x = 0; x < width; x++) {
        double value = row[x * row.length / width];
        value = Double.isNaN(value) ? 0 : Math.min(1, Math.max(0, value));
        out.setRGB(x, y, blend(picture.getRGB(x, y), ColorMap.rgb(value), value));
      }
    }
    return out;
  }

  private static int blend(int below, int above, double value) {
    double alpha = FAINTEST + (STRONGEST - FAINTEST) * value;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = below >> shift & 0xff;
      int b = above >> shift & 0xff;
      rgb |= (int) Math.round(a + alpha * (b - a)) << shift;
    }
    return rgb;
  }
}
