package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.differences;
import static dev.engram.magic.result.Reproductions.estimates;
import static dev.engram.magic.result.Reproductions.say;

import dev.engram.Digits;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.Sanity;
import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Turns what the checks beyond the paper returned into what a cell shows: which ranking is
 * faithful, and whether it depends on the label.
 */
public final class CheckReproductions {
  private CheckReproductions() {}

  public static Reproduction of(Faithfulness.Result r) {
    List<Integer> counts = r.falls().stream().map(Faithfulness.Fall::count).distinct().toList();
    List<Faithfulness.Fall> rows = r.falls();
    String base = r.baseline();
    Table table =
        Table.create(
            "How far the cosine falls when the top k neurons are silenced",
            StringColumn.create("ranking", rows.stream().map(Faithfulness.Fall::ranking)),
            IntColumn.create("k", rows.stream().mapToInt(Faithfulness.Fall::count).toArray()));
    estimates(table, "residual suppression", rows, Faithfulness.Fall::residual);
    differences(
        table, "residual − " + base, rows, f -> overBaseline(r, f, Faithfulness.Fall::residual));
    estimates(table, "complete removal", rows, Faithfulness.Fall::complete);
    differences(
        table, "complete − " + base, rows, f -> overBaseline(r, f, Faithfulness.Fall::complete));
    int k = counts.contains(10) ? 10 : counts.get(counts.size() - 1);
    Faithfulness.Fall best = r.byResidual(k).get(0);
    Faithfulness.Fall farthest =
        rows.stream()
            .filter(f -> f.count() == k)
            .max(Comparator.comparingDouble(f -> f.complete().mean()))
            .orElseThrow();
    return new Reproduction(
        "faithfulness",
        List.of(
            say("Mean cosine of image and label: %s.", r.cosine()),
            say(
                "With the top %d neurons suppressed in the residual stream it falls farthest for"
                    + " %s, by %.4f (%s); removed completely, for %s, by %.4f.",
                k,
                best.ranking(),
                best.residual().mean(),
                rows.stream()
                    .filter(f -> f.count() == k)
                    .filter(f -> Set.of(base, Faithfulness.RANDOM).contains(f.ranking()))
                    .map(f -> f.ranking() + " " + Digits.fixed(f.residual().mean(), 4))
                    .collect(Collectors.joining(", ")),
                farthest.ranking(),
                farthest.complete().mean()),
            counts.stream()
                .filter(count -> count <= k)
                .map(count -> paired(r, count))
                .collect(Collectors.joining(" ")),
            judged(r.judged()),
            "The paper has no such table; it compares methods by words alone (Table 1)."),
        r,
        table,
        List.of(
            falls(r, "residual suppression", counts, Faithfulness.Fall::residual),
            falls(r, "complete removal", counts, Faithfulness.Fall::complete)),
        r.provenance());
  }

  public static Reproduction of(Sanity.Result r) {
    List<Sanity.Row> rows = r.rows();
    List<String> names = rows.stream().map(row -> row.ranking().toString()).toList();
    List<Compared> compared = new ArrayList<>();
    for (Sanity.Row row : rows) {
      String name = row.ranking().toString();
      compared.add(
          new Compared(name, "another entity's label", row.exchanged(), row.exchangedTop()));
      compared.add(new Compared(name, "other half of the images", row.halves(), row.halvesTop()));
      for (Sanity.Randomised x : r.randomised(row.ranking())) {
        String with = x.layers() + (x.layers() == 1 ? " random layer" : " random layers");
        compared.add(new Compared(name, with, x.correlation(), x.top()));
      }
    }
    Table table =
        Table.create(
            "How alike two rankings of an entity's neurons are",
            StringColumn.create("method", compared.stream().map(Compared::method)),
            StringColumn.create("compared with", compared.stream().map(Compared::with)));
    estimates(table, "rank correlation", compared, Compared::correlation);
    estimates(table, "top in common", compared, Compared::top);
    return new Reproduction(
        "sanity",
        findings(r),
        r,
        table,
        List.of(
            Charts.bars(
                "Label exchanged: rank correlation of two rankings of an entity",
                "method",
                "Spearman's correlation",
                List.of(
                    Series.of(
                        "label exchanged",
                        names,
                        rows.stream().map(Sanity.Row::exchanged).toList()),
                    Series.of(
                        "halves of the images",
                        names,
                        rows.stream().map(Sanity.Row::halves).toList()))),
            Charts.around(
                    "Random weights: rank correlation with the model's own ranking",
                    "layers drawn anew, from the last one down",
                    "Spearman's correlation",
                    rows.stream().map(row -> fall(r, row.ranking())).toList())
                .layout("xaxis.dtick", 1)
                .layout("xaxis.zeroline", false)
                .layout("yaxis.rangemode", "tozero")),
        r.provenance());
  }

