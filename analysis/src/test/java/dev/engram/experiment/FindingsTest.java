package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The paper's findings: which number judges each, and what its interval says. */
class FindingsTest {
  private static Finding.Judged judge(Finding.Side side, double border, Optional<Estimate> ours) {
    return new Finding<Optional<Estimate>>(
            figure(),
            "Sec. 0",
            "It is so.",
            "how much it is so",
            r -> r,
            side,
            border,
            OptionalDouble.empty())
        .judge(ours);
  }

  @SuppressWarnings("unchecked") // the finding does not look at it
  private static Experiment<Optional<Estimate>> figure() {
    return (Experiment<Optional<Estimate>>) (Experiment<?>) Figure7.EXPERIMENT;
  }

  private static Optional<Estimate> estimate(double low, double high) {
    Interval interval = new Interval(low, high, Interval.Kind.STUDENT_T, 9, "entities");
    return Optional.of(
        new Estimate((low + high) / 2, interval, Sample.of(Sample.Unit.ENTITY, List.of())));
  }

  @ParameterizedTest
  @CsvSource({
    "ABOVE, 0.5, 0.6, 0.8, HOLDS",
    "ABOVE, 0.5, 0.2, 0.4, DOES_NOT_HOLD",
    "ABOVE, 0.5, 0.4, 0.6, CANNOT_BE_SAID",
    "ABOVE, 0.5, 0.5, 0.6, CANNOT_BE_SAID",
    "BELOW, 0.01, -0.2, 0.005, HOLDS",
    "BELOW, 0.01, 0.02, 0.03, DOES_NOT_HOLD",
    "BELOW, 0.01, 0.0, 0.01, CANNOT_BE_SAID",
    "ABOVE, 0, NaN, NaN, CANNOT_BE_SAID"
  })
  void theWholeIntervalDecides(
      Finding.Side side, double border, double low, double high, Verdict verdict) {
    assertEquals(verdict, judge(side, border, estimate(low, high)).verdict());
  }

  @Test
  void whatIsNotThereCannotBeSaid() {
    assertEquals(Verdict.CANNOT_BE_SAID, judge(Finding.Side.ABOVE, 0, Optional.empty()).verdict());
    assertEquals(
        Verdict.CANNOT_BE_SAID,
        judge(Finding.Side.ABOVE, 0, Optional.of(Estimate.reported(1))).verdict());
    assertEquals(
        "how much it is so, below 0.01",
        judge(Finding.Side.BELOW, 0.01, Optional.empty()).finding().test());
    assertEquals(
        "how much it is so, above 0",
        judge(Finding.Side.ABOVE, 0, Optional.empty()).finding().test());
  }

  @Test
  void everyTableAndFigureButTheGalleryHasFindings() {
    for (Experiment<?> e : Experiments.ALL) {
      boolean has = Findings.ALL.stream().anyMatch(f -> f.experiment().equals(e));
      assertEquals(e.ofPaper() && e != Figure2.EXPERIMENT, has, e.name());
    }
    List<Experiment<?>> order =
        Findings.ALL.stream().<Experiment<?>>map(Finding::experiment).distinct().toList();
    assertEquals(
        Experiments.ALL.stream().filter(order::contains).toList(), order, "the paper's order");
    for (Finding<?> f : Findings.ALL) {
      assertTrue(f.sentence().endsWith("."), f.sentence());
      assertFalse(f.test().contains(".,"), f.test());
    }
  }

  private static List<Double> paper(Experiment<?> experiment) {
    return Findings.ALL.stream()
        .filter(f -> f.experiment().equals(experiment))
        .map(f -> f.paper().orElseThrow())
        .toList();
  }

  private static void are(List<Double> numbers, double... percent) {
    assertEquals(percent.length, numbers.size());
    for (int i = 0; i < percent.length; i++) {
      assertEquals(percent[i] / 100, numbers.get(i), 1e-9, "number " + i);
    }
  }

