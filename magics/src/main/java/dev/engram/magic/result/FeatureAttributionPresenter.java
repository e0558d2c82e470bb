package dev.engram.magic.result;

import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.FeatureAttribution.Ranked;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %attribute --features}: the features with the highest scores, as table and bars. */
final class FeatureAttributionPresenter implements Presenter<FeatureAttribution> {
  /** Features that are shown unless somebody asks for more. */
  private static final int USUAL = 10;

  @Override
  public View view(FeatureAttribution a, DisplayLimits shown) {
    View rows = TableView.of(table(a, shown), DisplayLimits.ROWS);
    return figure(a, shown)
        .view()
        .below(
            Footnote.under(Pages.under(List.of(AttributionText.summary(a)), rows), a.provenance()));
  }

  /** Rank (from 1), feature, score, coefficient m, and in how many images it is active. */
  @Override
  public Table table(FeatureAttribution a, DisplayLimits shown) {
    List<Ranked> top = a.top(shown.or(USUAL));
    return Table.create(
        heading(a),
        IntColumn.create("rank", top.stream().mapToInt(Ranked::rank).toArray()),
        StringColumn.create("feature", top.stream().map(r -> r.feature().toString())),
        DoubleColumn.create(a.by().method(), top.stream().mapToDouble(Ranked::score).toArray()),
        DoubleColumn.create(
            "coefficient m", top.stream().mapToDouble(Ranked::coefficient).toArray()),
        IntColumn.create("active in", top.stream().mapToInt(Ranked::active).toArray()));
  }

  /** A bar for each of the best features. */
  @Override
  public PlotlyFigure figure(FeatureAttribution a, DisplayLimits shown) {
    List<Ranked> top = a.top(shown.or(USUAL));
    return FeatureBars.draw(
        heading(a) + DisplayLimits.ofBars(top.size()),
        a.by().method(),
        top.stream()
            .limit(DisplayLimits.BARS)
            .map(
                r ->
                    new FeatureBars.Bar(
                        r.feature().toString(),
                        r.score(),
                        String.format(
                            Locale.ROOT, "rank %d, coefficient m %.3f", r.rank(), r.coefficient())))
            .toList());
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static String heading(FeatureAttribution a) {
    return AttributionText.heading(a, "features");
  }
}
