package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.estimates;
import static dev.engram.magic.result.Reproductions.say;

import dev.engram.experiment.Faithfulness;
import dev.engram.experiment.Ranking;
import dev.engram.experiment.Sanity;
import dev.engram.magic.result.Charts.Series;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Turns what the checks beyond the paper returned into what a cell shows: which ranking is
 * faithful, and whether it depends on the label.
 */
public final class CheckReproductions {
  private CheckReproductions() {}

  /**
   * @param smallModel whether the numbers come from the embedded model
   */
  public static Reproduction of(Faithfulness.Result r, boolean smallModel) {
    List<Integer> counts = r.falls().stream().map(Faithfulness.Fall::count).distinct().toList();
    List<Faithfulness.Fall> rows = r.falls();
    Table table =
        Table.create(
            "How far the cosine falls when the top k neurons are silenced",
            StringColumn.create("ranking", rows.stream().map(Faithfulness.Fall::ranking)),
            IntColumn.create("k", rows.stream().mapToInt(Faithfulness.Fall::count).toArray()));
    estimates(table, "residual suppression", rows, Faithfulness.Fall::residual);
    estimates(table, "complete removal", rows, Faithfulness.Fall::complete);
    List<Series> series = new ArrayList<>();
    for (String ranking : rows.stream().map(Faithfulness.Fall::ranking).distinct().toList()) {
      List<Faithfulness.Fall> falls = counts.stream().map(k -> r.fall(ranking, k)).toList();
      series.add(
          Series.of(ranking, counts, falls.stream().map(Faithfulness.Fall::residual).toList()));
      series.add(
          Series.of(ranking, counts, falls.stream().map(Faithfulness.Fall::complete).toList())
              .dashed("complete"));
    }
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
                    + " %s, by %.4f (literal %.4f, random %.4f); removed completely, for %s, by"
                    + " %.4f.",
                k,
                best.ranking(),
                best.residual().mean(),
                r.fall("literal", k).residual().mean(),
                r.fall(Faithfulness.RANDOM, k).residual().mean(),
                farthest.ranking(),
                farthest.complete().mean()),
            "The paper has no such table; it compares methods by words alone (Table 1)."),
        r,
        table,
        List.of(
            Charts.lines(
                    "Fall of the cosine by ranking: residual suppression, and complete removal"
                        + " (dotted)",
                    "neurons silenced (k)",
                    "fall of the cosine",
                    series)
                .layout("xaxis.type", "log")
                .layout("xaxis.tickvals", counts)),
        r.provenance(),
        smallModel);
  }

  /**
   * @param smallModel whether the numbers come from the embedded model
   */
  public static Reproduction of(Sanity.Result r, boolean smallModel) {
    List<Sanity.Row> rows = r.rows();
    List<String> names = rows.stream().map(row -> row.ranking().toString()).toList();
    Table table =
        Table.create(
            "Two rankings of an entity's neurons: under another entity's label, and by the other"
                + " half of its images",
            StringColumn.create("method", names.stream()));
    estimates(table, "label exchanged: rank correlation", rows, Sanity.Row::exchanged);
    estimates(table, "halves: rank correlation", rows, Sanity.Row::halves);
    estimates(table, "label exchanged: top in common", rows, Sanity.Row::exchangedTop);
    estimates(table, "halves: top in common", rows, Sanity.Row::halvesTop);
    Sanity.Row literal = r.row(Ranking.LITERAL);
    return new Reproduction(
        "sanity",
        List.of(
            say(
                "Under another label the ranking correlates by %.2f with itself (literal), against"
                    + " %.2f between two halves of the images; the first neurons have %.0f %% in"
                    + " common, against %.0f %%.",
                literal.exchanged().mean(),
                literal.halves().mean(),
                100 * literal.exchangedTop().mean(),
                100 * literal.halvesTop().mean()),
            "The activation knows no label, so for it the exchange changes nothing. The paper has no"
                + " such check."),
        r,
        table,
        List.of(
            Charts.bars(
                "Rank correlation of two rankings of an entity",
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
                        rows.stream().map(Sanity.Row::halves).toList())))),
        r.provenance(),
        smallModel);
  }
}
