package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.dissect.Lens;
import dev.engram.magic.view.BarsPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %lens}: how the class token comes closer to a text from block to block, read
 * at each point as if it were the last.
 *
 * @param title the images
 * @param label the text
 * @param curve cosines along the network, for each image
 * @param provenance where the numbers come from
 */
public record LensCurve(String title, String label, Lens.Curve curve, Provenance provenance)
    implements Viewable {
  private double beforeMsa(int layer) {
    return Arrays.stream(curve.beforeMsa()).mapToDouble(c -> c[layer]).average().orElse(Double.NaN);
  }

  private double beforeFfn(int layer) {
    return Arrays.stream(curve.beforeFfn()).mapToDouble(c -> c[layer]).average().orElse(Double.NaN);
  }

  private int layers() {
    return curve.beforeFfn()[0].length;
  }

  /**
   * @return for each layer (from 0) the mean cosine before it, what its MSA and its FFN block add,
   *     and the cosine behind it
   */
  public Table table() {
    int[] layers = IntStream.range(0, layers()).toArray();
    return Table.create(
        heading(),
        IntColumn.create("layer", layers),
        DoubleColumn.create("cosine before", Arrays.stream(layers).mapToDouble(this::beforeMsa)),
        DoubleColumn.create(
            "MSA adds", Arrays.stream(layers).mapToDouble(l -> beforeFfn(l) - beforeMsa(l))),
        DoubleColumn.create(
            "FFN adds", Arrays.stream(layers).mapToDouble(l -> beforeMsa(l + 1) - beforeFfn(l))),
        DoubleColumn.create(
            "cosine behind", Arrays.stream(layers).mapToDouble(l -> beforeMsa(l + 1))));
  }

  /**
   * @return a line through the mean cosines, a point before each block and one at the end
   */
  public PlotlyFigure figure() {
    List<String> places = new ArrayList<>();
    List<Double> cosines = new ArrayList<>();
    for (int l = 0; l < layers(); l++) {
      places.add("before MSA " + l);
      cosines.add(beforeMsa(l));
      places.add("before FFN " + l);
      cosines.add(beforeFfn(l));
    }
    places.add("end");
    cosines.add(beforeMsa(layers()));
    return PlotlyFigure.titled(Html.escape(heading()))
        .trace(
            Map.of(
                "type", "scatter",
                "mode", "lines+markers",
                "x", places,
                "y", cosines,
                "hovertemplate", "%{x}<br>cosine %{y:.4f}<extra></extra>"))
        .layout("xaxis", Map.of("type", "category", "automargin", true, "tickangle", -60))
        .layout("yaxis.title", "cosine with the text")
        .layout("height", 420)
        .png(
            BarsPng.draw(
                heading(),
                "cosine with the text",
                IntStream.range(0, places.size())
                    .mapToObj(i -> new BarsPng.Bar(places.get(i), cosines.get(i), "#3b528b"))
                    .toList()));
  }

  private String heading() {
    return "The lens on " + title + ", \"" + label + "\"";
  }

  @Override
  public View view() {
    return figure().view().below(Footnote.under(TableView.of(table(), layers()), provenance));
  }

  @Override
  public String toString() {
    return heading() + ": cosine at the end " + beforeMsa(layers());
  }
}
