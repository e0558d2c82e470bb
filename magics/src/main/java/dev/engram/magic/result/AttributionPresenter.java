package dev.engram.magic.result;

import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attribution.Ranked;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.List;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %attribute}: the neurons with the highest scores as a table and as bars. */
final class AttributionPresenter implements Presenter<Attribution> {
  /** Neurons that are shown unless somebody asks for more. */
  private static final int USUAL = 10;

  @Override
  public View view(Attribution a, DisplayLimits shown) {
    View rows = TableView.of(table(a, shown), DisplayLimits.ROWS);
    return figure(a, shown)
        .view()
        .below(
            Footnote.under(Pages.under(List.of(AttributionText.summary(a)), rows), a.provenance()));
  }

  /** Rank (from 1), neuron, block, score and coefficient m of the best neurons. */
  @Override
  public Table table(Attribution a, DisplayLimits shown) {
    List<Ranked> top = a.top(shown.or(USUAL));
    return Table.create(
        heading(a),
        IntColumn.create("rank", top.stream().mapToInt(Ranked::rank).toArray()),
        StringColumn.create("neuron", top.stream().map(r -> r.neuron().toString())),
        StringColumn.create("block", top.stream().map(r -> r.neuron().block().toString())),
        DoubleColumn.create(scoreName(a), top.stream().mapToDouble(Ranked::score).toArray()),
        DoubleColumn.create(
            "coefficient m", top.stream().mapToDouble(Ranked::coefficient).toArray()));
  }

  /** A bar for each of the best neurons. */
  @Override
  public PlotlyFigure figure(Attribution a, DisplayLimits shown) {
    return NeuronBars.draw(
            a.top(shown.or(USUAL)).stream()
                .map(
                    r ->
                        new NeuronBars.Bar(
                            r.neuron(),
                            r.score(),
                            List.of(r.rank(), r.coefficient(), r.neuron().block().toString())))
                .toList(),
            heading(a),
            scoreName(a),
            "<b>%{x}</b> (%{customdata[2]}), rank %{customdata[0]}<br>"
                + scoreName(a)
                + " %{y:.5f}<br>coefficient m %{customdata[1]:.3f}")
        .layout("xaxis.title", "neuron (layer, then FFN channel or head and channel; all from 0)");
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static String scoreName(Attribution a) {
    return a.by().method();
  }

  private static String heading(Attribution a) {
    return AttributionText.heading(a, "neurons");
  }
}
