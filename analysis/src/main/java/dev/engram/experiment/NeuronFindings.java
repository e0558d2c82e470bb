package dev.engram.experiment;

import static dev.engram.experiment.Finding.Side.ABOVE;
import static dev.engram.experiment.Finding.Side.BELOW;
import static dev.engram.experiment.Table2.Importance.ACTIVATION;
import static dev.engram.experiment.Table2.Importance.HEATMAP;
import static dev.engram.experiment.Table2.Importance.RANDOM;

import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What the paper finds of knowledge neurons: Tables 1 and 2, Figures 3, 4 (a), 6 and 7. "Most" is
 * more than half, and "few" is before rank 10.
 */
final class NeuronFindings {
  /** Few neurons: at this rank a contribution is looked at. */
  private static final int FEW = 10;

  private NeuronFindings() {}

  static List<Finding<?>> table1() {
    return List.of(
        better(Baseline.ACTIVATION, 0.8202 - 0.7013),
        better(Baseline.GRADIENT, 0.8202 - 0.6905),
        better(Baseline.COMBINED, 0.8202 - 0.6543));
  }

  private static Finding<Table1.Result> better(Baseline than, double paper) {
    return new Finding<>(
        Table1.EXPERIMENT,
        "Sec. 4.2, Table 1",
        "Our method consistently achieves higher scores than the baseline " + than + ".",
        "cosine of the label and all words of the top neurons, literal minus " + than,
        r ->
            Optional.of(
                r.row(Reading.LITERAL).reconstruction().minus(r.row(than).reconstruction())),
        ABOVE,
        0,
        OptionalDouble.of(paper));
  }

  static List<Finding<?>> table2() {
    return List.of(
        masked(
            "The highlighted region actually activates the neuron.",
            "activation with the most pixels masked, random minus heatmap",
            r -> most(r, RANDOM).coefficient().minus(most(r, HEATMAP).coefficient()),
            2.84 - 1.02),
        masked(
            "Our heatmap is better than the activation map.",
            "activation with the most pixels masked, activation map minus heatmap",
            r -> most(r, ACTIVATION).coefficient().minus(most(r, HEATMAP).coefficient()),
            1.43 - 1.02),
        masked(
            "The highlighted region contributes to the association.",
            "cosine with the most pixels masked, random minus heatmap",
            r -> most(r, RANDOM).cosine().minus(most(r, HEATMAP).cosine()),
            0.2465 - 0.2141));
  }

  private static Finding<Table2.Result> masked(
      String sentence, String measure, Function<Table2.Result, Estimate> of, double paper) {
    return new Finding<>(
        Table2.EXPERIMENT,
        "Sec. 4.2, Table 2",
        sentence,
        measure,
        r -> Optional.of(of.apply(r)),
        ABOVE,
        0,
        OptionalDouble.of(paper));
  }

  private static Table2.Cell most(Table2.Result r, Table2.Importance map) {
    int percent = r.cells().stream().mapToInt(Table2.Cell::percent).max().orElse(0);
    return r.cell(map, percent);
  }

  // ---------------------------------------------------------------- behaviour

  static List<Finding<?>> figure3() {
    return List.of(
        behaviour(
            "(a)",
            "Knowledge neurons are concentrated in the final few FFN layers.",
            "share of an entity's top neurons in the FFNs of the last quarter of the layers",
            r -> Optional.of(r.entityPlaces().estimate(n -> isFinalFfn(n, r))),
            ABOVE,
            0.5),
        behaviour(
            "(b)",
            "Only a small number of neurons plays a crucial role for an entity.",
            "contribution of the neuron at rank %d by that of the first".formatted(FEW),
            r -> atRank(r.entityDecay()),
            BELOW,
            0.5),
        behaviour(
            "(b)",
            "The contribution for entities diminishes much more rapidly than for general objects.",
            "the same of general objects minus that of entities",
            r ->
                atRank(r.objectDecay()).flatMap(o -> atRank(r.entityDecay()).map(e -> apart(o, e))),
            ABOVE,
            0),
        behaviour(
            "(c)",
            "Most query neurons gather at the MSA block.",
            "share of the query neurons in MSA blocks",
            r -> Optional.of(r.queryPlaces().estimate(Neuron.Block.MSA)),
            ABOVE,
            0.5),
        behaviour(
            "(d)",
            "Second-order effects mainly come from a few query neurons.",
            "effect of the query neuron at rank %d by that of the first".formatted(FEW),
            r -> atRank(r.queryDecay()),
            BELOW,
            0.5));
  }

