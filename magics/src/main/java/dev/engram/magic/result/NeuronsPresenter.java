package dev.engram.magic.result;

import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.AtlasNeurons.Sort;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.lab.Neurons;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Shows {@code %neurons}: the neurons that were found, best first, as a table and as bars. */
final class NeuronsPresenter implements Presenter<Neurons> {
  @Override
  public View view(Neurons n, DisplayLimits shown) {
    String told = (n.note() + (n.found().isEmpty() ? " No neuron fits." : "")).strip();
    View rows = TableView.of(table(n, shown), DisplayLimits.ROWS);
    View table =
        Footnote.under(
            Pages.under(told.isEmpty() ? List.of() : List.of(told), rows), n.provenance());
    return n.found().isEmpty() ? table : figure(n, shown).view().below(table);
  }

  /**
   * Rank, neuron, and what the search looked at: entity (if each has its own), improvement,
   * coefficient, cosine, what the atlas has of it, words.
   */
  @Override
  public Table table(Neurons n, DisplayLimits shown) {
    List<FoundNeuron> found = n.found();
    // no column for the block, which the name tells: on a narrow page the words need the room
    List<Column<?>> columns = new ArrayList<>();
    columns.add(IntColumn.create("rank", found.stream().mapToInt(FoundNeuron::rank).toArray()));
    columns.add(StringColumn.create("neuron", found.stream().map(NeuronsPresenter::name)));
    if (n.ownEntities()) {
      columns.add(StringColumn.create("entity", found.stream().map(FoundNeuron::entity)));
    }
    if (found.stream().anyMatch(f -> !Double.isNaN(f.improvement()))) {
      columns.add(column("improvement", found, FoundNeuron::improvement));
      columns.add(column("coefficient m", found, FoundNeuron::coefficient));
    }
    if (found.stream().anyMatch(f -> !Double.isNaN(f.cosine()))) {
      columns.add(column("cosine", found, FoundNeuron::cosine));
    }
    AtlasNeurons atlas = n.atlas();
    if (atlas != null) {
      columns.add(column("density", found, f -> atlas.density()[index(atlas, f)]));
      columns.add(column("greatest m", found, f -> atlas.greatest()[index(atlas, f)]));
      Sort sort = n.sort();
      if (sort == Sort.MEAN || sort == Sort.DEVIATION || sort == Sort.LEAST) {
        columns.add(column(sort + " m", found, n::score));
      }
    }
    if (!n.words().isEmpty()) {
      columns.add(StringColumn.create("says", found.stream().map(f -> says(n, f))));
    }
    return Table.create(n.title(), columns);
  }

  /** A bar for each neuron. */
  @Override
  public PlotlyFigure figure(Neurons n, DisplayLimits shown) {
    return NeuronBars.draw(
        n.found().stream()
            .limit(shown.or(Integer.MAX_VALUE))
            .map(f -> new NeuronBars.Bar(f.neuron(), n.score(f), tip(n, f)))
            .toList(),
        n.title(),
        n.scoreName(),
        "<b>%{x}</b>: " + n.scoreName() + " %{y:.5f}<br>%{customdata}");
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static int index(AtlasNeurons atlas, FoundNeuron f) {
    return atlas.space().index(f.neuron());
  }

  private static String name(FoundNeuron f) {
    return f.neuron() + (f.sign() < 0 ? " (turned)" : "");
  }

  private static DoubleColumn column(
      String name, List<FoundNeuron> found, ToDoubleFunction<FoundNeuron> value) {
    return DoubleColumn.create(name, found.stream().mapToDouble(value).toArray());
  }

  private static String says(Neurons n, FoundNeuron f) {
    Interpretation said = n.words().get(f.neuron());
    return said == null ? "" : InterpretationsPresenter.said(said);
  }

  private static String tip(Neurons n, FoundNeuron f) {
    String entity = f.entity().isEmpty() ? "" : "entity " + f.entity() + "; ";
    return Html.escape(entity + says(n, f));
  }
}
