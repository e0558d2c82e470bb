package dev.engram.magic.result;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.lab.ReproducedAll.Part;
import dev.engram.magic.view.Page;
import dev.engram.magic.view.Page.Section;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tech.tablesaw.api.Table;

/** Shows {@code %reproduce all}: a verdict for each finding of the paper. */
final class PaperReportPresenter implements Presenter<PaperReport> {
  @Override
  public View view(PaperReport r, DisplayLimits shown) {
    return summary(r);
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

  private static View summary(PaperReport report) {
    View rows =
        Pages.under(report.sentences(), TableView.of(report.table(), report.table().rowCount()));
    return report.shown().values().stream()
        .findFirst()
        .map(r -> Footnote.under(rows, shared(r.provenance())))
        .orElse(rows);
  }

  /** What the first of them shares with the others: each has its own under its table. */
  private static Provenance shared(Provenance one) {
    Map<String, String> entries = new LinkedHashMap<>(one.entries());
    entries.keySet().retainAll(List.of("experiment", "model"));
    entries.replace("experiment", "all");
    return new Provenance(entries, one.caution());
  }

  /** The verdicts, and every table and figure below them. */
  @Override
  public Page page(PaperReport report, DisplayLimits shown) {
    List<Section> sections = new ArrayList<>();
    sections.add(new Section("Findings", summary(report)));
    for (Part part : report.result().parts()) {
      List<View> parts = new ArrayList<>(List.of(Pages.paragraph(part.experiment().title() + ".")));
      Reproduction r = report.shown().get(part.experiment().name());
      if (r == null) {
        part.refusal().ifPresent(why -> parts.add(Pages.paragraph("Not run: " + why)));
      } else {
        parts.addAll(ReproductionPresenter.outputs(r));
      }
      sections.add(new Section(part.experiment().name(), parts));
    }
    return new Page("The paper's tables and figures on this model", sections);
  }
}
