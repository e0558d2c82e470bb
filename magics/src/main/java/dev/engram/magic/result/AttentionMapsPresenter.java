package dev.engram.magic.result;

import dev.engram.lab.AttentionMaps;
import dev.engram.lab.AttentionMaps.OfHead;
import dev.engram.lab.Cell;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %attention}: where a token attends to, a map for each head. */
final class AttentionMapsPresenter implements Presenter<AttentionMaps> {
  @Override
  public View view(AttentionMaps maps, DisplayLimits shown) {
    View rows = TableView.of(table(maps, shown), shown.or(TableView.DEFAULT_ROWS));
    return figure(maps, shown).view().below(Footnote.under(rows, maps.provenance()));
  }

  /**
   * A row for each head: its share of the class token, its strongest patch, and over how many
   * tokens it is spread.
   */
  @Override
  public Table table(AttentionMaps maps, DisplayLimits shown) {
    List<OfHead> heads = maps.heads();
    return Table.create(
        heading(maps),
        ints("layer", heads, OfHead::layer),
        ints("head", heads, OfHead::head),
        doubles("class token", heads, OfHead::classToken),
        doubles("strongest patch", heads, h -> h.patches()[h.strongest()]),
        ints("row", heads, h -> h.strongest() / maps.side()),
        ints("column", heads, h -> h.strongest() % maps.side()),
        doubles("spread over tokens", heads, OfHead::spread));
  }

  private static IntColumn ints(String name, List<OfHead> heads, ToIntFunction<OfHead> value) {
    return IntColumn.create(name, heads.stream().mapToInt(value).toArray());
  }

  private static DoubleColumn doubles(
      String name, List<OfHead> heads, ToDoubleFunction<OfHead> value) {
    return DoubleColumn.create(name, heads.stream().mapToDouble(value).toArray());
  }

  /** A map of the patches for each layer (downwards) and head, on one scale. */
  @Override
  public PlotlyFigure figure(AttentionMaps maps, DisplayLimits shown) {
    List<Integer> layers = maps.heads().stream().map(OfHead::layer).distinct().toList();
    List<Integer> heads = maps.heads().stream().map(OfHead::head).distinct().toList();
    double[][][] tiles =
        layers.stream()
            .map(
                layer ->
                    maps.heads().stream()
                        .filter(h -> h.layer() == layer)
                        .map(OfHead::patches)
                        .toArray(double[][]::new))
            .toArray(double[][][]::new);
    return new MapGrid(
            heading(maps),
            "share",
            layers.stream().map(l -> "layer " + l).toList(),
            heads.stream().map(h -> "head " + h).toList(),
            tiles,
            maps.side(),
            false,
            maps.picture().image())
        .figure();
  }

  private static String heading(AttentionMaps maps) {
    Cell patch = maps.patch();
    String token =
        patch == null ? "class token" : "patch %d,%d".formatted(patch.row(), patch.column());
    return "Attention of the %s of %s".formatted(token, maps.picture().title());
  }
}
