package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %queries}: the earlier neurons that drive a neuron, and what is left of its
 * coefficient without them.
 */
final class QueriesPresenter implements Presenter<QueryEffects> {
  /** Query neurons that are shown unless somebody asks for more. */
  private static final int USUAL = 10;

  @Override
  public View view(QueryEffects effects, DisplayLimits shown) {
    View rows = TableView.of(table(effects, shown), DisplayLimits.ROWS);
    View table = Footnote.under(Pages.under(List.of(summary(effects)), rows), effects.provenance());
    return effects.top(1).isEmpty() ? table : figure(effects, shown).view().below(table);
  }

  /** Rank, neuron, block, effect, and its share of the coefficient. */
  @Override
  public Table table(QueryEffects effects, DisplayLimits shown) {
    List<QueryNeuron> top = effects.top(shown.or(USUAL));
    double coefficient = effects.orientation() * mean(effects.coefficients());
    return Table.create(
        heading(effects),
        IntColumn.create("rank", top.stream().mapToInt(QueryNeuron::rank).toArray()),
        StringColumn.create("neuron", top.stream().map(q -> q.neuron().toString())),
        StringColumn.create("block", top.stream().map(q -> q.neuron().block().toString())),
        DoubleColumn.create("effect", top.stream().mapToDouble(QueryNeuron::effect).toArray()),
        DoubleColumn.create(
            "of the coefficient (%)",
            top.stream().mapToDouble(q -> 100 * q.effect() / coefficient).toArray()));
  }

  /** A bar for each query neuron. */
  @Override
  public PlotlyFigure figure(QueryEffects effects, DisplayLimits shown) {
    return NeuronBars.draw(
        effects.top(shown.or(USUAL)).stream()
            .map(q -> new NeuronBars.Bar(q.neuron(), q.effect(), ""))
            .toList(),
        heading(effects),
        "second-order effect",
        "<b>%{x}</b><br>adds %{y:.4f} to " + effects.target());
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static String heading(QueryEffects effects) {
    return "Query neurons of " + effects.target() + " on " + effects.title();
  }

  /** What the coefficient is made of. */
  static String summary(QueryEffects effects) {
    double rest = mean(effects.rest());
    double coefficient = mean(effects.coefficients());
    return String.format(
        Locale.ROOT,
        "Coefficient%s %s = earlier neurons %s, initial embedding and biases %s.%s",
        effects.target().block() == Neuron.Block.FFN ? " before the activation" : "",
        Digits.fixed(coefficient, 3),
        Digits.signed(coefficient - rest, 3),
        Digits.signed(rest, 3),
        effects.orientation() < 0 ? " It is negative: effects are shown times −1, as help." : "");
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }
}
