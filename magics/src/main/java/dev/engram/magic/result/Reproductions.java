package dev.engram.magic.result;

import static dev.engram.experiment.Table2.Importance.ACTIVATION;
import static dev.engram.experiment.Table2.Importance.HEATMAP;
import static dev.engram.experiment.Table2.Importance.RANDOM;

import dev.engram.attribution.Reading;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.Interval;
import dev.engram.experiment.Table1;
import dev.engram.experiment.Table2;
import dev.engram.experiment.Table6;
import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Turns what the experiments of the paper's tables returned into what a cell shows: a table,
 * figures, and the sentences that say what they mean.
 */
public final class Reproductions {
  private Reproductions() {}

  public static Reproduction of(Table1.Result r) {
    List<Table1.Row> rows = r.rows();
    Table table =
        Table.create(
            "Table 1: cosine of an entity's label and the words of its top neurons",
            StringColumn.create("method", rows.stream().map(row -> row.ranking().toString())));
    estimates(table, "best word", rows, Table1.Row::bestWord);
    estimates(table, "reconstruction", rows, Table1.Row::reconstruction);
    estimates(table, "best word, bare name", rows, Table1.Row::bestWordName);
    table.addColumns(optional(Charts.PAPER, rows, Table1.Row::paper));
    List<String> names = rows.stream().map(row -> row.ranking().toString()).toList();
    List<Table1.Row> reported = rows.stream().filter(row -> row.paper().isPresent()).toList();
    Table1.Row best =
        rows.stream()
            .max(Comparator.comparingDouble(row -> row.reconstruction().mean()))
            .orElseThrow();
    return new Reproduction(
        "table1",
        List.of(
            say(
                "Nearest to the labels by all words together: %s, %.3f; an average word of the"
                    + " dictionary has cosine %.3f with a label and %.3f with a bare name.",
                best.ranking(), best.reconstruction().mean(), r.anyWord(), r.anyWordName()),
            say(
                "Paired over the entities, all words: %s (%s).",
                rows.stream()
                    .filter(row -> row.ranking() != Reading.LITERAL)
                    .map(
                        row ->
                            compared(
                                "literal",
                                row.ranking().toString(),
                                r.row(Reading.LITERAL)
                                    .reconstruction()
                                    .minus(row.reconstruction())))
                    .collect(Collectors.joining(", ")),
                best.reconstruction().interval().about()),
            "The paper: ours 82.02 %, activation 70.13, gradient 69.05, combined 65.43."),
        r,
        table,
        List.of(
            Charts.bars(
                "Table 1: cosine of words and label",
                "method",
                "cosine",
                List.of(
                    Series.of("best word", names, rows.stream().map(Table1.Row::bestWord).toList()),
                    Series.of(
                        "all words", names, rows.stream().map(Table1.Row::reconstruction).toList()),
                    Series.of(
                        Charts.PAPER,
                        reported.stream().map(row -> row.ranking().toString()).toList(),
                        reported.stream()
                            .mapToDouble(row -> row.paper().orElseThrow())
                            .toArray())))),
        r.provenance());
  }

  public static Reproduction of(Table2.Result r) {
    List<Table2.Cell> rows = r.cells();
    Table table =
        Table.create(
            "Table 2: what is left when the most important pixels are masked",
            StringColumn.create("map", rows.stream().map(c -> c.map().toString())),
            IntColumn.create("% masked", rows.stream().mapToInt(Table2.Cell::percent).toArray()));
    estimates(table, "activation", rows, Table2.Cell::coefficient);
    table.addColumns(optional("activation, " + Charts.PAPER, rows, Table2.Cell::paperCoefficient));
    estimates(table, "before σ", rows, Table2.Cell::before);
    estimates(table, "cosine", rows, Table2.Cell::cosine);
    table.addColumns(optional("cosine, " + Charts.PAPER, rows, Table2.Cell::paperCosine));
    int most = rows.stream().mapToInt(Table2.Cell::percent).max().orElse(0);
    Function<Table2.Importance, Double> fall =
        map ->
            100
                * (1
                    - r.cell(map, most).coefficient().mean() / r.cell(map, 0).coefficient().mean());
    return new Reproduction(
        "table2",
        List.of(
            say(
                "With %d %% of the pixels masked the activation falls by %.0f %% (heatmap), %.0f %%"
                    + " (activation map), %.0f %% (random). The paper, at 30 %%: 75, 65, 31.",
                most, fall.apply(HEATMAP), fall.apply(ACTIVATION), fall.apply(RANDOM)),
            say(
                "Paired over the same images, the activation with %d %% masked: %s; %s (%s).",
                most,
                compared("heatmap", "activation map", between(r, HEATMAP, ACTIVATION, most)),
                compared("heatmap", "random", between(r, HEATMAP, RANDOM, most)),
                r.cell(HEATMAP, most).coefficient().interval().about()),
            say(
                "The cosine is then %.3f (heatmap), %.3f (activation map), %.3f (random), from"
                    + " %.3f; scattered pixels may disturb a model more than a covered region.",
                r.cell(HEATMAP, most).cosine().mean(),
                r.cell(ACTIVATION, most).cosine().mean(),
                r.cell(RANDOM, most).cosine().mean(),
                r.cell(RANDOM, 0).cosine().mean())),
        r,
        table,
        List.of(
            deletion(r, "coefficient m", c -> c.coefficient()),
            deletion(r, "cosine", c -> c.cosine())),
        r.provenance());
  }

  private static Estimate between(
      Table2.Result r, Table2.Importance one, Table2.Importance other, int percent) {
    return r.cell(one, percent).coefficient().minus(r.cell(other, percent).coefficient());
  }

