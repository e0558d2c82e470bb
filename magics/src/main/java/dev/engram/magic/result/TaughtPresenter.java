package dev.engram.magic.result;

import dev.engram.edit.CausalTrace;
import dev.engram.edit.Edit;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Taught;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import dev.engram.model.Weight;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tech.tablesaw.api.Table;

/** Shows {@code %teach}: what an insertion changes, in the manner of Tables 4 and 8. */
final class TaughtPresenter implements Presenter<Taught> {
  private static final int SIDE = 120;

  @Override
  public View view(Taught t, DisplayLimits shown) {
    View page =
        EditTables.page(
            List.of(
                EditTables.outcome(t.edit().title(), t),
                how(t),
                measuredOn(t),
                EditTables.elsewhere(t.accuracy())),
            List.of(table(t, shown)),
            t,
            t.accuracy());
    return t.guides().isEmpty()
        ? page
        : View.html(
            Html.element("p", "Guides:")
                + Gallery.of(Gallery.of(t.guides()), SIDE).html()
                + page.html(),
            page.text());
  }

  private static boolean isMemit(Taught t) {
    return t.edit().method() == Edit.Method.MEMIT;
  }

  /** Cosines and accuracies before and after; the average of the paper's ten cases beside them. */
  @Override
  public Table table(Taught t, DisplayLimits shown) {
    AccuracyChange accuracy = t.accuracy();
    EditTables.Rows rows = new EditTables.Rows();
    for (Taught.Name name : t.names()) {
      SimilarityChange s = name.similarity();
      rows.add(
          "cosine of %d %s images with \"%s\""
              .formatted(s.before().length, name.onTaught() ? "taught" : "other", s.label()),
          s.meanBefore().mean(),
          s.meanAfter().mean(),
          "");
    }
    if (accuracy != null) {
      rows.add(
          "taken for %s (%%, %d images)".formatted(names(t), accuracy.editedBefore().count()),
          100 * accuracy.editedBefore().mean(),
          100 * accuracy.editedAfter().mean(),
          isMemit(t) ? "0.97 → 80.09" : "0.97 → 86.60");
      rows.add(
          "accuracy on everything else (%%, %,d images)".formatted(accuracy.restBefore().count()),
          100 * accuracy.restBefore().mean(),
          100 * accuracy.restAfter().mean(),
          isMemit(t) ? "70.80 → 72.01 (data set)" : "70.80 → 70.93 (data set)");
      rows.addHeldOut(accuracy);
    }
    return rows.table("Teaching " + names(t));
  }

  private static String names(Taught t) {
    return t.names().stream().map(Taught.Name::name).collect(Collectors.joining(", "));
  }

  private static String how(Taught t) {
    Map<String, String> settings = t.edit().provenance().entries();
    String blocks =
        t.where().stream()
            .map(w -> w.blockName() + " (" + w + ")")
            .collect(Collectors.joining(", "));
    return "%s at %s%s; keys: %s; ridge %s; solver %s."
        .formatted(
            isMemit(t) ? "MEMIT" : "Rank-one edit",
            blocks,
            t.traces().isEmpty() ? "" : chosen(t),
            settings.getOrDefault("keys", ""),
            settings.getOrDefault("ridge", ""),
            settings.getOrDefault("solver", ""));
  }

  /** How the block was chosen, and whether the guides can teach at all. */
  private static String chosen(Taught taught) {
    Weight best = taught.where().get(0);
    List<CausalTrace> traces = taught.traces();
    double original = traces.stream().mapToDouble(t -> mean(t.original())).average().orElseThrow();
    double guided = traces.stream().mapToDouble(t -> mean(t.guided())).average().orElseThrow();
    return String.format(
        Locale.ROOT,
        ", chosen by causal tracing (cosine of the images %.4f, with this block's output of the"
            + " guides %+.4f, of the guides themselves %.4f%s)",
        original,
        traces.stream()
            .mapToDouble(t -> t.mean(best.block(), best.layer()))
            .average()
            .orElseThrow(),
        guided,
        guided <= original ? ": no nearer to the text, they cannot teach it" : "");
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElse(Double.NaN);
  }

  /** Which images the accuracy on the names is of; a user should not take it for a test. */
  private static String measuredOn(Taught t) {
    boolean onTaught = t.names().stream().anyMatch(Taught.Name::onTaught);
    return onTaught
        ? "The cosines are those of the images that taught it; --shots N keeps some back."
        : "Measured on images that did not teach it.";
  }
}
