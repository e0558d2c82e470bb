package dev.engram.magic.result;

import dev.engram.experiment.Estimate;
import dev.engram.magic.view.BarsPng;
import dev.engram.magic.view.PlotlyFigure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The charts of the experiments: bars and lines with 95 % intervals, each with a static picture.
 */
final class Charts {
  /** The column and the legend of what the paper reports. */
  static final String PAPER = "paper (ViT-L/14)";

  private static final List<String> COLOURS =
      List.of(
          "#d1495b", "#edae49", "#00798c", "#30638e", "#6a4c93", "#66a182", "#b08968", "#e377c2",
          "#767676");

  /** Of the intervals on bars: Plotly's own dark grey is not seen on a dark page. */
  static final String INTERVALS = "#8c8c8c";

  private Charts() {}

  /**
   * A series of a chart.
   *
   * @param name in the legend
   * @param x positions or names
   * @param y heights
   * @param error half widths of the intervals; empty for none
   */
  record Series(String name, List<?> x, List<Double> y, List<Double> error) {
    static Series of(String name, List<?> x, List<Estimate> estimates) {
      return new Series(
          name, x, estimates.stream().map(Estimate::mean).toList(), halfWidths(estimates));
    }

    static Series of(String name, List<?> x, double[] y) {
      return new Series(name, x, java.util.Arrays.stream(y).boxed().toList(), List.of());
    }
  }

  /**
   * @return of the intervals, 0 where a mean has none; empty where no mean has one
   */
  static List<Double> halfWidths(List<Estimate> estimates) {
    return estimates.stream().allMatch(e -> Double.isNaN(e.halfWidth()))
        ? List.of()
        : estimates.stream().map(e -> Double.isNaN(e.halfWidth()) ? 0 : e.halfWidth()).toList();
  }

  /** Plotly's {@code error_y} of half widths. */
  static Map<String, Object> intervals(List<Double> widths, String colour) {
    return Map.of("type", "data", "array", widths, "thickness", 1, "color", colour);
  }

  static PlotlyFigure bars(String title, String xTitle, String yTitle, List<Series> series) {
    return chart(title, xTitle, yTitle, series, "bar").layout("barmode", "group");
  }

  static PlotlyFigure lines(String title, String xTitle, String yTitle, List<Series> series) {
    return chart(title, xTitle, yTitle, series, "scatter");
  }

  private static PlotlyFigure chart(
      String title, String xTitle, String yTitle, List<Series> series, String type) {
    PlotlyFigure figure = PlotlyFigure.titled(title);
    List<BarsPng.Bar> picture = new ArrayList<>();
    List<String> names = series.stream().map(Series::name).distinct().toList();
    for (Series s : series) {
      String colour = COLOURS.get(names.indexOf(s.name) % COLOURS.size());
      Map<String, Object> trace = new HashMap<>();
      trace.put("type", type);
      trace.put("name", s.name);
      trace.put("x", s.x);
      trace.put("y", s.y);
      trace.put("marker", Map.of("color", colour));
      if (type.equals("scatter")) {
        trace.put("mode", s.x.size() > 12 ? "lines" : "lines+markers");
        trace.put("line", Map.of("color", colour));
      }
      if (!s.error.isEmpty()) {
        trace.put("error_y", intervals(s.error, type.equals("bar") ? INTERVALS : colour));
      }
      figure = figure.trace(trace);
      for (int i = 0; i < s.x.size() && (s.x.size() <= 12 || i % 10 == 0); i++) {
        picture.add(
            new BarsPng.Bar(
                s.x.size() == 1 ? s.name : s.name + " " + s.x.get(i), s.y.get(i), colour));
      }
    }
    return figure
        .layout("xaxis.title", xTitle)
        .layout("yaxis.title", yTitle)
        .layout("height", 420)
        .png(BarsPng.draw(title, yTitle, picture));
  }
}