  /** What stands beside ours is what the paper's tables say, which hold here too. */
  @Test
  void thePapersNumbersAreThoseOfItsTables() {
    Table3.Paper removal = Table3.PAPER.get(Table3.PAPER.size() - 1);
    are(
        paper(Table3.EXPERIMENT),
        removal.original() - removal.top3(),
        72.20 - removal.accuracy(),
        removal.top3() - removal.lowerMean(),
        removal.top3() - removal.lowerMax());
    List<PaperInsertion.Percent> four = Table4.PAPER.get(Table4.PAPER.size() - 1).methods();
    int one = Table4.TeachingMethod.RANK_ONE.ordinal();
    int tuned = Table4.TeachingMethod.FINE_TUNING.ordinal();
    int lora = Table4.TeachingMethod.LORA.ordinal();
    are(
        paper(Table4.EXPERIMENT),
        four.get(one).category() - four.get(0).category(),
        four.get(one).dataset() - four.get(0).dataset(),
        four.get(one).general() - four.get(0).general(),
        four.get(one).dataset() - four.get(tuned).dataset(),
        four.get(one).dataset() - four.get(lora).dataset());
    List<PaperInsertion.Percent> eight = Table8.PAPER.get(Table8.PAPER.size() - 1).methods();
    are(
        paper(Table8.EXPERIMENT),
        eight.get(1).category() - eight.get(0).category(),
        eight.get(1).dataset() - eight.get(0).dataset(),
        eight.get(1).general() - eight.get(0).general());
    Table6.Paper clip = Table6.PAPER.get(0);
    are(
        paper(Table6.EXPERIMENT),
        100 * (clip.original() - clip.complete()),
        100 * (clip.complete() - clip.residual()));
  }

  // ---------------------------------------------------------------- Figure 3

  private static Figure3.Result figure3(List<List<Neuron>> top, double[] entity, double[] object) {
    Map<Figure3.Place, Integer> counts = new TreeMap<>();
    for (int l = 0; l < 8; l++) {
      counts.put(new Figure3.Place(l, Neuron.Block.FFN), 0);
    }
    Figure3.Places places = new Figure3.Places(counts, top, Sample.Unit.ENTITY);
    return new Figure3.Result(
        places,
        places,
        decay(Sample.Unit.ENTITY, entity),
        decay(Sample.Unit.LABEL, object),
        places,
        decay(Sample.Unit.ENTITY, entity),
        new Figure3.Settings(3, 3, 3, 3, 9, OptionalInt.empty()),
        Provenance.of("made", "here"));
  }

  /** Three units with nearly the same curve. */
  private static Decay decay(Sample.Unit unit, double[] curve) {
    List<double[]> curves =
        List.of(curve, new double[] {1, curve[1] + 0.01}, new double[] {1, curve[1] - 0.01});
    return Decay.of(unit, List.of("a", "b", "c"), curves);
  }

  private static List<Verdict> verdicts(Figure3.Result result) {
    return Findings.judge(Figure3.EXPERIMENT, result).stream()
        .map(Finding.Judged::verdict)
        .toList();
  }

  /** Of eight layers the last quarter is 6 and 7. */
  @Test
  void figure3IsJudgedByItsPlacesAndCurves() {
    List<Neuron> late = List.of(Neuron.ffn(6, 1), Neuron.ffn(7, 2), Neuron.ffn(7, 3));
    List<Neuron> almost = List.of(Neuron.ffn(6, 1), Neuron.ffn(7, 2), Neuron.parse("L7A0H1"));
    Verdict yes = Verdict.HOLDS;
    Verdict no = Verdict.DOES_NOT_HOLD;
    assertEquals(
        List.of(yes, yes, yes, no, yes),
        verdicts(figure3(entities(late, almost), new double[] {1, 0.2}, new double[] {1, 0.6})));
    List<Neuron> early = List.of(Neuron.ffn(5, 1), Neuron.ffn(4, 2), Neuron.ffn(7, 3));
    assertEquals(
        List.of(Verdict.CANNOT_BE_SAID, no, no, no, no),
        verdicts(figure3(entities(early, almost), new double[] {1, 0.9}, new double[] {1, 0.6})));
  }

  /** Twenty of each. */
  private static List<List<Neuron>> entities(List<Neuron> some, List<Neuron> others) {
    List<List<Neuron>> all = new ArrayList<>(Collections.nCopies(20, some));
    all.addAll(Collections.nCopies(20, others));
    return all;
  }

  @Test
  void whereThereAreNoGeneralObjectsNothingIsComparedWithThem() {
    Figure3.Result r = figure3(List.of(), new double[] {1, 0.2}, new double[] {1, 0.6});
    Figure3.Result none =
        new Figure3.Result(
            r.entityPlaces(),
            r.objectPlaces(),
            r.entityDecay(),
            new Decay(new double[0], Sample.Unit.LABEL, List.of()),
            r.queryPlaces(),
            r.queryDecay(),
            r.settings(),
            r.provenance());
    assertEquals(Verdict.CANNOT_BE_SAID, verdicts(none).get(2));
  }
}
