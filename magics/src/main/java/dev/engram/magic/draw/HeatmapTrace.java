package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** A heatmap of a figure: its cells, or the values between them, and its scale of colours. */
final class HeatmapTrace {
  /** Pixels of a cell, where the values between cells are drawn. */
  private static final int SMOOTH = 40;

  private static final int WIDEST = 1200;

  private final JsonNode map;
  private final JsonNode z;
  private final int rows;
  private final int columns;
  private final ColorBar bar;

  /**
   * @throws EngramException if its colours have a name that is not known
   */
  HeatmapTrace(JsonNode map) {
    this.map = map;
    z = map.path("z");
    rows = z.size();
    columns = z.path(0).size();
    List<JsonNode> numbers = new ArrayList<>();
    z.forEach(row -> row.forEach(numbers::add));
    bar = new ColorBar(map, "zmin", "zmax", numbers, true);
  }

  private static double finite(JsonNode value) {
    return value.isNumber() ? value.asDouble() : Double.NaN;
  }

  /** The edges of the first and the last cells. */
  void makeRoom(PlotAxis x, PlotAxis y) {
    x.include(edge(x, "x", 0, -0.5));
    x.include(edge(x, "x", columns - 1, 0.5));
    y.include(edge(y, "y", 0, -0.5));
    y.include(edge(y, "y", rows - 1, 0.5));
  }

  private double edge(PlotAxis axis, String name, int i, double side) {
    JsonNode given = map.path(name);
    return (given.isArray() ? axis.place(given.path(i)) : i) + side;
  }

  ColorBar bar() {
    return bar;
  }

  void on(Canvas canvas, PlotAxis x, PlotAxis y) {
    if (rows == 0 || columns == 0) {
      return;
    }
    double left = x.at(edge(x, "x", 0, -0.5));
    double right = x.at(edge(x, "x", columns - 1, 0.5));
    double top = y.at(edge(y, "y", 0, -0.5));
    double bottom = y.at(edge(y, "y", rows - 1, 0.5));
    double opacity = map.path("opacity").asDouble(1);
    if (map.path("zsmooth").asText("false").equals("false")) {
      cells(canvas, new double[] {left, right, top, bottom}, opacity);
    } else {
      Rectangle2D over = new Rectangle2D.Double();
      over.setFrameFromDiagonal(left, top, right, bottom);
      canvas.picture(smooth(left > right, top > bottom), over, opacity);
    }
  }

  /** A rectangle for each cell, which stays sharp at any size. */
  private void cells(Canvas canvas, double[] edges, double opacity) {
    double overlap = opacity == 1 ? 0.3 : 0; // viewers show a seam between neighbours
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) {
        double value = finite(z.path(r).path(c));
        if (Double.isFinite(value)) {
          double x0 = mix(edges[0], edges[1], (double) c / columns);
          double x1 = mix(edges[0], edges[1], (c + 1.0) / columns);
          double y0 = mix(edges[2], edges[3], (double) r / rows);
          double y1 = mix(edges[2], edges[3], (r + 1.0) / rows);
          Rectangle2D cell = new Rectangle2D.Double();
          cell.setFrameFromDiagonal(
              Math.min(x0, x1),
              Math.min(y0, y1),
              Math.max(x0, x1) + overlap,
              Math.max(y0, y1) + overlap);
          canvas.fill(cell, Colours.translucent(new Color(bar.rgb(value)), opacity));
        }
      }
    }
  }

  /** A picture with the values between the cells, bilinear. */
  private BufferedImage smooth(boolean mirrored, boolean turned) {
    int fine = Math.max(1, Math.min(SMOOTH, WIDEST / Math.max(rows, columns)));
    BufferedImage image =
        new BufferedImage(columns * fine, rows * fine, BufferedImage.TYPE_INT_RGB);
    for (int py = 0; py < image.getHeight(); py++) {
      for (int px = 0; px < image.getWidth(); px++) {
        double value = between((px + 0.5) / fine - 0.5, (py + 0.5) / fine - 0.5);
        int at = mirrored ? image.getWidth() - 1 - px : px;
        int down = turned ? image.getHeight() - 1 - py : py;
        image.setRGB(at, down, bar.rgb(value));
      }
    }
    return image;
  }

  private double between(double column, double row) {
    double c = Math.min(columns - 1.0, Math.max(0, column));
    double r = Math.min(rows - 1.0, Math.max(0, row));
    int c0 = (int) c;
    int r0 = (int) r;
    int c1 = Math.min(c0 + 1, columns - 1);
    int r1 = Math.min(r0 + 1, rows - 1);
    double above = mix(z.path(r0).path(c0).asDouble(), z.path(r0).path(c1).asDouble(), c - c0);
    double below = mix(z.path(r1).path(c0).asDouble(), z.path(r1).path(c1).asDouble(), c - c0);
    return mix(above, below, r - r0);
  }

  private static double mix(double a, double b, double share) {
    return a + share * (b - a);
  }
}
