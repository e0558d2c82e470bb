package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.lab.HeadReadings;
import dev.engram.lab.HeadReadings.HeadWords;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %heads}: what each head writes to the embedding, and what it says in words. */
final class HeadReadingsPresenter implements Presenter<HeadReadings> {
  private static final int TOP = 10;

  /** A head and its share. */
  private record Ranked(int layer, int head, double share) {}

  @Override
  public View view(HeadReadings heads, DisplayLimits shown) {
    View rows = TableView.of(table(heads, shown), shown.or(TOP));
    View page = Pages.under(List.of(sum(heads)), rows);
    return figure(heads, shown).view().below(Footnote.under(page, heads.provenance()));
  }

  private static List<Ranked> ranked(HeadReadings heads) {
    double[][] shares = heads.shares();
    return IntStream.range(0, shares.length)
        .boxed()
        .flatMap(
            l -> IntStream.range(0, shares[l].length).mapToObj(h -> new Ranked(l, h, shares[l][h])))
        .sorted(Comparator.comparingDouble((Ranked r) -> -Math.abs(r.share())))
        .toList();
  }

  /** Every head, the largest share (of either sign) first, with its words where they were asked. */
  @Override
  public Table table(HeadReadings heads, DisplayLimits shown) {
    List<Ranked> ranked = ranked(heads);
    List<Optional<HeadWords>> words =
        ranked.stream().map(r -> heads.words(r.layer(), r.head())).toList();
    return Table.create(
        heading(heads),
        IntColumn.create("layer", ranked.stream().mapToInt(Ranked::layer).toArray()),
        IntColumn.create("head", ranked.stream().mapToInt(Ranked::head).toArray()),
        DoubleColumn.create(
            "share of the cosine", ranked.stream().mapToDouble(Ranked::share).toArray()),
        StringColumn.create(
            "says", words.stream().map(w -> w.map(HeadReadingsPresenter::said).orElse(""))),
        DoubleColumn.create(
            "variance explained",
            words.stream().mapToDouble(w -> w.map(HeadWords::explained).orElse(Double.NaN))));
  }

  private static String said(HeadWords words) {
    return words.said().stream().map(s -> s.word()).collect(Collectors.joining(", "));
  }

  /** The share of each layer (downwards) and head. */
  @Override
  public PlotlyFigure figure(HeadReadings heads, DisplayLimits shown) {
    double[][] shares = heads.shares();
    List<String> names = IntStream.range(0, shares[0].length).mapToObj(h -> "head " + h).toList();
    return MapGrid.ofLayers(heading(heads), "share of the cosine", names, shares).figure();
  }

  private static String sum(HeadReadings heads) {
    return "The cosine %s = heads %s, FFN blocks %s, biases and initial embedding %s."
        .formatted(
            Digits.fixed(heads.cosine(), 4),
            Digits.signed(heads.heads(), 4),
            Digits.signed(heads.ffn(), 4),
            Digits.signed(heads.rest(), 4));
  }

  private static String heading(HeadReadings heads) {
    return "What the heads write for %s, \"%s\"".formatted(heads.title(), heads.label());
  }
}
