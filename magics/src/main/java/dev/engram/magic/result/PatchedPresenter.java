package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.ActivationPatching.Place;
import dev.engram.lab.PatchedActivations;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %patch}: how far each activation of another image takes an image to a text. */
final class PatchedPresenter implements Presenter<PatchedActivations> {
  private static final int TOP = 10;

  /** One replacement. */
  private record Replaced(int layer, int index, double rise) {}

  @Override
  public View view(PatchedActivations patched, DisplayLimits shown) {
    View rows = TableView.of(table(patched, shown), shown.or(TOP));
    View page = Pages.under(List.of(sum(patched)), rows);
    return figure(patched, shown).view().below(Footnote.under(page, patched.provenance()));
  }

  /**
   * A row for each replacement, the largest change of the cosine first: where, the rise, and its
   * part of the way from the image to the source.
   */
  @Override
  public Table table(PatchedActivations patched, DisplayLimits shown) {
    List<Replaced> all =
        IntStream.range(0, patched.cosines().length)
            .boxed()
            .flatMap(
                l ->
                    IntStream.range(0, patched.cosines()[l].length)
                        .mapToObj(i -> new Replaced(l, i, patched.rise(l, i))))
            .sorted(Comparator.comparingDouble((Replaced r) -> -Math.abs(r.rise())))
            .toList();
    return Table.create(
        heading(patched),
        IntColumn.create("layer", all.stream().mapToInt(Replaced::layer).toArray()),
        StringColumn.create(
            patched.place() == Place.HEAD ? "head" : "position",
            all.stream().map(r -> patched.name(r.index()))),
        DoubleColumn.create("rise of the cosine", all.stream().mapToDouble(Replaced::rise)),
        DoubleColumn.create(
            "part of the way",
            all.stream().mapToDouble(r -> patched.recovered(r.layer(), r.index()))));
  }

  /** The rise for each layer (downwards) and position or head. */
  @Override
  public PlotlyFigure figure(PatchedActivations patched, DisplayLimits shown) {
    int columns = patched.cosines()[0].length;
    double[][] rises =
        IntStream.range(0, patched.cosines().length)
            .mapToObj(
                l -> IntStream.range(0, columns).mapToDouble(i -> patched.rise(l, i)).toArray())
            .toArray(double[][]::new);
    List<String> names = IntStream.range(0, columns).mapToObj(patched::name).toList();
    return MapGrid.ofLayers(heading(patched), "rise of the cosine", names, rises).figure();
  }

  private static String sum(PatchedActivations patched) {
    return "The cosine with \"%s\" is %s for %s and %s for %s."
        .formatted(
            patched.label(),
            Digits.fixed(patched.before(), 4),
            patched.picture().title(),
            Digits.fixed(patched.goal(), 4),
            patched.source());
  }

  private static String heading(PatchedActivations patched) {
    return "Activations of %s in %s, \"%s\""
        .formatted(patched.source(), patched.picture().title(), patched.label());
  }
}
