package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %queries}: the earlier neurons that drive a neuron, and what is left of its
 * coefficient without them.
 *
 * @param title the images
 * @param effects of every earlier neuron
 * @param shown how many query neurons the cell shows
 */
public record Queries(String title, QueryEffects effects, int shown) implements Viewable {
  /**
   * @return the query neurons that help most, in order
   */
  public List<QueryNeuron> top(int count) {
    return effects.top(count);
  }

  /**
   * @return rank, neuron, block, effect, and its share of the coefficient
   */
  public Table table() {
    List<QueryNeuron> top = top(shown);
    double coefficient = effects.orientation() * mean(effects.coefficients());
    return Table.create(
        heading(),
        IntColumn.create("rank", top.stream().mapToInt(QueryNeuron::rank).toArray()),
        StringColumn.create("neuron", top.stream().map(q -> q.neuron().toString())),
        StringColumn.create("block", top.stream().map(q -> q.neuron().block().toString())),
        DoubleColumn.create("effect", top.stream().mapToDouble(QueryNeuron::effect).toArray()),
        DoubleColumn.create(
            "of the coefficient (%)",
            top.stream().mapToDouble(q -> 100 * q.effect() / coefficient).toArray()));
  }

  /**
   * @return a bar for each query neuron that the cell shows, at most 40
   */
  public PlotlyFigure figure() {
    return NeuronBars.draw(
        top(shown).stream().map(q -> new NeuronBars.Bar(q.neuron(), q.effect(), "")).toList(),
        heading(),
        "second-order effect",
        "<b>%{x}</b><br>adds %{y:.4f} to " + effects.target());
  }

  private String heading() {
    return "Query neurons of " + effects.target() + " on " + title;
  }

  String summary() {
    double rest = mean(effects.rest());
    double coefficient = mean(effects.coefficients());
    return String.format(
        Locale.ROOT,
        "Coefficient%s %s = earlier neurons %s, initial embedding and biases %s.%s",
        effects.target().block() == dev.engram.trace.Neuron.Block.FFN
            ? " before the activation"
            : "",
        Digits.fixed(coefficient, 3),
        Digits.signed(coefficient - rest, 3),
        Digits.signed(rest, 3),
        effects.orientation() < 0 ? " It is negative: effects are shown times −1, as help." : "");
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  @Override
  public View view() {
    View rows = TableView.of(table(), Shown.ROWS);
    View summed =
        View.html(
            Html.element("p", Html.escape(summary())) + rows.html(),
            summary() + "\n" + rows.text());
    View table = Footnote.under(summed, effects.provenance());
    return top(1).isEmpty() ? table : figure().view().below(table);
  }

  @Override
  public String toString() {
    return effects.toString();
  }
}
