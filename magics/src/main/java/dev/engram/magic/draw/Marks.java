package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** What tells traces apart besides their colours: symbols of points, dashes of lines, hatching. */
final class Marks {
  private static final double KEY = 24;
  private static final double SIDE = 11;

  private static final double HATCH = 6;

  private Marks() {}

  static String mode(JsonNode trace) {
    return trace.path("mode").asText(trace.path("y").size() < 20 ? "lines+markers" : "lines");
  }

  /** Three of Plotly's symbols; the others are drawn as circles. */
  static Shape symbol(JsonNode symbols, int point, double[] at, double size) {
    String symbol = (symbols.isArray() ? symbols.path(point) : symbols).asText("circle");
    Rectangle2D box = new Rectangle2D.Double(at[0] - size / 2, at[1] - size / 2, size, size);
    if (symbol.equals("square")) {
      return box;
    }
    if (symbol.equals("diamond")) {
      double more = size * (Math.sqrt(2) - 1) / 2; // as large as the square
      Path2D diamond = new Path2D.Double();
      diamond.moveTo(at[0], box.getMinY() - more);
      diamond.lineTo(box.getMaxX() + more, at[1]);
      diamond.lineTo(at[0], box.getMaxY() + more);
      diamond.lineTo(box.getMinX() - more, at[1]);
      diamond.closePath();
      return diamond;
    }
    return new Ellipse2D.Double(box.getX(), box.getY(), size, size);
  }

  static double width(JsonNode trace) {
    return trace.path("line").path("width").asDouble(2);
  }

  static float[] dash(JsonNode trace) {
    float w = (float) width(trace);
    return switch (trace.path("line").path("dash").asText("solid")) {
      case "dot" -> new float[] {w, 2 * w};
      case "dash", "longdash" -> new float[] {5 * w, 3 * w};
      case "dashdot" -> new float[] {5 * w, 2 * w, w, 2 * w};
      default -> new float[0];
    };
  }

  /** A bar, hatched where the trace says so: Plotly's "/", "\", "x", "-", "|", "+" and ".". */
  static void bar(Canvas canvas, JsonNode trace, Rectangle2D box, Color color) {
    String shape = trace.path("marker").path("pattern").path("shape").asText("");
    if (shape.isEmpty()) {
      canvas.fill(box, color);
      return;
    }
    canvas.fill(box, Colours.translucent(color, 0.35));
    double w = box.getWidth();
    double h = box.getHeight();
    for (double d = HATCH / 2; d < w + h; d += HATCH) {
      if ("/x".contains(shape)) {
        line(
            canvas,
            box,
            color,
            Math.min(d, w),
            Math.max(0, d - w),
            Math.max(0, d - h),
            Math.min(d, h));
      }
      if ("\\x".contains(shape)) {
        line(
            canvas,
            box,
            color,
            w - Math.min(d, w),
            Math.max(0, d - w),
            w - Math.max(0, d - h),
            Math.min(d, h));
      }
      if ("-+".contains(shape) && d < h) {
        line(canvas, box, color, 0, d, w, d);
      }
      if ("|+".contains(shape) && d < w) {
        line(canvas, box, color, d, 0, d, h);
      }
      for (double e = HATCH / 2; shape.equals(".") && d < w && e < h; e += HATCH) {
        canvas.fill(new Ellipse2D.Double(box.getX() + d - 1, box.getY() + e - 1, 2, 2), color);
      }
    }
  }

  private static void line(
      Canvas canvas, Rectangle2D in, Color color, double x0, double y0, double x1, double y1) {
    canvas.stroke(
        new Line2D.Double(in.getX() + x0, in.getY() + y0, in.getX() + x1, in.getY() + y1),
        color,
        1.2);
  }

  private static boolean isLine(JsonNode trace) {
    return trace.path("type").asText("scatter").startsWith("scatter");
  }

  /** Of what stands before the name of a trace in the legend. */
  static double keyWidth(JsonNode trace) {
    return isLine(trace) && mode(trace).contains("lines") ? KEY : SIDE;
  }

  /**
   * What stands before the name of a trace in the legend.
   *
   * @param y the upper edge of the line
   */
  static void key(Canvas canvas, JsonNode trace, Color color, double x, double y) {
    if (!isLine(trace)) {
      Rectangle2D box = new Rectangle2D.Double(x, y + 3, SIDE, SIDE);
      bar(canvas, trace, box, Colours.translucent(color, trace.path("opacity").asDouble(1)));
      return;
    }
    double wide = keyWidth(trace);
    if (mode(trace).contains("lines")) {
      Color line = Colours.of(trace.path("line").path("color"), color);
      double width = Math.min(4, width(trace));
      canvas.stroke(new Line2D.Double(x, y + 8.5, x + wide, y + 8.5), line, width, dash(trace));
    }
    if (mode(trace).contains("markers")) {
      double[] at = {x + wide / 2, y + 8.5};
      double size = Math.max(5, Math.min(SIDE, trace.path("marker").path("size").asDouble(6)));
      canvas.fill(symbol(trace.path("marker").path("symbol"), 0, at, size), color);
    }
  }
}
