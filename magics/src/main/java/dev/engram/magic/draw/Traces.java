package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.engram.magic.draw.Canvas.Anchor;
import java.awt.Color;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;

/** The traces of a figure between its axes. */
final class Traces {
  private static final String DATA = "data:image/png;base64,";

  /** With more points nobody sees the shape of one. */
  private static final int MANY = 5000;

  private final List<JsonNode> traces;
  private final JsonNode layout;
  private final List<JsonNode> bars;
  private final @Nullable HeatmapTrace heatmap;
  private final Map<JsonNode, ColorBar> scales = new IdentityHashMap<>();
  private final boolean lying;
  private final boolean stacked;
  private final PlotAxis x;
  private final PlotAxis y;

  Traces(List<JsonNode> traces, JsonNode layout) {
    this.traces = traces;
    this.layout = layout;
    bars = traces.stream().filter(t -> type(t).equals("bar")).toList();
    heatmap =
        traces.stream()
            .filter(t -> type(t).equals("heatmap"))
            .findFirst()
            .map(HeatmapTrace::new)
            .orElse(null);
    for (JsonNode trace : traces) {
      JsonNode marker = trace.path("marker");
      if (marker.path("color").path(0).isNumber()) {
        scales.put(trace, new ColorBar(marker, "cmin", "cmax", marker.path("color"), false));
      }
    }
    lying = bars.stream().anyMatch(t -> t.path("orientation").asText("").equals("h"));
    String mode = layout.path("barmode").asText("group");
    stacked = mode.equals("stack") || mode.equals("relative");
    x = new PlotAxis(layout.path("xaxis"), values("x"), !bars.isEmpty() && !lying);
    y = new PlotAxis(layout.path("yaxis"), values("y"), !bars.isEmpty() && lying);
    makeRoom();
    boolean isMap = heatmap != null;
    x.settle(!isMap && (bars.isEmpty() || lying));
    y.settle(!isMap && (bars.isEmpty() || !lying));
  }

  private static String type(JsonNode trace) {
    return trace.path("type").asText("scatter");
  }

  PlotAxis x() {
    return x;
  }

  PlotAxis y() {
    return y;
  }

  /**
   * The scale that is shown beside the axes: a heatmap's, or else that of points; null for none.
   */
  @Nullable ColorBar bar() {
    Stream<ColorBar> ofPoints = traces.stream().map(scales::get).filter(Objects::nonNull);
    return Stream.concat(Stream.ofNullable(heatmap).map(HeatmapTrace::bar), ofPoints)
        .filter(ColorBar::isShown)
        .findFirst()
        .orElse(null);
  }

  /**
   * The values along an axis; where a trace names none, their positions, from {@code x0} in steps
   * of {@code dx}.
   */
  private List<JsonNode> values(String axis) {
    List<JsonNode> all = new ArrayList<>();
    for (JsonNode trace : traces) {
      if (!type(trace).equals("heatmap")) {
        all.addAll(column(trace, axis));
      } else {
        trace.path(axis).forEach(all::add);
      }
    }
    return all;
  }

  private static List<JsonNode> column(JsonNode trace, String axis) {
    List<JsonNode> values = new ArrayList<>();
    JsonNode given = trace.path(axis);
    if (given.isArray()) {
      given.forEach(values::add);
    } else {
      int n = trace.path(axis.equals("x") ? "y" : "x").size();
      double first = trace.path(axis + "0").asDouble(0);
      double step = trace.path("d" + axis).asDouble(1);
      for (int i = 0; i < n; i++) {
        values.add(JsonNodeFactory.instance.numberNode(first + i * step));
      }
    }
    return values;
  }

  private void makeRoom() {
    if (heatmap != null) {
      heatmap.makeRoom(x, y);
    }
    PlotAxis along = lying ? y : x;
    PlotAxis up = lying ? x : y;
    Map<Double, double[]> sums = new HashMap<>();
    for (JsonNode trace : bars) {
      up.include(up.floor() == 0 ? 0 : Double.NaN);
      List<JsonNode> places = column(trace, lying ? "y" : "x");
      List<JsonNode> heights = column(trace, lying ? "x" : "y");
      for (int i = 0; i < places.size() && i < heights.size(); i++) {
        double at = along.place(places.get(i));
        along.include(at - 0.5 * step());
        along.include(at + 0.5 * step());
        double height = up.place(heights.get(i));
        if (stacked && Double.isFinite(height)) {
          double[] sum = sums.computeIfAbsent(at, k -> new double[2]);
          sum[height < 0 ? 0 : 1] += height;
          up.include(sum[0]);
          up.include(sum[1]);
        }
      }
    }
    for (JsonNode trace : traces) {
      List<JsonNode> heights = column(trace, "y");
      for (int i = 0; i < heights.size() && trace.has("error_y"); i++) {
        double value = heights.get(i).asDouble();
        y.include(value + error(trace, "array", i));
        y.include(value - error(trace, "arrayminus", i));
      }
    }
  }

