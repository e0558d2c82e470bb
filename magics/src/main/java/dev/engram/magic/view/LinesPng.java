package dev.engram.magic.view;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Draws curves with their intervals as the static picture of a line chart. A front end that runs no
 * script shows it.
 */
public final class LinesPng {
  private static final int WIDTH = 720;
  private static final int HEIGHT = 380;
  private static final int LEFT = 70;
  private static final int RIGHT = WIDTH - 20;
  private static final int TOP = 62;
  private static final int BOTTOM = HEIGHT - 48;

  /** More points than these are too close for a mark each. */
  private static final int MARKED = 12;

  private static final Color GRID = new Color(0xdddddd);

  private LinesPng() {}

  /**
   * One point of a curve.
   *
   * @param x position; on an axis of names, which of them, from 0
   * @param y height; NaN for none
   * @param low lower end of the interval of y; y where there is none
   * @param high upper end of the interval of y; y where there is none
   */
  public record Point(double x, double y, double low, double high) {}

  /**
   * One curve.
   *
   * @param name in the legend
   * @param colour as {@code #3b528b}
   * @param points from left to right
   */
  public record Line(String name, String colour, List<Point> points) {
    /** Keeps a copy. */
    public Line {
      points = List.copyOf(points);
    }
  }

  /**
   * @param title over the chart
   * @param xTitle what the positions are
   * @param yTitle what the heights are
   * @param names what stands at the positions 0, 1, …; empty for an axis of numbers
   * @param lines in the order of the legend
   * @return PNG
   */
  public static byte[] draw(
      String title, String xTitle, String yTitle, List<String> names, List<Line> lines) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, HEIGHT);
    g.setColor(Color.DARK_GRAY);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    g.drawString(BarsPng.clipped(title, g.getFontMetrics(), WIDTH - 20), 10, 18);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    FontMetrics metrics = g.getFontMetrics();
    Axis x = Axis.of(lines, Point::x, Point::x, LEFT, RIGHT);
    Axis y = Axis.of(lines, Point::low, Point::high, BOTTOM, TOP);
    for (double tick : y.ticks()) {
      g.setColor(GRID);
      g.drawLine(LEFT, (int) y.at(tick), RIGHT, (int) y.at(tick));
      g.setColor(Color.DARK_GRAY);
      String label = y.label(tick);
      g.drawString(label, LEFT - 8 - metrics.stringWidth(label), (int) y.at(tick) + 4);
    }
    g.setColor(Color.DARK_GRAY);
    double[] places =
        names.isEmpty() ? x.ticks() : IntStream.range(0, names.size()).asDoubleStream().toArray();
    for (double tick : places) {
      String label = names.isEmpty() ? x.label(tick) : names.get((int) tick);
      g.drawString(label, (int) x.at(tick) - metrics.stringWidth(label) / 2, BOTTOM + 17);
    }
    g.drawString(xTitle, (LEFT + RIGHT - metrics.stringWidth(xTitle)) / 2, HEIGHT - 10);
    g.drawString(yTitle, 10, 36);
    int legend = LEFT;
    for (Line line : lines) {
      g.setColor(Color.decode(line.colour));
      g.fillRect(legend, TOP - 18, 10, 10);
      g.setColor(Color.DARK_GRAY);
      g.drawString(line.name, legend + 14, TOP - 8);
      legend += 30 + metrics.stringWidth(line.name);
      curve(g, line, x, y);
    }
    g.dispose();
    return HeatmapPng.png(image);
  }

  private static void curve(Graphics2D g, Line line, Axis x, Axis y) {
    List<Point> points = line.points.stream().filter(p -> !Double.isNaN(p.y)).toList();
    Path2D upper = new Path2D.Double();
    Path2D band = new Path2D.Double();
    for (int i = 0; i < points.size(); i++) {
      Point p = points.get(i);
      to(upper, x.at(p.x), y.at(p.y), i == 0);
      to(band, x.at(p.x), y.at(p.high), i == 0);
    }
    for (int i = points.size() - 1; i >= 0; i--) {
      band.lineTo(x.at(points.get(i).x), y.at(points.get(i).low));
    }
    g.setColor(Color.decode(line.colour));
    g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, 0.2f));
    g.fill(band);
    g.setComposite(AlphaComposite.SrcOver);
    g.setStroke(new BasicStroke(2));
    g.draw(upper);
    if (points.size() <= MARKED) {
      points.forEach(p -> g.fill(new Ellipse2D.Double(x.at(p.x) - 3.5, y.at(p.y) - 3.5, 7, 7)));
    }
  }

  private static void to(Path2D path, double x, double y, boolean first) {
    if (first) {
      path.moveTo(x, y);
    } else {
      path.lineTo(x, y);
    }
  }

  /** From values to pixels, with about five round numbers on the way. */
  private record Axis(double min, double max, int from, int to) {
    static Axis of(
        List<Line> lines,
        ToDoubleFunction<Point> low,
        ToDoubleFunction<Point> high,
        int from,
        int to) {
      double min = values(lines, low).min().orElse(0);
      double max = values(lines, high).max().orElse(1);
      return max > min ? new Axis(min, max, from, to) : new Axis(min - 0.5, min + 0.5, from, to);
    }

    private static DoubleStream values(List<Line> lines, ToDoubleFunction<Point> value) {
      return lines.stream()
          .flatMap(l -> l.points.stream())
          .mapToDouble(value)
          .filter(v -> !Double.isNaN(v));
    }

    double at(double value) {
      return from + (value - min) / (max - min) * (to - from);
    }

    private BigDecimal step() {
      double rough = (max - min) / 5;
      BigDecimal ten = BigDecimal.ONE.scaleByPowerOfTen((int) Math.floor(Math.log10(rough)));
      double times = rough / ten.doubleValue();
      return ten.multiply(
          BigDecimal.valueOf(times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10));
    }

    double[] ticks() {
      double step = step().doubleValue();
      double first = Math.ceil(min / step - 1e-9) * step;
      int count = (int) Math.floor((max - first) / step + 1e-9) + 1;
      return DoubleStream.iterate(first, v -> v + step).limit(count).toArray();
    }

    String label(double tick) {
      BigDecimal step = step().stripTrailingZeros();
      return new BigDecimal(tick)
          .setScale(Math.max(0, step.scale()), RoundingMode.HALF_EVEN)
          .toPlainString();
    }
  }
}
