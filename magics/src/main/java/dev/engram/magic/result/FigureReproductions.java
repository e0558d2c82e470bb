package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.doubles;
import static dev.engram.magic.result.Reproductions.estimates;
import static dev.engram.magic.result.Reproductions.percent;
import static dev.engram.magic.result.Reproductions.say;

import dev.engram.experiment.Decay;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.Figure3;
import dev.engram.experiment.Figure4a;
import dev.engram.experiment.Figure6;
import dev.engram.experiment.Figure7;
import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Turns what the experiments of the paper's figures returned into what a cell shows: a table,
 * figures, and the sentences that say what they mean.
 */
public final class FigureReproductions {
  private FigureReproductions() {}

  public static Reproduction of(Figure3.Result r) {
    List<Figure3.Place> places = List.copyOf(r.entityPlaces().counts().keySet());
    List<String> names = places.stream().map(Figure3.Place::toString).toList();
    Table table =
        Table.create(
            "Figure 3 (a), (c): share of neurons in each block (A: MSA, F: FFN, layers from 0)",
            StringColumn.create("block", names.stream()));
    int top = r.settings().top();
    estimates(table, "entities, top " + top, places, r.entityPlaces()::estimate);
    estimates(table, "general objects, top " + top, places, r.objectPlaces()::estimate);
    estimates(
        table, "query neurons, top " + r.settings().queries(), places, r.queryPlaces()::estimate);
    boolean objects = r.objectPlaces().total() > 0;
    return new Reproduction(
        "figure3",
        List.of(
            say(
                "FFN blocks hold %s of the top neurons of entities%s; MSA blocks hold %s"
                    + " of the query neurons.",
                percent(r.entityPlaces().estimate(Neuron.Block.FFN)),
                objects
                    ? say(
                        " and %s of those of general objects",
                        percent(r.objectPlaces().estimate(Neuron.Block.FFN)))
                    : " (the set has no labelled background images to compare with)",
                percent(r.queryPlaces().estimate(Neuron.Block.MSA))),
            say(
                "Half of the first neuron's improvement is left until rank %d for entities%s; of the"
                    + " first query neuron's effect, until rank %d.",
                r.entityDecay().halfRank() - 1,
                objects ? say(", rank %d for general objects", r.objectDecay().halfRank() - 1) : "",
                r.queryDecay().halfRank() - 1),
            "The paper shows curves without numbers (ViT-L/14): knowledge neurons in the final few"
                + " FFN layers, a faster decay for entities, query neurons mostly in MSA blocks."),
        r,
        table,
        List.of(
            Charts.bars(
                "Figure 3a: where the top neurons are",
                "block",
                "share of the neurons",
                List.of(
                    Series.of("entities", names, shares(places, r.entityPlaces())),
                    Series.of("general objects", names, shares(places, r.objectPlaces())))),
            decay(
                "Figure 3b: improvement by rank, divided by that of rank 1",
                List.of("entities", "general objects"),
                List.of(r.entityDecay(), r.objectDecay())),
            Charts.bars(
                "Figure 3c: where the query neurons are",
                "block",
                "share of the neurons",
                List.of(Series.of("query neurons", names, shares(places, r.queryPlaces())))),
            decay(
                "Figure 3d: second-order effect by rank, divided by that of rank 1",
                List.of("query neurons"),
                List.of(r.queryDecay()))),
        r.provenance());
  }

  private static List<Estimate> shares(List<Figure3.Place> places, Figure3.Places counts) {
    return places.stream().map(counts::estimate).toList();
  }

  /** Curves without values, of groups that are empty, are left out. */
  private static PlotlyFigure decay(String title, List<String> names, List<Decay> decays) {
    List<Series> series = new ArrayList<>();
    for (int i = 0; i < decays.size(); i++) {
      List<Estimate> y = decays.get(i).estimates();
      if (!y.isEmpty()) {
        series.add(Series.of(names.get(i), IntStream.rangeClosed(1, y.size()).boxed().toList(), y));
      }
    }
    return Charts.lines(title, "rank", "share of the first", series);
  }