  private static double error(JsonNode trace, String end, int i) {
    JsonNode errors = trace.path("error_y");
    JsonNode values = errors.path(end);
    return (values.isMissingNode() ? errors.path("array") : values).path(i).asDouble(0);
  }

  /** The least distance of two bars. */
  private double step() {
    PlotAxis along = lying ? y : x;
    if (along.isCategory()) {
      return 1;
    }
    double[] places =
        bars.stream()
            .flatMap(t -> column(t, lying ? "y" : "x").stream())
            .mapToDouble(along::place)
            .filter(Double::isFinite)
            .sorted()
            .distinct()
            .toArray();
    double least = Double.POSITIVE_INFINITY;
    for (int i = 1; i < places.length; i++) {
      double apart = places[i] - places[i - 1];
      least = apart > 1e-9 * (1 + Math.abs(places[i])) ? Math.min(least, apart) : least;
    }
    return Double.isFinite(least) ? least : 1;
  }

  static Color color(JsonNode trace, int number) {
    JsonNode marker = trace.path("marker").path("color");
    Color line = Colours.of(trace.path("line").path("color"), Colours.ofTrace(number));
    return Colours.of(marker.isArray() ? marker.path(0) : marker, line);
  }

  private static Color color(JsonNode trace, int number, int i) {
    JsonNode marker = trace.path("marker").path("color");
    Color plain = color(trace, number);
    return marker.isArray() ? Colours.of(marker.path(i), plain) : plain;
  }

  void on(Canvas canvas) {
    if (heatmap != null) {
      heatmap.on(canvas, x, y);
    }
    bars(canvas);
    for (JsonNode trace : traces) {
      if (type(trace).startsWith("scatter")) {
        lines(canvas, trace);
      }
      if (trace.has("error_y")) {
        errors(canvas, trace);
      }
    }
  }

  private void bars(Canvas canvas) {
    PlotAxis along = lying ? y : x;
    PlotAxis up = lying ? x : y;
    boolean grouped = layout.path("barmode").asText("group").equals("group");
    double room = step() * (1 - layout.path("bargap").asDouble(0.2));
    Map<Double, double[]> sums = new HashMap<>();
    for (int t = 0; t < bars.size(); t++) {
      JsonNode trace = bars.get(t);
      double each = grouped ? room / bars.size() : room;
      List<JsonNode> places = column(trace, lying ? "y" : "x");
      List<JsonNode> heights = column(trace, lying ? "x" : "y");
      for (int i = 0; i < places.size() && i < heights.size(); i++) {
        double at = along.place(places.get(i)) - room / 2 + (grouped ? t * each : 0);
        double height = up.place(heights.get(i));
        if (!Double.isFinite(at) || !Double.isFinite(height)) {
          continue;
        }
        double foot = up.floor();
        if (stacked) {
          double[] sum = sums.computeIfAbsent(at, k -> new double[2]);
          int side = height < 0 ? 0 : 1;
          foot = sum[side];
          sum[side] += height;
          height += foot;
        }
        Color color = color(trace, number(trace), i);
        Marks.bar(
            canvas,
            trace,
            box(along.at(at), along.at(at + each), up.at(foot), up.at(height)),
            Colours.translucent(color, trace.path("opacity").asDouble(1)));
      }
    }
  }

  private Rectangle2D box(double a0, double a1, double u0, double u1) {
    Rectangle2D box = new Rectangle2D.Double();
    box.setFrameFromDiagonal(lying ? u0 : a0, lying ? a0 : u0, lying ? u1 : a1, lying ? a1 : u1);
    return box;
  }

  /** Where the middle of a bar or a point lies, on the page. */
  private double[] middle(JsonNode trace, int i) {
    double at = x.place(column(trace, "x").get(i));
    if (type(trace).equals("bar")
        && !lying
        && layout.path("barmode").asText("group").equals("group")) {
      double room = step() * (1 - layout.path("bargap").asDouble(0.2));
      at += room * ((bars.indexOf(trace) + 0.5) / bars.size() - 0.5);
    }
    return new double[] {x.at(at), y.place(column(trace, "y").get(i))};
  }

