package dev.engram.magic.view;

import java.awt.image.BufferedImage;

/**
 * Draws the shares of patches over a picture in the colours of the explorer: orange to red drives
 * the neuron, blue pulls it down, nothing is clear. All pictures of a neuron share one scale.
 */
public final class SharePng {
  private static final int[][] DRIVES = {{255, 160, 20}, {200, 16, 40}};
  private static final int[][] PULLS_DOWN = {{96, 150, 240}, {22, 62, 170}};
  private static final double MOST_OPAQUE = 0.92;
  private static final double WASH = 0.5;

  private SharePng() {}

  /**
   * A picture under its shares.
   *
   * @param picture what lies under them; as large as the map
   * @param map a share for each pixel, row-major
   * @param scale the share that is drawn strongest; 0 draws nothing
   * @return a new picture
   */
  public static BufferedImage overlay(BufferedImage picture, double[] map, double scale) {
    int width = picture.getWidth();
    BufferedImage out = new BufferedImage(width, picture.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < map.length; i++) {
      double share = scale > 0 ? Math.max(-1, Math.min(1, map[i] / scale)) : 0;
      int x = i % width;
      int y = i / width;
      out.setRGB(x, y, blend(picture.getRGB(x, y), share));
    }
    return out;
  }

  /** The picture loses its colours, of which red and blue would be taken for shares. */
  private static int blend(int below, double share) {
    double grey = 0.3 * (below >> 16 & 0xff) + 0.59 * (below >> 8 & 0xff) + 0.11 * (below & 0xff);
    double washed = grey * (1 - WASH) + 255 * WASH;
    double s = Math.abs(share);
    int[][] ends = share < 0 ? PULLS_DOWN : DRIVES;
    double alpha = MOST_OPAQUE * Math.pow(s, 0.6);
    int rgb = 0;
    for (int c = 0; c < 3; c++) {
      double colour = ends[0][c] + (ends[1][c] - ends[0][c]) * s;
      rgb = rgb << 8 | (int) Math.round(washed + alpha * (colour - washed));
    }
    return rgb;
  }
}
