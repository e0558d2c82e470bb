package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import tech.tablesaw.api.Table;

/** Shows which experiments there are, or the settings of one. */
final class ExperimentListPresenter implements Presenter<ExperimentList> {
  @Override
  public View view(ExperimentList list, DisplayLimits shown) {
    return TableView.of(list.table(), list.table().rowCount());
  }

  @Override
  public Table table(ExperimentList list, DisplayLimits shown) {
    return list.table();
  }

  @Override
  public PlotlyFigure figure(ExperimentList list, DisplayLimits shown) {
    throw new EngramException(
        "A list of experiments has no figure; run one of them, as %reproduce table1.");
  }
}
