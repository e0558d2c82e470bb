package dev.engram.magic.result;

import dev.engram.lab.Evaluated;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import tech.tablesaw.api.Table;

/** Shows {@code %evaluate}: zero-shot accuracy in all and by class. */
final class EvaluationPresenter implements Presenter<Evaluation> {
  /** Shows what {@code lab.evaluate} gives, all classes of it. */
  static final class OfLibrary implements Presenter<Evaluated> {
    @Override
    public View view(Evaluated e, DisplayLimits shown) {
      return all(e).view();
    }

    @Override
    public Table table(Evaluated e, DisplayLimits shown) {
      return all(e).table();
    }

    @Override
    public PlotlyFigure figure(Evaluated e, DisplayLimits shown) {
      return all(e).figure();
    }

    private static Evaluation all(Evaluated e) {
      return new Evaluation(e.result(), null, "");
    }
  }

  @Override
  public View view(Evaluation e, DisplayLimits shown) {
    return e.view();
  }

  @Override
  public Table table(Evaluation e, DisplayLimits shown) {
    return e.table();
  }

  @Override
  public PlotlyFigure figure(Evaluation e, DisplayLimits shown) {
    return e.figure();
  }
}
