package dev.engram.magic.result;

import dev.engram.experiment.Estimate;
import dev.engram.experiment.Interval;
import dev.engram.magic.view.PlotlyFigure;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * The charts of the experiments: bars and lines with intervals, which say under the title what they
 * are over.
 */
final class Charts {
  /** The column and the legend of what the paper reports. */
  static final String PAPER = "paper (ViT-L/14)";

  private static final List<String> COLOURS =
      List.of(
          "#d1495b", "#edae49", "#00798c", "#30638e", "#6a4c93", "#66a182", "#b08968", "#e377c2",
          "#767676");

  /** Of lines, beside their colours; none of these hides all of another. */
  private static final List<String> DASHES = List.of("solid", "dash", "dot", "dashdot");

  private static final List<String> SYMBOLS = List.of("circle", "square", "diamond");

  /** In pixels: as a border on both sides of another line. */
  private static final int BROAD = 7;

  /** Of the intervals on bars: Plotly's own dark grey is not seen on a dark page. */
  static final String INTERVALS = "#8c8c8c";

  /** So many values have a bar or a mark each; more are a curve. */
  private static final int FEW = 12;

  private Charts() {}

  /**
   * A series of a chart.
   *
   * @param name in the legend
   * @param x positions, or names of bars
   * @param y heights
   * @param estimates the same with their intervals; empty for none
   */
  record Series(String name, List<?> x, List<Double> y, List<Estimate> estimates) {
    static Series of(String name, List<?> x, List<Estimate> estimates) {
      return new Series(name, x, estimates.stream().map(Estimate::mean).toList(), estimates);
    }

    static Series of(String name, List<?> x, double[] y) {
      return new Series(name, x, Arrays.stream(y).boxed().toList(), List.of());
    }
  }

  /**
   * Plotly's {@code error_y}: the distance to either end of each interval, 0 where there is none.
   */
  static Map<String, Object> intervals(List<Estimate> estimates, String colour) {
    return Map.of(
        "type",
        "data",
        "symmetric",
        false,
        "array",
        distances(estimates, e -> e.interval().high() - e.mean()),
        "arrayminus",
        distances(estimates, e -> e.mean() - e.interval().low()),
        "thickness",
        1,
        "color",
        colour);
  }

  private static List<Double> distances(
      List<Estimate> estimates, ToDoubleFunction<Estimate> distance) {
    return estimates.stream()
        .map(e -> e.interval().exists() ? Math.max(0, distance.applyAsDouble(e)) : 0)
        .toList();
  }

  /** A title with a second line that says what the intervals are over, if there are any. */
  static String titled(String title, Collection<Estimate> estimates) {
    String about = Interval.about(estimates);
    return about.isEmpty() ? title : title + "<br><sub>intervals: " + about + "</sub>";
  }

  static PlotlyFigure bars(String title, String xTitle, String yTitle, List<Series> series) {
    return chart(title, xTitle, yTitle, series, "bar").layout("barmode", "group");
  }

  static PlotlyFigure lines(String title, String xTitle, String yTitle, List<Series> series) {
    return chart(title, xTitle, yTitle, series, "scatter");
  }

  /** Lines that may lie on one another: the first is broad, and lies under the others. */
  static PlotlyFigure around(String title, String xTitle, String yTitle, List<Series> series) {
    return chart(title, xTitle, yTitle, series, "around");
  }

  private static PlotlyFigure chart(
      String title, String xTitle, String yTitle, List<Series> series, String type) {
    PlotlyFigure figure =
        PlotlyFigure.titled(
            titled(title, series.stream().flatMap(s -> s.estimates.stream()).toList()));
    List<String> names = series.stream().map(Series::name).distinct().toList();
    for (Series s : series) {
      String colour = colour(names, s);
      Map<String, Object> trace = new HashMap<>();
      boolean isBar = type.equals("bar");
      trace.put("type", isBar ? type : "scatter");
      trace.put("name", s.name);
      trace.put("x", s.x);
      trace.put("y", s.y);
      trace.put("marker", Map.of("color", colour));
      if (!isBar) {
        trace.put("mode", s.x.size() > FEW ? "lines" : "lines+markers");
        int kind = series.indexOf(s);
        boolean isBroad = kind == 0 && type.equals("around");
        trace.put(
            "line",
            Map.of("color", colour, "dash", of(DASHES, kind), "width", isBroad ? BROAD : 2));
        trace.put("marker", Map.of("color", colour, "symbol", of(SYMBOLS, kind)));
      }
      if (s.estimates.stream().anyMatch(e -> e.interval().exists())) {
        trace.put("error_y", intervals(s.estimates, isBar ? INTERVALS : colour));
      }
      figure = figure.trace(trace);
    }
    return figure.layout("xaxis.title", xTitle).layout("yaxis.title", yTitle).layout("height", 420);
  }

  private static String of(List<String> kinds, int number) {
    return kinds.get(number % kinds.size());
  }

  private static String colour(List<String> names, Series of) {
    return COLOURS.get(names.indexOf(of.name) % COLOURS.size());
  }
}
