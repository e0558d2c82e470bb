package dev.engram.magic.result;

import dev.engram.lab.LensMaps;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.Arrays;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %lens --patches}: a map of the patches for each text and layer. */
final class LensMapsPresenter implements Presenter<LensMaps> {
  @Override
  public View view(LensMaps maps, DisplayLimits shown) {
    View rows = TableView.of(table(maps, shown));
    return figure(maps, shown).view().below(Footnote.under(rows, maps.provenance()));
  }

  /**
   * For each text and layer (from 0; the last row of a text is the end) the cosines before it: of
   * the class token where there is one, the mean of the patches, and the highest patch.
   */
  @Override
  public Table table(LensMaps maps, DisplayLimits shown) {
    StringColumn text = StringColumn.create("text");
    IntColumn layer = IntColumn.create("before layer");
    DoubleColumn token = DoubleColumn.create("class token");
    DoubleColumn mean = DoubleColumn.create("mean of patches");
    DoubleColumn highest = DoubleColumn.create("highest patch");
    IntColumn row = IntColumn.create("row");
    IntColumn column = IntColumn.create("column");
    for (int t = 0; t < maps.labels().size(); t++) {
      for (int l = 0; l <= maps.layers(); l++) {
        double[] patches = maps.patches(t, l);
        int best =
            IntStream.range(0, patches.length).reduce(0, (a, b) -> patches[b] > patches[a] ? b : a);
        text.append(maps.labels().get(t));
        layer.append(l);
        token.append(maps.classToken() ? maps.cosines()[t][l][0] : Double.NaN);
        mean.append(Arrays.stream(patches).average().orElse(Double.NaN));
        highest.append(patches[best]);
        row.append(best / maps.side());
        column.append(best % maps.side());
      }
    }
    return Table.create(heading(maps), text, layer, token, mean, highest, row, column);
  }

  /** A map for each text (downwards) and layer, on one scale. */
  @Override
  public PlotlyFigure figure(LensMaps maps, DisplayLimits shown) {
    double[][][] tiles =
        IntStream.range(0, maps.labels().size())
            .mapToObj(
                t ->
                    IntStream.rangeClosed(0, maps.layers())
                        .mapToObj(l -> maps.patches(t, l))
                        .toArray(double[][]::new))
            .toArray(double[][][]::new);
    return new MapGrid(
            heading(maps),
            "cosine",
            maps.labels(),
            IntStream.rangeClosed(0, maps.layers())
                .mapToObj(l -> l == maps.layers() ? "end" : "layer " + l)
                .toList(),
            tiles,
            maps.side(),
            false,
            maps.picture().image())
        .figure();
  }

  private static String heading(LensMaps maps) {
    return "The lens on every patch of " + maps.picture().title();
  }
}
