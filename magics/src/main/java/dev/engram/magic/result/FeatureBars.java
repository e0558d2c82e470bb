package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import java.util.List;
import java.util.Map;

/** The chart of what has a name and a value: a bar each, in one colour. */
final class FeatureBars {
  private static final String COLOUR = "#7a5195";

  private FeatureBars() {}

  /**
   * A bar.
   *
   * @param name under it, from anywhere
   * @param value its height
   * @param tip what hovering tells besides, from anywhere
   */
  record Bar(String name, double value, String tip) {}

  /**
   * @param title without mark-up
   * @param value what the height is
   */
  static PlotlyFigure draw(String title, String value, List<Bar> bars) {
    return PlotlyFigure.titled(Html.escape(title))
        .trace(
            Map.of(
                "type",
                "bar",
                "x",
                bars.stream().map(b -> Html.escape(b.name)).toList(),
                "y",
                bars.stream().map(Bar::value).toList(),
                "marker",
                Map.of("color", COLOUR),
                "customdata",
                bars.stream().map(b -> Html.escape(b.tip)).toList(),
                "hovertemplate",
                "<b>%{x}</b>: %{y:.5f}<br>%{customdata}<extra></extra>"))
        .layout("xaxis.type", "category")
        .layout("yaxis.title", value)
        .layout("height", 380);
  }
}
