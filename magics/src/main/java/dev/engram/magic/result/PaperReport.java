package dev.engram.magic.result;

import dev.engram.experiment.Estimate;
import dev.engram.experiment.Finding;
import dev.engram.experiment.Interval;
import dev.engram.experiment.Verdict;
import dev.engram.lab.ReproducedAll;
import dev.engram.lab.ReproducedAll.Part;
import dev.engram.model.ImageProcessor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %reproduce all}: what the paper says, the paper's numbers beside ours, and a
 * verdict for each finding. {@link Presenters#page} has every table and figure below that.
 *
 * @param result what the library returned
 * @param shown the tables and figures, by the names of their experiments; without those that were
 *     refused
 * @param table one row for each finding
 */
public record PaperReport(ReproducedAll result, Map<String, Reproduction> shown, Table table)
    implements ReproduceAnswer {
  /** Keeps a copy. */
  public PaperReport {
    shown = new LinkedHashMap<>(shown);
  }

  /**
   * @param seen makes of a picture what the model sees of it
   */
  public static PaperReport of(ReproducedAll result, ImageProcessor seen) {
    Map<String, Reproduction> shown = new LinkedHashMap<>();
    for (Part part : result.parts()) {
      part.done()
          .ifPresent(
              done ->
                  shown.put(part.experiment().name(), ExperimentPresenters.present(done, seen)));
    }
    return new PaperReport(result, shown, table(result.judged()));
  }

  private static Table table(List<Finding.Judged> all) {
    return Table.create(
        "The paper's findings",
        text("where", all, j -> j.finding().where()),
        text("finding", all, j -> j.finding().sentence()),
        text("verdict", all, j -> j.verdict().toString()),
        DoubleColumn.create(
            "ours", all.stream().mapToDouble(j -> j.ours().map(Estimate::mean).orElse(Double.NaN))),
        text("95 % interval", all, j -> j.ours().map(e -> range(e.interval())).orElse("none")),
        DoubleColumn.create(
            Charts.PAPER, all.stream().mapToDouble(j -> j.finding().paper().orElse(Double.NaN))),
        text("holds where", all, j -> j.finding().test()),
        text("interval over", all, j -> j.ours().map(e -> over(e.interval())).orElse("")));
  }

  private static StringColumn text(
      String name, List<Finding.Judged> all, Function<Finding.Judged, String> of) {
    return StringColumn.create(name, all.stream().map(of));
  }

  private static String range(Interval i) {
    return i.exists() ? String.format(Locale.ROOT, "%.4f to %.4f", i.low(), i.high()) : "none";
  }

  private static String over(Interval i) {
    return i.exists()
        ? String.format(Locale.ROOT, "%,d %s, %s", i.units(), i.unit(), i.kind())
        : "";
  }

  /** How many findings hold, and what was not run. */
  List<String> sentences() {
    List<String> said = new ArrayList<>();
    said.add(
        "Of the paper's %d findings that a number can judge: %s (the border is within the interval, or there is none)."
            .formatted(
                result.judged().size(),
                Stream.of(Verdict.values())
                    .map(v -> v + " " + result.count(v))
                    .collect(Collectors.joining(", "))));
    for (Part part : result.parts()) {
      part.refusal().ifPresent(why -> said.add(part.experiment() + " was not run: " + why));
    }
    String others =
        result.parts().stream()
            .filter(p -> p.done().map(d -> !d.changes().isEmpty()).orElse(false))
            .map(p -> p.experiment().name())
            .collect(Collectors.joining(", "));
    if (!others.isEmpty()) {
      said.add(
          "With settings other than the standard, so that the paper's numbers are of others: "
              + others
              + ".");
    }
    return said;
  }

  @Override
  public String toString() {
    return sentences().get(0);
  }
}
