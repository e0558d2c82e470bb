package dev.engram.magic.result;

import dev.engram.Sha256;
import dev.engram.atlas.AtlasComparison;
import dev.engram.atlas.AtlasComparison.Lone;
import dev.engram.atlas.AtlasComparison.Pair;
import dev.engram.atlas.AtlasComparison.Relabelled;
import dev.engram.atlas.AtlasComparison.Side;
import dev.engram.atlas.Manifest;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Shows {@code %atlas compare}: how many neurons stayed, and which appeared, went or changed. */
final class AtlasComparisonPresenter implements Presenter<AtlasComparison> {
  private static final int ROWS = 10;

  /**
   * A row of the whole table.
   *
   * @param what changed, appeared or vanished
   */
  private record Row(String what, String before, String after, double r, Side was, Side is) {}

  @Override
  public View view(AtlasComparison c, DisplayLimits shown) {
    int rows = shown.or(ROWS);
    List<View> views = new ArrayList<>();
    sentences(c).forEach(s -> views.add(Pages.paragraph(s)));
    add(views, "Density changed most", c.byDensity(), rows);
    add(views, "Another class is improved most", c.byClass(), rows);
    if (c.hasOneDictionary()) {
      add(views, "Other words", c.byWords(), rows);
    } else {
      views.add(
          Pages.paragraph(
              format(
                  "Words are not compared, since they are of two dictionaries (%s and %s).",
                  c.before().dictionary(), c.after().dictionary())));
    }
    lone(views, "Appeared", c.appeared(), rows);
    lone(views, "Vanished", c.vanished(), rows);
    relabelled(views, c.relabelled(), rows);
    return Footnote.under(Pages.stacked(views), c.provenance());
  }

  /** Every neuron that changed, appeared or vanished: names, correlation, and both sides. */
  @Override
  public Table table(AtlasComparison c, DisplayLimits shown) {
    List<Row> rows = new ArrayList<>();
    for (Pair p : c.pairs()) {
      boolean isChanged =
          p.densityChange() != 0
              || p.isOfAnotherClass()
              || p.saysOtherWords()
              || p.correlation() < 1;
      if (isChanged) {
        rows.add(
            new Row(
                "changed",
                p.before().neuron().toString(),
                p.after().neuron().toString(),
                p.correlation(),
                p.before(),
                p.after()));
      }
    }
    c.appeared().forEach(l -> rows.add(row("appeared", l, nearest(l), name(l))));
    c.vanished().forEach(l -> rows.add(row("vanished", l, name(l), nearest(l))));
    return Table.create(
        "Neurons of %s and %s".formatted(c.before().model(), c.after().model()),
        StringColumn.create("what", rows.stream().map(Row::what)),
        StringColumn.create("before", rows.stream().map(Row::before)),
        StringColumn.create("after", rows.stream().map(Row::after)),
        numbers("r", rows, Row::r),
        numbers("density before", rows, r -> r.was.density()),
        numbers("density after", rows, r -> r.is.density()),
        StringColumn.create("best class before", rows.stream().map(r -> r.was.bestClass())),
        StringColumn.create("best class after", rows.stream().map(r -> r.is.bestClass())),
        StringColumn.create("words before", rows.stream().map(r -> r.was.words())),
        StringColumn.create("words after", rows.stream().map(r -> r.is.words())));
  }

  private static Row row(String what, Lone l, String before, String after) {
    Side none = new Side(l.side().neuron(), Double.NaN, Double.NaN, "", Double.NaN, "");
    boolean isNew = what.equals("appeared");
    return new Row(
        what, before, after, l.correlation(), isNew ? none : l.side(), isNew ? l.side() : none);
  }

  private static String name(Lone l) {
    return l.side().neuron().toString();
  }

  private static String nearest(Lone l) {
    return l.nearest() == null ? "" : Objects.requireNonNull(l.nearest()).toString();
  }

