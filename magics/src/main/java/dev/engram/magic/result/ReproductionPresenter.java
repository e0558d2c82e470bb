package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import tech.tablesaw.api.Table;

/** Shows {@code %reproduce}: our numbers beside the paper's, and the first figure of them. */
final class ReproductionPresenter implements Presenter<Reproduction> {
  @Override
  public View view(Reproduction r, DisplayLimits shown) {
    return r.view();
  }

  @Override
  public Table table(Reproduction r, DisplayLimits shown) {
    return r.table();
  }

  @Override
  public PlotlyFigure figure(Reproduction r, DisplayLimits shown) {
    return r.figures().stream()
        .filter(PlotlyFigure.class::isInstance)
        .map(PlotlyFigure.class::cast)
        .findFirst()
        .orElseThrow(
            () -> new EngramException("%reproduce " + r.name() + " has pictures and no figure."));
  }
}
