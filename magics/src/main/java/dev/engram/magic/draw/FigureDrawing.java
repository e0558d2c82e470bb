package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.EngramException;
import dev.engram.magic.draw.Canvas.Anchor;
import dev.engram.magic.draw.Canvas.Style;
import java.awt.geom.Line2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A Plotly figure as a still picture: title, legend, one pair of axes, and bars, lines, points or a
 * heatmap between them. What only moves (hover texts, sliders) is left out.
 */
public final class FigureDrawing {
  private static final Set<String> KNOWN = Set.of("bar", "scatter", "scattergl", "heatmap");
  private static final int WIDTH = 720;
  private static final int HEIGHT = 450;
  private static final double EDGE = 14;
  private static final double GAP = 6;
  private static final double TITLE = 15;

  private final JsonNode layout;
  private final List<JsonNode> traces = new ArrayList<>();
  private final int width;
  private final int height;

  /**
   * @param tree the figure, as plotly.js takes it: {@code data} and {@code layout}
   * @throws EngramException if the figure has a kind of trace that is not drawn
   */
  public FigureDrawing(JsonNode tree) {
    layout = tree.path("layout");
    TreeSet<String> others = new TreeSet<>();
    for (JsonNode trace : tree.path("data")) {
      String type = trace.path("type").asText("scatter");
      if (!KNOWN.contains(type)) {
        others.add(type);
      }
      if (trace.path("visible").asBoolean(true)) {
        traces.add(trace);
      }
      boolean second = !trace.path("xaxis").asText("x").equals("x");
      if (second || !trace.path("yaxis").asText("y").equals("y")) {
        others.add("a second pair of axes");
      }
    }
    if (!others.isEmpty()) {
      throw new EngramException(
          "A still picture has bars, lines, points and heatmaps on one pair of axes; this figure has %s. Save it as .html."
              .formatted(String.join(", ", others)));
    }
    width = Math.max(120, layout.path("width").asInt(WIDTH));
    height = Math.max(120, layout.path("height").asInt(HEIGHT));
  }

  /**
   * The picture that stands where a figure cannot be drawn by a script, a pixel for each point.
   *
   * @return PNG; none of a figure that is not drawn here
   */
  public static Optional<byte[]> still(JsonNode tree) {
    try {
      FigureDrawing drawing = new FigureDrawing(tree);
      return Optional.of(drawing.on(PngCanvas.still(drawing.width(), drawing.height())));
    } catch (RuntimeException e) {
      // plotly.js takes more than is known here, and a figure of the user's own may be wrong: its
      // cell shows it, and only the still is missing
      return Optional.empty();
    }
  }

  /** In points. */
  public int width() {
    return width;
  }

  /** In points. */
  public int height() {
    return height;
  }

  /**
   * Draws the figure.
   *
   * @return the file that the canvas makes of it
   */
  public byte[] on(Canvas canvas) {
    double top = EDGE + title(canvas);
    top += legend(canvas, top);
    Traces drawn = new Traces(traces, layout);
    PlotAxis x = drawn.x();
    PlotAxis y = drawn.y();
    ColorBar bar = drawn.bar();
    double right = width - EDGE - (bar != null ? ColorBar.ROOM : x.isCategory() ? 0 : 10);
    double bottom = height - EDGE - below(x, right);
    double left = EDGE + beside(y);
    Rectangle2D plot = new Rectangle2D.Double(left, top, right - left, bottom - top);
    if (layout.path("yaxis").path("scaleanchor").asText("").equals("x")) {
      plot = scaled(plot, x.span() / y.span());
    }
    x.lie(plot.getMinX(), plot.getMaxX());
    y.lie(plot.getMaxY(), plot.getMinY());
    grid(canvas, plot, x, y);
    canvas.clip(plot);
    images(canvas, x, y, "below");
    drawn.on(canvas);
    images(canvas, x, y, "above");
    canvas.clip(null);
    drawn.texts(canvas);
    axis(canvas, plot, x, y);
    if (bar != null) {
      bar.on(canvas, plot);
    }
    return canvas.bytes();
  }

  /** The largest rectangle of a shape within another, in its middle. */
  private static Rectangle2D scaled(Rectangle2D plot, double ratio) {
    double w = Math.min(plot.getWidth(), plot.getHeight() * ratio);
    double h = w / ratio;
    return new Rectangle2D.Double(plot.getCenterX() - w / 2, plot.getCenterY() - h / 2, w, h);
  }

  private double title(Canvas canvas) {
    String text = layout.path("title").path("text").asText("");
    double room = width - 2 * EDGE;
    RichText title = new RichText(text, TITLE, Colours.TEXT, true);
    if (title.width() > room) { // a letter of the bold font is about 0.62 of its size wide
      int letters = Math.max(12, (int) (room / (0.62 * TITLE)));
      title = new RichText(TitleLines.broken(text, letters), TITLE, Colours.TEXT, true);
    }
    if (title.isEmpty()) {
      return 0;
    }
    title.write(canvas, EDGE, EDGE, Anchor.START, width - 2 * EDGE);
    return title.height() + GAP;
  }

  /** Names of traces in rows under the title, where there are several. */
  private double legend(Canvas canvas, double top) {
    List<JsonNode> named = traces.stream().filter(t -> t.hasNonNull("name")).toList();
    if (!layout.path("showlegend").asBoolean(named.size() > 1)) {
      return 0;
    }
    double x = EDGE;
    double y = top;
    for (JsonNode trace : named) {
      RichText name = new RichText(trace.path("name").asText(), 12, Colours.TEXT, false);
      double key = Marks.keyWidth(trace) + 4;
      double wide = key + name.width() + 15;
      if (x > EDGE && x + wide > width - EDGE) {
        x = EDGE;
        y += 18;
      }
      Marks.key(canvas, trace, Traces.color(trace, traces.indexOf(trace)), x, y);
      name.write(canvas, x + key, y, Anchor.START, width - EDGE - x - key);
      x += wide;
    }
    return y - top + 18 + GAP;
  }

