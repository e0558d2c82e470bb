package dev.engram.magic.view;

import dev.engram.Digits;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * A bar chart as a PNG: what a page shows that can draw nothing interactive. One horizontal bar for
 * each name, with its value written after it.
 */
public final class BarsPng {
  private static final int WIDTH = 720;
  private static final int ROW = 22;
  private static final int TOP = 44;
  private static final int NAME = 150;
  private static final int VALUE = 80;

  private BarsPng() {}

  /**
   * One bar.
   *
   * @param name written before it
   * @param value its length; negative ones go to the left
   * @param colour as {@code #3b528b}
   */
  public record Bar(String name, double value, String colour) {}

  /**
   * @param title over the chart
   * @param axis what the values are
   * @param bars in the order in which they are drawn, downwards
   * @return PNG
   */
  public static byte[] draw(String title, String axis, List<Bar> bars) {
    BufferedImage image =
        new BufferedImage(WIDTH, TOP + ROW * bars.size() + 12, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, image.getHeight());
    g.setColor(Color.DARK_GRAY);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    g.drawString(clipped(title, g.getFontMetrics(), WIDTH - 20), 10, 18);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    g.drawString(axis, NAME, 36);
    double max = bars.stream().mapToDouble(b -> Math.max(0, b.value)).max().orElse(0);
    double min = bars.stream().mapToDouble(b -> Math.min(0, b.value)).min().orElse(0);
    double scale = (WIDTH - NAME - VALUE) / Math.max(max - min, Double.MIN_NORMAL);
    int zero = NAME + (int) Math.round(-min * scale);
    for (int i = 0; i < bars.size(); i++) {
      Bar bar = bars.get(i);
      int y = TOP + i * ROW;
      int length = (int) Math.round(bar.value * scale);
      g.setColor(Color.decode(bar.colour));
      g.fillRect(Math.min(zero, zero + length), y + 3, Math.max(1, Math.abs(length)), ROW - 7);
      g.setColor(Color.DARK_GRAY);
      String name = clipped(bar.name, g.getFontMetrics(), NAME - 16);
      g.drawString(name, NAME - 8 - g.getFontMetrics().stringWidth(name), y + 15);
      g.drawString(Digits.fixed(bar.value, 4), Math.max(zero, zero + length) + 6, y + 15);
    }
    g.dispose();
    return HeatmapPng.png(image);
  }

  /** The text, cut where it is wider than there is room. */
  static String clipped(String text, FontMetrics metrics, int width) {
    if (metrics.stringWidth(text) <= width) {
      return text;
    }
    String shorter = text;
    while (shorter.length() > 1 && metrics.stringWidth(shorter + "…") > width) {
      shorter = shorter.substring(0, shorter.length() - 1);
    }
    return shorter + "…";
  }
}
