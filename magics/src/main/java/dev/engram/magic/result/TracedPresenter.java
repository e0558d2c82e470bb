package dev.engram.magic.result;

import dev.engram.edit.CausalTrace;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.Sample;
import dev.engram.lab.Traced;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %trace}: how much each block brings images closer to a text when it gives the output
 * that it gives for a guide (A.7).
 */
final class TracedPresenter implements Presenter<Traced> {
  private static final int SIDE = 120;

  @Override
  public View view(Traced traced, DisplayLimits shown) {
    View gallery = Gallery.of(Gallery.of(traced.guides()), SIDE);
    View rows = TableView.of(table(traced, shown));
    String finding = finding(traced.trace());
    View page =
        View.html(
            Html.element("p", Html.escape(finding))
                + (traced.guides().isEmpty() ? "" : Html.element("p", "Guides:") + gallery.html())
                + rows.html(),
            finding + "\n" + rows.text());
    return figure(traced, shown).view().below(Footnote.under(page, traced.trace().provenance()));
  }

  private static List<Estimate> rises(CausalTrace trace, Neuron.Block block) {
    return IntStream.range(0, trace.layers())
        .mapToObj(
            l ->
                Estimate.of(
                    Sample.each(
                        Sample.Unit.IMAGE,
                        IntStream.range(0, trace.original().length)
                            .mapToDouble(i -> trace.increase(i, block, l))
                            .toArray())))
        .toList();
  }

  /**
   * For each layer (from 0) the mean rise of the cosine by its MSA and its FFN block, with the half
   * widths of their intervals.
   */
  @Override
  public Table table(Traced traced, DisplayLimits shown) {
    CausalTrace trace = traced.trace();
    Table table =
        Table.create(
            heading(traced),
            IntColumn.create("layer", IntStream.range(0, trace.layers()).toArray()));
    for (Neuron.Block block : Neuron.Block.values()) {
      List<Estimate> rises = rises(trace, block);
      Reproductions.estimates(table, "rise by " + block, rises, rise -> rise);
    }
    return table;
  }

  /** Two bars for each layer, with intervals over the images. */
  @Override
  public PlotlyFigure figure(Traced traced, DisplayLimits shown) {
    CausalTrace trace = traced.trace();
    List<Integer> layers = IntStream.range(0, trace.layers()).boxed().toList();
    PlotlyFigure figure =
        PlotlyFigure.titled(
            Charts.titled(
                Html.escape(heading(traced)),
                Stream.of(Neuron.Block.values()).flatMap(b -> rises(trace, b).stream()).toList()));
    for (Neuron.Block block : Neuron.Block.values()) {
      List<Estimate> rises = rises(trace, block);
      String colour = BlockColours.of(block);
      figure =
          figure.trace(
              Map.of(
                  "type", "bar",
                  "name", block.toString(),
                  "x", layers,
                  "y", rises.stream().map(Estimate::mean).toList(),
                  "error_y", Charts.intervals(rises, Charts.INTERVALS),
                  "marker", Map.of("color", colour),
                  "hovertemplate", block + " of layer %{x}: %{y:+.4f}<extra></extra>"));
    }
    return figure
        .layout("barmode", "group")
        .layout("xaxis", Map.of("title", "layer (from 0)", "dtick", 1))
        .layout("yaxis.title", "rise of the cosine")
        .layout("height", 380);
  }

  private static String heading(Traced traced) {
    CausalTrace trace = traced.trace();
    return "%s: causal tracing towards \"%s\", %s"
        .formatted(
            traced.title(),
            trace.label(),
            trace.tokens() == Tokens.ALL ? "all tokens" : "class token");
  }

  private static String finding(CausalTrace trace) {
    Weight best = trace.best();
    int n = trace.original().length;
    double original = Arrays.stream(trace.original()).average().orElse(Double.NaN);
    double guided = Arrays.stream(trace.guided()).average().orElse(Double.NaN);
    return String.format(
        Locale.ROOT,
        "The largest rise is at %s (%s): %+.4f. The cosine of the images is %.4f, that of the guides"
            + " %.4f (%s).%s",
        best.blockName(),
        best,
        trace.mean(best.block(), best.layer()),
        original,
        guided,
        n == 1 ? "one image" : "means of " + n + " images",
        guided <= original
            ? " The guides are no nearer to the text than the images: they cannot teach it."
            : "");
  }
}