  /** How much farther it falls than for the baseline, on the same images. */
  private static Optional<Estimate> overBaseline(
      Faithfulness.Result r, Faithfulness.Fall fall, Function<Faithfulness.Fall, Estimate> value) {
    return fall.ranking().equals(r.baseline())
        ? Optional.empty()
        : Optional.of(value.apply(fall).minus(value.apply(r.fall(r.baseline(), fall.count()))));
  }

  /** On which images: what was found on an image does well on it. */
  static String judged(String how) {
    return "Judged: " + how + ".";
  }

  /** Every ranking against the baseline. */
  private static String paired(Faithfulness.Result r, int count) {
    return say(
        "Paired over the same images, at k = %d, residual suppression: %s.",
        count,
        r.falls().stream()
            .filter(f -> f.count() == count)
            .flatMap(
                f ->
                    overBaseline(r, f, Faithfulness.Fall::residual).stream()
                        .map(d -> Reproductions.compared(f.ranking(), r.baseline(), d)))
            .collect(Collectors.joining("; ")));
  }

  private static PlotlyFigure falls(
      Faithfulness.Result r,
      String how,
      List<Integer> counts,
      Function<Faithfulness.Fall, Estimate> fall) {
    List<Series> series = new ArrayList<>();
    for (String ranking : r.falls().stream().map(Faithfulness.Fall::ranking).distinct().toList()) {
      series.add(
          Series.of(
              ranking, counts, counts.stream().map(k -> fall.apply(r.fall(ranking, k))).toList()));
    }
    return Charts.around(
            "Fall of the cosine by ranking: " + how,
            "neurons silenced (k)",
            "fall of the cosine",
            series)
        .layout("xaxis.type", "log")
        .layout("xaxis.tickvals", counts);
  }

  /** A row of the table. */
  private record Compared(String method, String with, Estimate correlation, Estimate top) {}

  private static List<String> findings(Sanity.Result r) {
    Sanity.Row literal = r.row(Reading.LITERAL);
    List<String> findings = new ArrayList<>();
    findings.add(
        say(
            "Under another label the ranking correlates by %.2f with itself (literal), against"
                + " %.2f between two halves of the images; the first neurons have %.0f %% in"
                + " common, against %.0f %%. The activation knows no label, so for it the exchange"
                + " changes nothing.",
            literal.exchanged().mean(),
            literal.halves().mean(),
            100 * literal.exchangedTop().mean(),
            100 * literal.halvesTop().mean()));
    List<Sanity.Randomised> falls = r.randomised(Reading.LITERAL);
    if (!falls.isEmpty()) {
      Sanity.Randomised first = falls.get(0);
      Sanity.Randomised last = falls.get(falls.size() - 1);
      Sanity.Randomised direct = r.randomised(Reading.DIRECT).get(0);
      findings.add(
          say(
              "With %d of the last layers drawn anew the ranking correlates by %.2f with that of the"
                  + " model, with %d by %.2f; the first neurons then have %.0f %% and %.0f %% in"
                  + " common (literal).",
              first.layers(),
              first.correlation().mean(),
              last.layers(),
              last.correlation().mean(),
              100 * first.top().mean(),
              100 * last.top().mean()));
      if (!Double.isNaN(first.below().mean())) {
        findings.add(
            say(
                "Among the neurons below these layers the ranking stays as it was: %.2f (literal),"
                    + " %.2f (direct). A score is read from the residual stream and does not follow"
                    + " what later layers make of a neuron.",
                first.below().mean(), direct.below().mean()));
      }
    }
    findings.add("The paper has no such checks; Adebayo et al. made them for saliency maps.");
    return findings;
  }

  /** From the model itself, which correlates with itself by 1, down. */
  private static Series fall(Sanity.Result r, Score ranking) {
    List<Integer> layers = new ArrayList<>(List.of(0));
    List<Estimate> left = new ArrayList<>(List.of(Estimate.reported(1)));
    for (Sanity.Randomised x : r.randomised(ranking)) {
      layers.add(x.layers());
      left.add(x.correlation());
    }
    return Series.of(ranking.toString(), layers, left);
  }
}