  public static Reproduction of(Figure4a.Result r) {
    Table table = removals("Figure 4a: the MSA neurons after a removed FFN neuron", r);
    table.addColumns(doubles("share that rises", r.removals(), Figure4a.Removal::rising));
    return new Reproduction(
        "figure4a",
        List.of(
            say("Of the MSA neurons after the removed one, a share of %s rises.", r.rising()),
            say("Their improvements change by %s together.", r.sum()),
            "The paper shows plots without numbers (ViT-L/14): most neurons rise. %reproduce figure6"
                + " keeps the residual stream, %reproduce figure7 asks why."),
        r,
        table,
        List.of(
            Histograms.of(
                "Figure 4a: change of the improvement of " + after(r.removals()),
                "change of the improvement",
                Map.of("full", values(r.removals(), Figure4a.Removal::full)))),
        r.provenance());
  }

  public static Reproduction of(Figure6.Result result) {
    Figure4a.Result r = result.removals();
    List<Figure4a.Removal> rows = r.removals();
    Table table = removals("Figure 6: the removal in full, and with the residual stream kept", r);
    table.addColumns(
        doubles("share that rises", rows, Figure4a.Removal::rising),
        doubles("share that rises, base fixed", rows, Figure4a.Removal::risingFixedBase),
        doubles("correlation of both", rows, Figure4a.Removal::closeness));
    return new Reproduction(
        "figure6",
        List.of(
            say(
                "With the residual stream kept (Eq. 21), a share of %s rises; in full, %s.",
                r.risingFixedBase(), r.rising()),
            say(
                "The improvements change by %s together; in full, by %s.",
                r.sumFixedBase(), r.sum()),
            say("The two changes of a neuron correlate by %s.", r.closeness()),
            "The paper shows plots without numbers (ViT-L/14): most neurons rise with a fixed base"
                + " too, and the two changes are close."),
        result,
        table,
        List.of(
            Histograms.of(
                "Figure 6: change of the improvement of " + after(rows),
                "change of the improvement",
                Map.of(
                    "full", values(rows, Figure4a.Removal::full),
                    "base fixed", values(rows, Figure4a.Removal::fixedBase)))),
        result.provenance());
  }

  public static Reproduction of(Figure7.Result result) {
    Figure4a.Result r = result.removals();
    List<Figure4a.Removal> rows = r.removals();
    Table table = removals("Figure 7: value vector and the query vectors of those that rise", r);
    table.addColumns(
        doubles("mean cosine", rows, x -> DoubleStream.of(x.cosinesOfRising()).average().orElse(0)),
        doubles("share of query vectors against it", rows, Figure4a.Removal::against),
        doubles("of those that fall most", rows, Figure4a.Removal::againstOfFalling),
        doubles("of all after it", rows, Figure4a.Removal::againstOfAll));
    return new Reproduction(
        "figure7",
        List.of(
            say(
                "A share of %s of the query vectors of those that rise most points against the"
                    + " removed value vector; of those that fall most, %s; of all after it, %s.",
                r.against(), r.againstOfFalling(), r.againstOfAll()),
            say(
                "Paired: rising − falling: %s.",
                r.against().minus(r.againstOfFalling()).plusMinus()),
            "The paper shows histograms without numbers (ViT-L/14): most cosines are negative."),
        result,
        table,
        List.of(
            Histograms.of(
                "Figure 7: removed value vector and query vectors of those that rise and fall most",
                "cosine",
                Map.of(
                    "rise most", values(rows, Figure4a.Removal::cosinesOfRising),
                    "fall most", values(rows, Figure4a.Removal::cosinesOfFalling)))),
        result.provenance());
  }

  private static Table removals(String title, Figure4a.Result r) {
    return Table.create(
        title,
        StringColumn.create("entity", r.removals().stream().map(Figure4a.Removal::entity)),
        StringColumn.create("removed", r.removals().stream().map(x -> x.removed().toString())));
  }

  private static double[] values(
      List<Figure4a.Removal> rows, Function<Figure4a.Removal, double[]> value) {
    return rows.stream().flatMapToDouble(x -> DoubleStream.of(value.apply(x))).toArray();
  }

  /** Which neurons a histogram counts. */
  private static String after(List<Figure4a.Removal> rows) {
    int[] counts = rows.stream().mapToInt(r -> r.full().length).distinct().toArray();
    return say(
        "the %sMSA neurons after the removed one, %d entities",
        counts.length == 1 ? counts[0] + " " : "", rows.size());
  }
}