  private void errors(Canvas canvas, JsonNode trace) {
    Color color = Colours.of(trace.path("error_y").path("color"), color(trace, number(trace)));
    for (int i = 0; i < Math.min(column(trace, "x").size(), column(trace, "y").size()); i++) {
      double[] p = middle(trace, i);
      double low = y.at(p[1] - error(trace, "arrayminus", i));
      double high = y.at(p[1] + error(trace, "array", i));
      if (Double.isFinite(p[0]) && Double.isFinite(low) && Math.abs(high - low) > 0.1) {
        canvas.stroke(new Line2D.Double(p[0], low, p[0], high), color, 1);
        canvas.stroke(new Line2D.Double(p[0] - 3, low, p[0] + 3, low), color, 1);
        canvas.stroke(new Line2D.Double(p[0] - 3, high, p[0] + 3, high), color, 1);
      }
    }
  }

  private void lines(Canvas canvas, JsonNode trace) {
    List<double[]> points = points(trace);
    if (Marks.mode(trace).contains("lines")) {
      Path2D path = new Path2D.Double();
      boolean gap = true;
      for (double[] p : points) {
        if (!Double.isFinite(p[0]) || !Double.isFinite(p[1])) {
          gap = true;
        } else if (gap) {
          path.moveTo(p[0], p[1]);
          gap = false;
        } else {
          path.lineTo(p[0], p[1]);
        }
      }
      Color line = Colours.of(trace.path("line").path("color"), color(trace, number(trace)));
      canvas.stroke(path, line, Marks.width(trace), Marks.dash(trace));
    }
    if (Marks.mode(trace).contains("markers")) {
      marks(canvas, trace, points);
    }
  }

  private void marks(Canvas canvas, JsonNode trace, List<double[]> points) {
    JsonNode marker = trace.path("marker");
    double size = marker.path("size").asDouble(6);
    double opacity = marker.path("opacity").asDouble(trace.path("opacity").asDouble(1));
    ColorBar.OfPoints colors = colors(trace);
    boolean many = points.size() > MANY;
    for (int i = 0; i < points.size(); i++) {
      double[] p = points.get(i);
      if (!Double.isFinite(p[0]) || !Double.isFinite(p[1])) {
        continue;
      }
      Color color = opacity == 1 ? colors.at(i) : Colours.translucent(colors.at(i), opacity);
      if (many) {
        canvas.speck(p[0], p[1], size, color);
      } else {
        canvas.fill(Marks.symbol(marker.path("symbol"), i, p, size), color);
      }
    }
  }

  private ColorBar.OfPoints colors(JsonNode trace) {
    JsonNode given = trace.path("marker").path("color");
    Color plain = color(trace, number(trace));
    ColorBar scale = scales.get(trace);
    if (scale == null) {
      return given.isArray() ? i -> Colours.of(given.path(i), plain) : i -> plain;
    }
    return i -> given.path(i).isNumber() ? new Color(scale.rgb(given.path(i).asDouble())) : plain;
  }

  /** The place of a trace, which says its colour where it has none itself. */
  private int number(JsonNode trace) {
    for (int i = 0; i < traces.size(); i++) {
      if (traces.get(i) == trace) {
        return i;
      }
    }
    return 0;
  }

  private List<double[]> points(JsonNode trace) {
    List<JsonNode> xs = column(trace, "x");
    List<JsonNode> ys = column(trace, "y");
    List<double[]> points = new ArrayList<>();
    for (int i = 0; i < Math.min(xs.size(), ys.size()); i++) {
      points.add(new double[] {x.at(x.place(xs.get(i))), y.at(y.place(ys.get(i)))});
    }
    return points;
  }

  /** The words at points, which may reach beyond the axes. */
  void texts(Canvas canvas) {
    for (JsonNode trace : traces) {
      if (!type(trace).startsWith("scatter") || !Marks.mode(trace).contains("text")) {
        continue;
      }
      String place = trace.path("textposition").asText("middle center");
      Anchor anchor =
          place.endsWith("left")
              ? Anchor.END
              : place.endsWith("right") ? Anchor.START : Anchor.MIDDLE;
      double down = place.startsWith("top") ? -7 : place.startsWith("bottom") ? 17 : 4;
      List<double[]> points = points(trace);
      for (int i = 0; i < points.size(); i++) {
        JsonNode text =
            trace.path("text").isArray() ? trace.path("text").path(i) : trace.path("text");
        double[] p = points.get(i);
        if (Double.isFinite(p[0]) && Double.isFinite(p[1])) {
          new RichText(text.asText(""), 11, Colours.TEXT, false)
              .write(canvas, p[0], p[1] + down - 11, anchor, 400);
        }
      }
    }
  }

  /** The picture of a figure's image; null if it is not one of ours. */
  static @Nullable BufferedImage picture(JsonNode image) {
    String source = image.path("source").asText("");
    if (!source.startsWith(DATA)) {
      return null;
    }
    try {
      return ImageIO.read(
          new ByteArrayInputStream(Base64.getDecoder().decode(source.substring(DATA.length()))));
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }
}