  private static Finding<Figure3.Result> behaviour(
      String part,
      String sentence,
      String measure,
      Function<Figure3.Result, Optional<Estimate>> of,
      Finding.Side side,
      double border) {
    return new Finding<>(
        Figure3.EXPERIMENT,
        "Sec. 4.3, Figure 3 " + part,
        sentence,
        measure,
        of,
        side,
        border,
        OptionalDouble.empty());
  }

  private static boolean isFinalFfn(Neuron n, Figure3.Result r) {
    // every place is counted, also those without a neuron
    int last =
        r.entityPlaces().counts().keySet().stream()
            .mapToInt(Figure3.Place::layer)
            .max()
            .orElse(n.layer());
    return n.block() == Neuron.Block.FFN && n.layer() > last - (last + 4) / 4;
  }

  private static Optional<Estimate> atRank(Decay decay) {
    List<Estimate> ranks = decay.estimates();
    return ranks.size() < 2
        ? Optional.empty()
        : Optional.of(ranks.get(Math.min(FEW, ranks.size()) - 1));
  }

  /** Of other units, so no pairs: the ends of both intervals, which is wider than it need be. */
  private static Estimate apart(Estimate a, Estimate b) {
    Interval of = a.interval();
    Interval minus = b.interval();
    return new Estimate(
        a.mean() - b.mean(),
        new Interval(
            of.low() - minus.high(),
            of.high() - minus.low(),
            of.exists() && minus.exists() ? of.kind() : Interval.Kind.NONE,
            of.units(),
            "%s and %,d %s, each for itself".formatted(of.unit(), minus.units(), minus.unit())),
        Sample.of(Sample.Unit.IMAGE, List.of()));
  }

  static List<Finding<?>> figure4() {
    return List.of(
        removed(
            Figure4a.EXPERIMENT,
            "Sec. 4.3, Figure 4 (a)",
            "After a knowledge neuron is removed, the contribution of most neurons increases.",
            "share of the MSA neurons after it that rise",
            Figure4a.Result::rising));
  }

  static List<Finding<?>> figures6and7() {
    return List.of(
        removed(
            Figure6.EXPERIMENT,
            "Sec. A.6, Figure 6",
            "Even with a fixed base the contribution of most neurons increases.",
            "share of the MSA neurons that rise with the residual stream kept",
            r -> r.removals().risingFixedBase()),
        removed(
            Figure6.EXPERIMENT,
            "Sec. A.6, Figure 6",
            "These improvements are close to the full ones.",
            "correlation of the changes in full and with the residual stream kept",
            r -> r.removals().closeness()),
        removed(
            Figure7.EXPERIMENT,
            "Sec. A.6, Figure 7",
            "Suppression arises where value and query vectors point in opposite directions.",
            "share of negative cosines among the neurons that rise most",
            r -> r.removals().against()));
  }

  private static <R> Finding<R> removed(
      Experiment<R> experiment,
      String where,
      String sentence,
      String measure,
      Function<R, Estimate> of) {
    return new Finding<>(
        experiment,
        where,
        sentence,
        measure,
        r -> Optional.of(of.apply(r)),
        ABOVE,
        0.5,
        OptionalDouble.empty());
  }
}