  /** What stands under the axis of x: its labels, perhaps turned, and its title. */
  private double below(PlotAxis x, double right) {
    double title = x.title().isEmpty() ? 0 : 20;
    if (!x.isVisible()) {
      return title;
    }
    double turned = turn(x, right - EDGE);
    double longest = longest(x, Canvas.Anchor.START);
    double tall =
        turned == 0 ? 16 : Math.min(150, longest * Math.abs(Math.sin(Math.toRadians(turned)))) + 16;
    return GAP + tall + title;
  }

  private static double longest(PlotAxis axis, Anchor anchor) {
    Style style = label(anchor, 0);
    return axis.ticks().stream()
        .mapToDouble(t -> new RichText(t.label(), style.size(), style.color(), false).width())
        .max()
        .orElse(0);
  }

  /** By how much labels are turned: as the figure says, or so that they find room. */
  private double turn(PlotAxis x, double room) {
    if (x.angle() != 0) {
      return x.angle();
    }
    double each = room / Math.max(1, x.ticks().size());
    return longest(x, Anchor.MIDDLE) + GAP > each ? (each < 30 ? -60 : -35) : 0;
  }

  private static Style label(Anchor anchor, double degrees) {
    return new Style(11, false, anchor, degrees, Colours.TEXT);
  }

  private double beside(PlotAxis y) {
    double title = y.title().isEmpty() ? 0 : 20;
    return y.isVisible() ? Math.min(longest(y, Anchor.END), width / 3.0) + GAP + title : title;
  }

  private static void grid(Canvas canvas, Rectangle2D plot, PlotAxis x, PlotAxis y) {
    if (x.hasGrid()) {
      for (PlotAxis.Tick t : x.ticks()) {
        double at = x.at(t.value());
        canvas.stroke(new Line2D.Double(at, plot.getMinY(), at, plot.getMaxY()), Colours.GRID, 0.8);
      }
    }
    if (y.hasGrid()) {
      for (PlotAxis.Tick t : y.ticks()) {
        double at = y.at(t.value());
        canvas.stroke(new Line2D.Double(plot.getMinX(), at, plot.getMaxX(), at), Colours.GRID, 0.8);
      }
    }
  }

  private void axis(Canvas canvas, Rectangle2D plot, PlotAxis x, PlotAxis y) {
    if (x.isVisible()) {
      double turned = turn(x, plot.getWidth());
      for (PlotAxis.Tick t : x.ticks()) {
        double at = x.at(t.value());
        if (turned == 0) {
          new RichText(t.label(), 11, Colours.TEXT, false)
              .write(canvas, at, plot.getMaxY() + GAP, Anchor.MIDDLE, width);
        } else {
          Style style = label(turned < 0 ? Anchor.END : Anchor.START, turned);
          canvas.text(plain(t.label()), at + 3, plot.getMaxY() + GAP + 7, style);
        }
      }
    }
    if (y.isVisible()) {
      for (PlotAxis.Tick t : y.ticks()) {
        new RichText(t.label(), 11, Colours.TEXT, false)
            .write(canvas, plot.getMinX() - GAP, y.at(t.value()) - 7.5, Anchor.END, width / 3.0);
      }
    }
    new RichText(x.title(), 12, Colours.TEXT, false)
        .write(canvas, plot.getCenterX(), height - EDGE - 14, Anchor.MIDDLE, width - 2 * EDGE);
    if (!y.title().isEmpty()) {
      Style style = new Style(12, false, Anchor.MIDDLE, -90, Colours.TEXT);
      canvas.text(plain(y.title()), EDGE + 10, plot.getCenterY(), style);
    }
    if (x.isVisible() && y.isVisible() && (x.hasGrid() || y.hasGrid())) {
      line(canvas, plot.getMinX(), plot.getMaxY(), plot.getMaxX(), plot.getMaxY());
    }
    if (y.hasZero()) {
      line(canvas, plot.getMinX(), y.at(0), plot.getMaxX(), y.at(0));
    }
    if (x.hasZero()) {
      line(canvas, x.at(0), plot.getMinY(), x.at(0), plot.getMaxY());
    }
  }

  private static void line(Canvas canvas, double x0, double y0, double x1, double y1) {
    canvas.stroke(new Line2D.Double(x0, y0, x1, y1), Colours.LINE, 0.9);
  }

  private static String plain(String html) {
    return Markup.unescape(html.replaceAll("<[^>]*>", ""));
  }

  private void images(Canvas canvas, PlotAxis x, PlotAxis y, String layer) {
    for (JsonNode image : layout.path("images")) {
      @Nullable BufferedImage picture = Traces.picture(image);
      if (picture == null || !image.path("layer").asText("above").equals(layer)) {
        continue;
      }
      double x0 = x.at(image.path("x").asDouble());
      double x1 = x.at(image.path("x").asDouble() + image.path("sizex").asDouble());
      double y0 = y.at(image.path("y").asDouble());
      double size = Math.abs(y.at(image.path("sizey").asDouble()) - y.at(0));
      canvas.picture(
          picture, new Rectangle2D.Double(Math.min(x0, x1), y0, Math.abs(x1 - x0), size), 1);
    }
  }
}
