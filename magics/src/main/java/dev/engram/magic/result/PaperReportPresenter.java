package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import tech.tablesaw.api.Table;

/** Shows {@code %reproduce all}: a verdict for each finding of the paper. */
final class PaperReportPresenter implements Presenter<PaperReport> {
  @Override
  public View view(PaperReport r, DisplayLimits shown) {
    return r.view();
  }

  @Override
  public Table table(PaperReport r, DisplayLimits shown) {
    return r.table();
  }

  @Override
  public PlotlyFigure figure(PaperReport r, DisplayLimits shown) {
    throw new EngramException(
        "%reproduce all has a figure for each experiment: figure(r.shown().get(\"table1\")).");
  }
}
