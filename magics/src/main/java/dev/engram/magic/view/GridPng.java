package dev.engram.magic.view;

import dev.engram.magic.draw.ColorMap;
import dev.engram.magic.draw.Png;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Draws a grid of small maps on one scale, where no script runs. */
public final class GridPng {
  private static final int TOP = 48;
  private static final int NAME = 96;
  private static final int GAP = 3;
  private static final int WIDEST = 1200;
  private static final int NOTHING = 0xe0e0e0;

  private GridPng() {}

  /**
   * What is drawn.
   *
   * @param title over it
   * @param rows names of the rows
   * @param columns names of the columns
   * @param tiles for each row and column the values of a square, row by row (side²)
   * @param side of a tile in cells
   * @param under what lies under each tile; null for nothing
   */
  public record Grid(
      String title,
      List<String> rows,
      List<String> columns,
      double[][][] tiles,
      int side,
      @Nullable BufferedImage under) {}

  /**
   * Draws it.
   *
   * @param from the value of the first colour
   * @param to the value of the last colour
   * @param signed red above and blue below the middle; else Viridis
   * @param scale what the colours mean
   * @return PNG
   */
  public static byte[] draw(Grid grid, double from, double to, boolean signed, String scale) {
    int tile =
        Math.max(
            grid.side == 1 ? 4 : 16,
            Math.min(grid.side == 1 ? 22 : 96, (WIDEST - NAME) / grid.columns.size() - GAP));
    if (grid.under != null) { // a picture is shrunk, never blown up
      tile = Math.min(tile, Math.max(grid.under.getWidth(), grid.under.getHeight()));
    }
    int gap = grid.side == 1 && tile < 12 ? 0 : GAP;
    int width = Math.max(420, NAME + grid.columns.size() * (tile + gap) + 10);
    int height = TOP + grid.rows.size() * (tile + gap) + 22;
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, width, height);
    g.setColor(Color.DARK_GRAY);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    g.drawString(clipped(grid.title, g.getFontMetrics(), width - 20), 10, 18);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    g.drawString(scale, 10, 34);
    FontMetrics metrics = g.getFontMetrics();
    for (int r = 0; r < grid.rows.size(); r++) {
      int y = TOP + r * (tile + gap);
      g.setColor(Color.DARK_GRAY);
      g.drawString(clipped(grid.rows.get(r), metrics, NAME - 16), 10, y + tile / 2 + 4);
      for (int c = 0; c < grid.columns.size(); c++) {
        int x = NAME + c * (tile + gap);
        g.drawImage(
            tile(grid.tiles[r][c], grid.side, grid.under, tile, from, to, signed), x, y, null);
      }
    }
    int free = 0;
    for (int c = 0; c < grid.columns.size(); c++) {
      int x = NAME + c * (tile + gap);
      if (x >= free) {
        g.drawString(grid.columns.get(c), x, height - 8);
        free = x + metrics.stringWidth(grid.columns.get(c)) + 8;
      }
    }
    g.dispose();
    return Png.of(image);
  }

  private static BufferedImage tile(
      double[] values,
      int side,
      @Nullable BufferedImage under,
      int size,
      double from,
      double to,
      boolean signed) {
    double[][] map = new double[side][side];
    for (int i = 0; i < values.length; i++) {
      map[i / side][i % side] = to > from ? (values[i] - from) / (to - from) : 0;
    }
    if (under != null && !signed) {
      return HeatmapPng.overlay(Gallery.shrunk(under, size), map);
    }
    BufferedImage out = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        double value = map[y * side / size][x * side / size];
        out.setRGB(
            x,
            y,
            Double.isNaN(value) ? NOTHING : signed ? ColorMap.signed(value) : ColorMap.rgb(value));
      }
    }
    return out;
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