  private static List<String> sentences(AtlasComparison c) {
    List<String> all = new ArrayList<>();
    all.add(
        format(
            "Before: %s; after: %s%s; both over the same %,d images of %s.",
            model(c.before()),
            model(c.after()),
            c.before().modelHash().equals(c.after().modelHash())
                ? ", the very same model"
                : c.isEdit() ? ", the same model with other edits" : "",
            c.images(),
            c.before().set()));
    int n = c.after().space().count();
    all.add(
        format(
            "Of %,d neurons after, %,d have the same coefficient on every image, and %,d more"
                + " correlate with the neuron of their own name (r ≥ %s), %,d with one of another"
                + " name alone; %,d appeared: none before has r ≥ %s with them; %s. Of %,d neurons"
                + " before, %,d vanished: none after has r ≥ %s with them; %s.",
            n,
            c.same(),
            c.sameName(),
            c.match(),
            c.otherName(),
            c.appeared().size(),
            c.match(),
            constant(c.constantAfter()),
            c.before().space().count(),
            c.vanished().size(),
            c.match(),
            constant(c.constantBefore())));
    all.add(
        c.standardError() == 0
            ? "Correlations are those of the coefficients on all images."
            : format(
                "Correlations are estimated from 256 sums a neuron, with a standard error of"
                    + " (1 − r²)/16: %.3f at %s, less above it. All else is exact.",
                c.standardError(), c.match()));
    return all;
  }

  private static String model(Manifest m) {
    return format("%s (%s…)", m.model(), Sha256.brief(m.modelHash()));
  }

  private static String constant(int count) {
    return count == 0
        ? "none is constant"
        : format("%,d are constant over the images and have no r", count);
  }

  private static void add(List<View> views, String title, List<Pair> pairs, int rows) {
    if (pairs.isEmpty()) {
      views.add(Pages.paragraph(title + ": none."));
      return;
    }
    List<Pair> first = pairs.stream().limit(rows).toList();
    List<Column<?>> columns = new ArrayList<>();
    columns.add(strings("neuron", first, AtlasComparisonPresenter::names));
    columns.add(numbers("r", first, Pair::correlation));
    columns.add(numbers("density before", first, p -> p.before().density()));
    columns.add(numbers("density after", first, p -> p.after().density()));
    columns.add(strings("best class before", first, p -> ofClass(p.before())));
    columns.add(strings("best class after", first, p -> ofClass(p.after())));
    columns.add(strings("says before", first, p -> p.before().words()));
    columns.add(strings("says after", first, p -> p.after().words()));
    views.add(
        TableView.of(
            Table.create(format("%s (%,d%s)", title, pairs.size(), shown(first, pairs)), columns),
            rows));
  }

  private static void lone(List<View> views, String title, List<Lone> all, int rows) {
    if (all.isEmpty()) {
      views.add(Pages.paragraph(title + ": none."));
      return;
    }
    List<Lone> first = all.stream().limit(rows).toList();
    views.add(
        TableView.of(
            Table.create(
                format("%s (%,d%s)", title, all.size(), shown(first, all)),
                strings("neuron", first, AtlasComparisonPresenter::name),
                strings("nearest", first, AtlasComparisonPresenter::nearest),
                numbers("r", first, Lone::correlation),
                numbers("density", first, l -> l.side().density()),
                strings("best class", first, l -> ofClass(l.side())),
                strings("says", first, l -> l.side().words())),
            rows));
  }

  private static void relabelled(List<View> views, List<Relabelled> all, int rows) {
    if (all.isEmpty()) {
      views.add(Pages.paragraph("Images nearest to another label: none."));
      return;
    }
    List<Relabelled> first = all.stream().limit(rows).toList();
    views.add(
        TableView.of(
            Table.create(
                format("Images nearest to another label (%,d%s)", all.size(), shown(first, all)),
                strings("image", first, Relabelled::image),
                strings("label before", first, Relabelled::before),
                strings("label after", first, Relabelled::after)),
            rows));
  }

  private static String shown(List<?> first, List<?> all) {
    return first.size() < all.size() ? ", the first %d".formatted(first.size()) : "";
  }

  private static String names(Pair p) {
    String before = p.before().neuron().toString();
    String after = p.after().neuron().toString();
    return before.equals(after) ? after : before + " → " + after;
  }

  private static String ofClass(Side side) {
    return side.bestClass().isEmpty()
        ? ""
        : format("%s %+.4f", side.bestClass(), side.improvement());
  }

  private static <T> StringColumn strings(String name, List<T> rows, Function<T, String> value) {
    return StringColumn.create(name, rows.stream().map(value));
  }

  private static <T> DoubleColumn numbers(String name, List<T> rows, ToDoubleFunction<T> value) {
    return DoubleColumn.create(name, rows.stream().mapToDouble(value).toArray());
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