  private static PlotlyFigure deletion(
      Table2.Result r, String what, Function<Table2.Cell, Estimate> value) {
    List<Series> series = new ArrayList<>();
    for (Table2.Importance map : Table2.Importance.values()) {
      List<Table2.Cell> cells = r.cells().stream().filter(c -> c.map() == map).toList();
      series.add(
          Series.of(
              map.toString(),
              cells.stream().map(Table2.Cell::percent).toList(),
              cells.stream().map(value).toList()));
    }
    return Charts.lines("Table 2: " + what + " by masked pixels", "% masked", what, series);
  }

  /**
   * @param compared one model or several
   */
  public static Reproduction of(Table6.Comparison compared) {
    List<Table6.Result> results = compared.models();
    List<ModelRow> rows = new ArrayList<>();
    results.forEach(r -> r.rows().forEach(row -> rows.add(ModelRow.of(r.model(), row))));
    Table6.PAPER.forEach(p -> rows.add(ModelRow.of(p)));
    Table table =
        Table.create(
            "Table 6: cosine before and after the first neuron is silenced",
            StringColumn.create("model", rows.stream().map(ModelRow::model)),
            StringColumn.create("images", rows.stream().map(ModelRow::images)));
    estimates(table, "original", rows, r -> r.values.get(0));
    estimates(table, "complete removal", rows, r -> r.values.get(1));
    estimates(table, "residual suppression", rows, r -> r.values.get(2));
    List<String> measures = List.of("original", "complete removal", "residual suppression");
    List<Series> series = new ArrayList<>();
    rows.forEach(r -> series.add(Series.of(r.name(results.size() > 1), measures, r.values)));
    List<String> findings = new ArrayList<>();
    for (Table6.Result r : results) {
      for (Table6.Row row : r.rows()) {
        findings.add(
            say(
                "%s%s: falls by %s under complete removal, by %s under residual suppression;"
                    + " paired: %s.",
                results.size() > 1 ? r.model() + ", " : "",
                row.images(),
                row.completeFall(),
                row.residualFall(),
                compared("residual", "complete", row.residualFall().minus(row.completeFall()))));
      }
    }
    findings.add(CheckReproductions.judged(results.get(0).judged()));
    findings.add(
        "The paper (CLIP): −0.0005 and 0.0223; complete removal leaves the cosine as it was.");
    return new Reproduction(
        "table6",
        findings,
        compared,
        table,
        List.of(Charts.bars("Table 6: cosine of image and label", "", "cosine", series)),
        compared.provenance());
  }

  /** A row of Table 6, ours or the paper's: the cosine original, removed, suppressed. */
  private record ModelRow(String model, String images, List<Estimate> values) {
    static ModelRow of(String model, Table6.Row row) {
      return new ModelRow(
          model, row.images(), List.of(row.original(), row.complete(), row.residual()));
    }

    static ModelRow of(Table6.Paper p) {
      return new ModelRow(
          p.model() + ", " + Charts.PAPER,
          "5,000 of ImageNet, neuron of each image",
          Stream.of(p.original(), p.complete(), p.residual())
              .map(v -> Estimate.reported(v))
              .toList());
    }

    String name(boolean several) {
      return values.get(0).count() == 0 ? model : several ? model + ": " + images : images;
    }
  }

  /**
   * A column of means, and one of half widths; the table's title says what the intervals are over.
   */
  static <T> void estimates(Table table, String name, List<T> rows, Function<T, Estimate> value) {
    List<Estimate> all = rows.stream().map(value).toList();
    table.addColumns(doubles(name, all, Estimate::mean));
    String about = Interval.about(all);
    if (!about.isEmpty()) {
      table.addColumns(doubles("± " + name, all, Estimate::halfWidth));
      sayIntervals(table, about);
    }
  }

  /** Each kind of interval once. */
  private static void sayIntervals(Table table, String about) {
    String known = table.name();
    for (String one : about.split("; ")) {
      if (!known.contains(one)) {
        boolean more = known.contains(" (±: ");
        String open = more ? known.substring(0, known.length() - 1) + "; " : known + " (±: ";
        known = open + one + ")";
      }
    }
    table.setName(known);
  }

  /**
   * A column of what a row has more than another on the same images, and one of half widths:
   * missing where there is nothing to compare with.
   */
  static <T> void differences(
      Table table, String name, List<T> rows, Function<T, Optional<Estimate>> value) {
    estimates(
        table, name, rows, row -> value.apply(row).orElseGet(() -> Estimate.reported(Double.NaN)));
  }

  /** One of two means on the same images against the other: lower, higher, or not to be told. */
  static String compared(String one, String other, Estimate difference) {
    return say(
        "%s − %s: %s%s",
        one,
        other,
        difference.plusMinus(),
        difference.interval().excludesZero() ? "" : " (cannot be told apart)");
  }

  static <T> DoubleColumn doubles(String name, List<T> rows, ToDoubleFunction<T> value) {
    return DoubleColumn.create(name, rows.stream().mapToDouble(value).toArray());
  }

  private static <T> DoubleColumn optional(
      String name, List<T> rows, Function<T, OptionalDouble> value) {
    DoubleColumn column = DoubleColumn.create(name);
    for (T row : rows) {
      value.apply(row).ifPresentOrElse(column::append, column::appendMissing);
    }
    return column;
  }

  /** A share in percent, with the ends of its interval and what that is over. */
  static String percent(Estimate share) {
    Interval of = share.interval();
    return of.exists()
        ? say(
            "%.1f %% (%.1f to %.1f; %s)",
            100 * share.mean(), 100 * of.low(), 100 * of.high(), of.about())
        : say("%.1f %%", 100 * share.mean());
  }

  static String say(String sentence, Object... values) {
    return String.format(Locale.ROOT, sentence, values);
  }
}
