package dev.engram.magic.view;

import dev.engram.magic.draw.Png;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.Arrays;

/** Draws many points as the static picture of a scatter chart, for a page that runs no script. */
public final class PointsPng {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 560;
  private static final int MARGIN = 40;

  private PointsPng() {}

  /**
   * @param title over the chart
   * @param xTitle under it
   * @param yTitle at its left
   * @param x of the points
   * @param y of the points; one unit is as long as one of x
   * @param colours of the points, 0xRRGGBB
   * @return PNG
   */
  public static byte[] draw(
      String title, String xTitle, String yTitle, double[] x, double[] y, int[] colours) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, HEIGHT);
    g.setColor(Color.DARK_GRAY);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    g.drawString(GridPng.clipped(title, g.getFontMetrics(), WIDTH - 20), 10, 18);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    g.drawString(yTitle, 10, 34);
    g.drawString(xTitle, WIDTH - 10 - g.getFontMetrics().stringWidth(xTitle), HEIGHT - 10);
    double left = Arrays.stream(x).min().orElse(0);
    double low = Arrays.stream(y).min().orElse(0);
    double across = Math.max(1e-30, Arrays.stream(x).max().orElse(1) - left);
    double up = Math.max(1e-30, Arrays.stream(y).max().orElse(1) - low);
    double scale = Math.min((WIDTH - 2 * MARGIN) / across, (HEIGHT - 2 * MARGIN) / up);
    for (int i = 0; i < x.length; i++) {
      g.setColor(new Color(colours[i]));
      int h = (int) Math.round(WIDTH / 2.0 + (x[i] - left - across / 2) * scale);
      int v = (int) Math.round(HEIGHT / 2.0 - (y[i] - low - up / 2) * scale);
      g.fillRect(h - 1, v - 1, 2, 2);
    }
    g.dispose();
    return Png.of(image);
  }
}
