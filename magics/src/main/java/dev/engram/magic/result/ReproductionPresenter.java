package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.magic.view.Page;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import tech.tablesaw.api.Table;

/** Shows {@code %reproduce NAME}: our numbers beside the paper's, and figures of them. */
final class ReproductionPresenter implements Presenter<Reproduction> {
  @Override
  public View view(Reproduction r, DisplayLimits shown) {
    View rows = Pages.under(r.findings(), TableView.of(r.table(), r.table().rowCount()));
    List<View> above = new ArrayList<>();
    above.add(Footnote.noted(Footnote.under(rows, r.provenance()), r.note()));
    int last = r.figures().size() - 1;
    r.figures().subList(0, last).forEach(f -> above.add(f.view()));
    return r.figures().get(last).view().below(above.toArray(View[]::new));
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

  /** What a cell shows of it, downwards. */
  static List<View> outputs(Reproduction r) {
    View view = new ReproductionPresenter().view(r, DisplayLimits.BY_DEFAULT);
    List<View> all = new ArrayList<>(view.before());
    all.add(view);
    return all;
  }

  @Override
  public Page page(Reproduction r, DisplayLimits shown) {
    return new Page("%reproduce " + r.name(), List.of(new Page.Section(r.name(), outputs(r))));
  }
}
