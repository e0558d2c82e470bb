package dev.engram.magic.result;

import dev.engram.lab.LensCurve;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %lens}: the mean cosine with the text from block to block. */
final class LensPresenter implements Presenter<LensCurve> {
  @Override
  public View view(LensCurve curve, DisplayLimits shown) {
    View rows = TableView.of(table(curve, shown), curve.layers());
    return figure(curve, shown).view().below(Footnote.under(rows, curve.provenance()));
  }

  /**
   * For each layer (from 0) the mean cosine before it, what its MSA and its FFN block add, and the
   * cosine after it.
   */
  @Override
  public Table table(LensCurve curve, DisplayLimits shown) {
    int[] layers = IntStream.range(0, curve.layers()).toArray();
    return Table.create(
        heading(curve),
        IntColumn.create("layer", layers),
        DoubleColumn.create("cosine before", Arrays.stream(layers).mapToDouble(curve::beforeMsa)),
        DoubleColumn.create(
            "MSA adds",
            Arrays.stream(layers).mapToDouble(l -> curve.beforeFfn(l) - curve.beforeMsa(l))),
        DoubleColumn.create(
            "FFN adds",
            Arrays.stream(layers).mapToDouble(l -> curve.beforeMsa(l + 1) - curve.beforeFfn(l))),
        DoubleColumn.create(
            "cosine after", Arrays.stream(layers).mapToDouble(l -> curve.beforeMsa(l + 1))));
  }

  /** A line through the mean cosines, a point before each block and one at the end. */
  @Override
  public PlotlyFigure figure(LensCurve curve, DisplayLimits shown) {
    List<String> places = new ArrayList<>();
    List<Double> cosines = new ArrayList<>();
    for (int l = 0; l < curve.layers(); l++) {
      places.add("before MSA " + l);
      cosines.add(curve.beforeMsa(l));
      places.add("before FFN " + l);
      cosines.add(curve.beforeFfn(l));
    }
    places.add("end");
    cosines.add(curve.beforeMsa(curve.layers()));
    return PlotlyFigure.titled(Html.escape(heading(curve)))
        .trace(
            Map.of(
                "type", "scatter",
                "mode", "lines+markers",
                "x", places,
                "y", cosines,
                "hovertemplate", "%{x}<br>cosine %{y:.4f}<extra></extra>"))
        .layout("xaxis", Map.of("type", "category", "automargin", true, "tickangle", -60))
        .layout("yaxis.title", "cosine with the text")
        .layout("height", 420);
  }

  private static String heading(LensCurve curve) {
    return "The lens on " + curve.title() + ", \"" + curve.label() + "\"";
  }
}
