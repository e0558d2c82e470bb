package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import java.util.List;
import java.util.Map;

/** Bars of cosines: the chart that CONTRIBUTING.md shows. */
final class CosineChart {
  private CosineChart() {}

  /**
   * @param title may come from outside
   * @param names of the images, as they come
   */
  static PlotlyFigure draw(String title, List<String> names, List<Double> cosines) {
    return PlotlyFigure.titled(Html.escape(title))
        .trace(
            Map.of(
                "type",
                "bar",
                "x",
                names.stream().map(Html::escape).toList(),
                "y",
                cosines,
                "hovertemplate",
                "%{x}<br>cosine %{y:.4f}<extra></extra>"))
        .layout("yaxis.title", "cosine with the text");
  }
}
