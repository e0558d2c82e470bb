package dev.engram.magic.result;

import dev.engram.attribution.Attribution.Ranked;
import dev.engram.attribution.Reading;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %attribute}: the neurons that bring images closest to a text. A table and a
 * bar chart in a cell; in Java, {@link #top}, {@link #table} and every score through {@link
 * #scores}.
 *
 * @param title what was attributed
 * @param scores every neuron's score
 * @param shown how many neurons the cell shows
 */
public record Attribution(String title, dev.engram.attribution.Attribution scores, int shown)
    implements Viewable {

  /**
   * @return the neurons with the highest scores, in order
   */
  public List<Ranked> top(int count) {
    return scores.top(count);
  }

  /**
   * @return mean score of a neuron
   */
  public double score(Neuron neuron) {
    return scores.score(neuron);
  }

  /**
   * @return mean cosine of the images with the text
   */
  public double cosine() {
    return scores.cosine();
  }

  /**
   * @return as many rows as the cell shows
   */
  public Table table() {
    return table(shown);
  }

  /**
   * @return rank (from 1), neuron, block, score and coefficient m of the best neurons
   */
  public Table table(int count) {
    List<Ranked> top = top(count);
    return Table.create(
        heading(),
        IntColumn.create("rank", top.stream().mapToInt(Ranked::rank).toArray()),
        StringColumn.create("neuron", top.stream().map(r -> r.neuron().toString())),
        StringColumn.create("block", top.stream().map(r -> r.neuron().block().toString())),
        DoubleColumn.create(scoreName(), top.stream().mapToDouble(Ranked::score).toArray()),
        DoubleColumn.create(
            "coefficient m", top.stream().mapToDouble(Ranked::coefficient).toArray()));
  }

  /**
   * @return a bar for each of the neurons that the cell shows, at most 40
   */
  public PlotlyFigure figure() {
    return NeuronBars.draw(
            top(shown).stream()
                .map(
                    r ->
                        new NeuronBars.Bar(
                            r.neuron(),
                            r.score(),
                            List.of(r.rank(), r.coefficient(), r.neuron().block().toString())))
                .toList(),
            heading(),
            scoreName(),
            "<b>%{x}</b> (%{customdata[2]}), rank %{customdata[0]}<br>"
                + scoreName()
                + " %{y:.5f}<br>coefficient m %{customdata[1]:.3f}")
        .layout("xaxis.title", "neuron (layer, then FFN channel or head and channel; all from 0)");
  }

  private String scoreName() {
    return scores.by().method();
  }

  private String heading() {
    boolean other = scores.by() instanceof Reading reading && reading != Reading.LITERAL;
    return "%s with \"%s\": neurons by %s%s"
        .formatted(title, scores.label(), scoreName(), other ? ", reading " + scores.by() : "");
  }

  /** What the scores are taken over, and how near image and text are. */
  private String summary() {
    int n = scores.images().size();
    return String.format(
        Locale.ROOT,
        "%s; cosine with \"%s\": %.4f.",
        n == 1 ? "One image" : "Mean over " + n + " images",
        scores.label(),
        cosine());
  }

  @Override
  public View view() {
    View rows = TableView.of(table(), Shown.ROWS);
    View summed =
        View.html(
            Html.element("p", Html.escape(summary())) + rows.html(),
            summary() + "\n" + rows.text());
    View table = Footnote.under(summed, scores.provenance());
    return top(shown).isEmpty() ? table : figure().view().below(table);
  }

  @Override
  public String toString() {
    return scores.toString();
  }
}
