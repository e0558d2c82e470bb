package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.doubles;
import static dev.engram.magic.result.Reproductions.say;

import dev.engram.experiment.Estimate;
import dev.engram.experiment.InsertionAccuracy;
import dev.engram.experiment.PaperInsertion;
import dev.engram.experiment.Table4;
import dev.engram.experiment.Table8;
import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Turns what the experiments of knowledge insertion returned into what a cell shows: one name at a
 * time (Table 4), and several at once (Table 8).
 */
public final class InsertionReproductions {
  private static final List<String> MEASURES =
      List.of(
          "category",
          "data set",
          "general",
          "data set, held out from training",
          "general, held out from training");

  /** What the paper measures as well; the others are left out where a set knows no splits. */
  private static final int PAPER_MEASURES = 3;

  private InsertionReproductions() {}

  /**
   * A row of either table, ours or the paper's.
   *
   * @param how of each method but the original
   * @param accuracies from 0 to 1: every measure of each method
   */
  private record Row(
      String model, String set, String entity, List<String> how, List<Double> accuracies) {}

  public static Reproduction of(Table4.Result r) {
    List<Table4.TeachingMethod> methods = List.of(Table4.TeachingMethod.values());
    List<Row> rows = new ArrayList<>();
    for (Table4.Case c : r.cases()) {
      rows.add(
          new Row(
              r.model(),
              c.dataset(),
              c.entity(),
              List.of(c.fineTuned().how(), c.lora().how(), c.inserted().how()),
              values(methods.stream().map(c::accuracy))));
    }
    List<List<Estimate>> averages =
        methods.stream().map(m -> averages(value -> r.over(m, value))).toList();
    List<String> names = methods.stream().map(Table4.TeachingMethod::toString).toList();
    return reproduction(
        "table4",
        "Table 4: zero-shot accuracy before and after one name is taught",
        names,
        rows,
        averages,
        Table4.PAPER,
        findings(r, averages),
        r,
        new Source(r.model(), r.provenance()));
  }

  public static Reproduction of(Table8.Result r) {
    List<Row> rows = new ArrayList<>();
    for (Table8.Case c : r.cases()) {
      rows.add(
          new Row(
              r.model(),
              "%s, edit %d".formatted(c.dataset(), c.group() + 1),
              c.entity(),
              List.of(c.where()),
              values(Stream.of(c.original(), c.inserted()))));
    }
    List<List<Estimate>> averages =
        List.of(
            averages(value -> r.over(c -> value.apply(c.original()))),
            averages(value -> r.over(c -> value.apply(c.inserted()))));
    return reproduction(
        "table8",
        "Table 8: zero-shot accuracy before and after several names are taught at once",
        List.of("original", "MEMIT"),
        rows,
        averages,
        Table8.PAPER,
        findings(r, averages),
        r,
        new Source(r.model(), r.provenance()));
  }

  /** Whose numbers they are. */
  private record Source(String model, dev.engram.Provenance provenance) {}

  private static Reproduction reproduction(
      String name,
      String title,
      List<String> methods,
      List<Row> cases,
      List<List<Estimate>> averages,
      List<PaperInsertion> paper,
      List<String> findings,
      Object result,
      Source of) {
    List<Row> rows = new ArrayList<>(cases);
    List<String> nothing = methods.stream().skip(1).map(m -> "").toList();
    rows.add(
        new Row(
            of.model,
            "",
            "average",
            nothing,
            averages.stream().flatMap(List::stream).map(Estimate::mean).toList()));
    for (PaperInsertion p : paper) {
      rows.add(
          new Row(
              Charts.PAPER,
              "",
              p.entity(),
              nothing,
              p.methods().stream().flatMap(InsertionReproductions::values).toList()));
    }
    Row last = rows.get(rows.size() - 1);
    List<Viewable> figures =
        List.of(
            figure(title + ", average", methods, averages),
            figure(
                "The same in the paper (ViT-L/14)",
                methods,
                IntStream.range(0, methods.size())
                    .mapToObj(
                        m ->
                            last
                                .accuracies
                                .subList(MEASURES.size() * m, MEASURES.size() * (m + 1))
                                .stream()
                                .map(v -> Estimate.reported(v))
                                .toList())
                    .toList()));
    return new Reproduction(
        name, findings, result, table(title, methods, rows), figures, of.provenance);
  }

  private static Table table(String title, List<String> methods, List<Row> rows) {
    Table table =
        Table.create(
            title,
            StringColumn.create("model", rows.stream().map(Row::model)),
            StringColumn.create("set", rows.stream().map(Row::set)),
            StringColumn.create("case", rows.stream().map(Row::entity)));
    for (int i = 0; i < MEASURES.size(); i++) {
      for (int m = 0; m < methods.size(); m++) {
        int column = MEASURES.size() * m + i;
        if (rows.stream().allMatch(row -> Double.isNaN(row.accuracies.get(column)))) {
          continue; // the set does not say what was trained on
        }
        table.addColumns(
            doubles(
                MEASURES.get(i) + ", " + methods.get(m), rows, row -> row.accuracies.get(column)));
      }
    }
    for (int m = 1; m < methods.size(); m++) {
      int column = m - 1;
      table.addColumns(
          StringColumn.create(
              methods.get(m) + " by", rows.stream().map(row -> row.how.get(column))));
    }
    return table;
  }

