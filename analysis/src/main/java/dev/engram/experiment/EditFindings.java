package dev.engram.experiment;

import static dev.engram.experiment.Finding.Side.ABOVE;
import static dev.engram.experiment.Finding.Side.BELOW;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;

/**
 * What the paper finds of edits: Tables 3, 4, 6 and 8. What it calls minimal, or nearly unchanged,
 * is less than a percentage point here.
 */
final class EditFindings {
  /** A percentage point. */
  private static final double MINIMAL = 0.01;

  private EditFindings() {}

  static List<Finding<?>> table3() {
    return List.of(
        removal(
            "Suppressing the top neurons lowers the cosine.",
            "original minus the most neurons suppressed, cosine",
            Table3.Result::fall,
            ABOVE,
            0,
            0.0631),
        removal(
            "The zero-shot degradation is minimal.",
            "original minus the most neurons suppressed, accuracy on general objects",
            r ->
                r.over(0, s -> s.general().mean())
                    .minus(r.over(r.counts().size(), s -> s.general().mean())),
            BELOW,
            MINIMAL,
            0),
        removal(
            "The cosine remains higher than the mean of unrelated images.",
            "cosine with the most neurons suppressed, minus the mean of unrelated images",
            r -> last(r, s -> s.cosine().mean()).minus(last(r, Table3.Stage::lowerMean)),
            ABOVE,
            0,
            0.1661 - 0.1357),
        removal(
            "It comes down to the maximum of unrelated images.",
            "cosine with the most neurons suppressed, minus the maximum of unrelated images",
            r -> last(r, s -> s.cosine().mean()).minus(last(r, Table3.Stage::lowerMax)),
            BELOW,
            MINIMAL,
            0.1661 - 0.1699));
  }

  private static Finding<Table3.Result> removal(
      String sentence,
      String measure,
      Function<Table3.Result, Estimate> of,
      Finding.Side side,
      double border,
      double paper) {
    return finding(
        Table3.EXPERIMENT, "Sec. 4.4, Table 3", sentence, measure, of, side, border, paper);
  }

  private static Estimate last(Table3.Result r, Function<Table3.Stage, Double> value) {
    return r.over(r.counts().size(), value);
  }

  static List<Finding<?>> table6() {
    return List.of(
        suppression(
            "The cosine remains nearly unchanged when a neuron is removed completely.",
            "original minus complete removal, cosine",
            Table6.Row::completeFall,
            BELOW,
            MINIMAL,
            0.2371 - 0.2376),
        suppression(
            "Suppression in the residual stream lowers it more than complete removal.",
            "complete removal minus residual suppression, cosine",
            row -> row.residualFall().minus(row.completeFall()),
            ABOVE,
            0,
            0.2376 - 0.2148));
  }

  /** Of the loaded model, and of general objects where the images have any. */
  private static Finding<Table6.Comparison> suppression(
      String sentence,
      String measure,
      Function<Table6.Row, Estimate> of,
      Finding.Side side,
      double border,
      double paper) {
    return new Finding<>(
        Table6.EXPERIMENT,
        "Sec. A.6, Table 6",
        sentence,
        measure,
        r -> r.models().get(0).rows().stream().findFirst().map(of),
        side,
        border,
        OptionalDouble.of(paper));
  }

  // ---------------------------------------------------------------- insertion

  static List<Finding<?>> table4() {
    return List.of(
        taught(
            "The edit greatly boosts the accuracy on the taught class.",
            "rank-one minus original, accuracy on the taught class",
            r -> gain(r, Table4.TeachingMethod.ORIGINAL, InsertionAccuracy::category),
            ABOVE,
            0,
            0.8660 - 0.0097),
        taught(
            "Its impact on other classes is minimal.",
            "rank-one minus original, accuracy on the data set",
            r -> gain(r, Table4.TeachingMethod.ORIGINAL, InsertionAccuracy::dataset),
            ABOVE,
            -MINIMAL,
            0.7093 - 0.7080),
        taught(
            "Its impact on zero-shot performance is minimal.",
            "rank-one minus original, accuracy on general objects",
            r -> gain(r, Table4.TeachingMethod.ORIGINAL, InsertionAccuracy::general),
            ABOVE,
            -MINIMAL,
            0.7223 - 0.7220),
        taught(
            "Fine-tuning severely harms generalization.",
            "rank-one minus fine-tuning, accuracy on the data set",
            r -> gain(r, Table4.TeachingMethod.FINE_TUNING, InsertionAccuracy::dataset),
            ABOVE,
            0,
            0.7093 - 0.6593),
        taught(
            "LoRA severely harms generalization.",
            "rank-one minus LoRA, accuracy on the data set",
            r -> gain(r, Table4.TeachingMethod.LORA, InsertionAccuracy::dataset),
            ABOVE,
            0,
            0.7093 - 0.6529));
  }

  private static Estimate gain(
      Table4.Result r, Table4.TeachingMethod over, Function<InsertionAccuracy, Estimate> accuracy) {
    return r.over(Table4.TeachingMethod.RANK_ONE, accuracy).minus(r.over(over, accuracy));
  }

  private static Finding<Table4.Result> taught(
      String sentence,
      String measure,
      Function<Table4.Result, Estimate> of,
      Finding.Side side,
      double border,
      double paper) {
    return finding(
        Table4.EXPERIMENT, "Sec. 4.4, Table 4", sentence, measure, of, side, border, paper);
  }

  static List<Finding<?>> table8() {
    return List.of(
        together(
            "The accuracy on all taught classes improves significantly.",
            "MEMIT minus original, accuracy on the taught class",
            InsertionAccuracy::category,
            0,
            0.8009 - 0.0097),
        together(
            "The accuracy on the data set degenerates minimally.",
            "MEMIT minus original, accuracy on the data set",
            InsertionAccuracy::dataset,
            -MINIMAL,
            0.7201 - 0.7080),
        together(
            "The zero-shot accuracy degenerates minimally.",
            "MEMIT minus original, accuracy on general objects",
            InsertionAccuracy::general,
            -MINIMAL,
            0.7222 - 0.7220));
  }

  private static Finding<Table8.Result> together(
      String sentence,
      String measure,
      Function<InsertionAccuracy, Estimate> accuracy,
      double border,
      double paper) {
    return finding(
        Table8.EXPERIMENT,
        "Sec. A.8, Table 8",
        sentence,
        measure,
        r ->
            r.over(c -> accuracy.apply(c.inserted()))
                .minus(r.over(c -> accuracy.apply(c.original()))),
        ABOVE,
        border,
        paper);
  }

  private static <R> Finding<R> finding(
      Experiment<R> experiment,
      String where,
      String sentence,
      String measure,
      Function<R, Estimate> of,
      Finding.Side side,
      double border,
      double paper) {
    return new Finding<>(
        experiment,
        where,
        sentence,
        measure,
        r -> Optional.of(of.apply(r)),
        side,
        border,
        OptionalDouble.of(paper));
  }
}
