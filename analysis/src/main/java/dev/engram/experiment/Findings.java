package dev.engram.experiment;

import java.util.List;
import java.util.stream.Stream;

/**
 * What the paper says of its tables and figures, in its order, and what our numbers say of it.
 * Cosines and accuracies are shares of 1, as everywhere here; differences are paired where both
 * sides are of the same images.
 */
public final class Findings {
  /** Every finding that a number can judge. */
  public static final List<Finding<?>> ALL =
      Stream.of(
              NeuronFindings.table1(),
              NeuronFindings.table2(),
              EditFindings.table3(),
              EditFindings.table4(),
              EditFindings.table6(),
              EditFindings.table8(),
              NeuronFindings.figure3(),
              NeuronFindings.figure4(),
              NeuronFindings.figures6and7())
          .flatMap(List::stream)
          .toList();

  private Findings() {}

  /**
   * What a result says of the paper.
   *
   * @param experiment whose result it is
   * @param result what it returned
   * @return the judgement of each finding of that experiment, in order; empty where no number
   *     judges it
   */
  public static <R> List<Finding.Judged> judge(Experiment<R> experiment, R result) {
    return ALL.stream()
        .filter(f -> f.experiment().equals(experiment))
        .map(f -> judged(f, result))
        .toList();
  }

  @SuppressWarnings("unchecked") // a finding of the experiment takes what it returns
  private static <R> Finding.Judged judged(Finding<?> finding, R result) {
    return ((Finding<R>) finding).judge(result);
  }
}