  private static PlotlyFigure figure(
      String title, List<String> methods, List<List<Estimate>> accuracies) {
    List<Integer> measures =
        IntStream.range(0, MEASURES.size())
            .filter(
                i ->
                    i < PAPER_MEASURES
                        || accuracies.stream().anyMatch(a -> !Double.isNaN(a.get(i).mean())))
            .boxed()
            .toList();
    List<String> names = measures.stream().map(MEASURES::get).toList();
    List<Series> series = new ArrayList<>();
    for (int m = 0; m < methods.size(); m++) {
      series.add(
          Series.of(methods.get(m), names, measures.stream().map(accuracies.get(m)::get).toList()));
    }
    return Charts.bars(title, "", "accuracy", series).layout("yaxis.range", List.of(0, 1.05));
  }

  private static List<Double> values(Stream<InsertionAccuracy> methods) {
    return methods
        .flatMap(
            a -> Stream.of(a.category(), a.dataset(), a.general(), a.heldOut(), a.generalHeldOut()))
        .map(Estimate::mean)
        .toList();
  }

  private static Stream<Double> values(PaperInsertion.Percent p) {
    return Stream.of(
        p.category() / 100, p.dataset() / 100, p.general() / 100, Double.NaN, Double.NaN);
  }

  private static List<Estimate> averages(
      Function<Function<InsertionAccuracy, Estimate>, Estimate> over) {
    return List.of(
        over.apply(InsertionAccuracy::category),
        over.apply(InsertionAccuracy::dataset),
        over.apply(InsertionAccuracy::general),
        over.apply(InsertionAccuracy::heldOut),
        over.apply(InsertionAccuracy::generalHeldOut));
  }

  private static List<String> findings(Table4.Result r, List<List<Estimate>> averages) {
    double[] cost =
        averages.stream()
            .mapToDouble(a -> 100 * (averages.get(0).get(1).mean() - a.get(1).mean()))
            .toArray();
    double training = Math.min(cost[1], cost[2]);
    return List.of(
        said("Category", averages, 0),
        said("Data set", averages, 1),
        averages.get(0).get(2).count() == 0 || Double.isNaN(averages.get(0).get(2).mean())
            ? "The set has no general objects."
            : said("General objects", averages, 2),
        say(
            "Of the data set's accuracy fine-tuning costs %.1f points, LoRA %.1f, the rank-one edit"
                + " %.1f (the paper: 4.9, 5.5, −0.1): that training harms the rest more is %s.",
            cost[1], cost[2], cost[3], training > cost[3] + 1 ? "seen here, too" : "not seen here"),
        "Taught: " + r.taught() + ". The paper teaches flowers and birds with captioned images.");
  }

  private static String said(String what, List<List<Estimate>> averages, int measure) {
    Function<List<Double>, String> percent =
        values -> say("%.1f %%, %.1f, %.1f and %.1f", values.toArray());
    List<Double> paper =
        Table4.PAPER.get(Table4.PAPER.size() - 1).methods().stream()
            .map(p -> List.of(p.category(), p.dataset(), p.general()).get(measure))
            .toList();
    return say(
        "%s, average of original, fine-tuning, LoRA and rank-one edit: %s (the paper: %s).",
        what,
        percent.apply(averages.stream().map(a -> 100 * a.get(measure).mean()).toList()),
        percent.apply(paper));
  }

  private static List<String> findings(Table8.Result r, List<List<Estimate>> averages) {
    ToDoubleFunction<Estimate> percent = e -> 100 * e.mean();
    double[] before = averages.get(0).stream().mapToDouble(percent).toArray();
    double[] after = averages.get(1).stream().mapToDouble(percent).toArray();
    long learnt =
        r.cases().stream()
            .filter(c -> c.inserted().category().mean() > c.original().category().mean())
            .count();
    return List.of(
        say(
            "Average accuracy before and after: category %.1f %% and %.1f %%, data set %.1f %% and"
                + " %.1f %%%s. The category improves in %d of %d cases%s.",
            before[0],
            after[0],
            before[1],
            after[1],
            Double.isNaN(before[2])
                ? ""
                : say(", general objects %.1f %% and %.1f %%", before[2], after[2]),
            learnt,
            r.cases().size(),
            2 * learnt < r.cases().size() ? ": this model does not show what the paper found" : ""),
        "Taught: "
            + r.taught()
            + ". The paper teaches five flowers, then five birds, with captioned images.",
        "The paper: category 0.97 % and 80.09 %, data set 70.80 % and 72.01 %, ImageNet 72.20 % and"
            + " 72.22 %; the category improves in all ten.");
  }
}
