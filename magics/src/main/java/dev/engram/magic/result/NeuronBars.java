package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.trace.Neuron;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The chart of a ranking: a bar for each neuron in the colour of its block, at most 40. */
final class NeuronBars {
  private NeuronBars() {}

  /**
   * A bar.
   *
   * @param value its height
   * @param tip what the template finds in {@code customdata}
   */
  record Bar(Neuron neuron, double value, Object tip) {}

  /**
   * @param ranking all of it, in order
   * @param title without mark-up
   * @param value what the height is
   * @param tooltip Plotly's template, mark-up allowed
   */
  static PlotlyFigure draw(List<Bar> ranking, String title, String value, String tooltip) {
    String heading = title + DisplayLimits.ofBars(ranking.size());
    List<Bar> shown = ranking.stream().limit(DisplayLimits.BARS).toList();
    Map<String, Object> trace = new HashMap<>();
    trace.put("type", "bar");
    trace.put("x", shown.stream().map(b -> b.neuron.toString()).toList());
    trace.put("y", shown.stream().map(Bar::value).toList());
    trace.put(
        "marker",
        Map.of("color", shown.stream().map(b -> BlockColours.of(b.neuron.block())).toList()));
    trace.put("hovertemplate", tooltip + "<extra></extra>");
    if (tooltip.contains("%{customdata")) {
      trace.put("customdata", shown.stream().map(Bar::tip).toList());
    }
    return PlotlyFigure.titled(Html.escape(heading) + BlockColours.legend())
        .trace(trace)
        .layout("xaxis.type", "category")
        .layout("yaxis.title", value)
        .layout("height", 380);
  }
}
