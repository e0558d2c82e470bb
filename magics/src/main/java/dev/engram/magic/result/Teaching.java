package dev.engram.magic.result;

import dev.engram.edit.CausalTrace;
import dev.engram.edit.Edit;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Taught;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %teach}: what an insertion changes, in the manner of Tables 4 and 8.
 *
 * @param taught each name with the cosines of its images
 * @param where the weights that were edited
 * @param traces causal tracing for each name, where it chose the block; else empty
 * @param edit the insertion as a value
 * @param accuracy zero-shot accuracy on the names and on everything else; null if it was not
 *     measured
 * @param guides some of the guides, as the model sees them
 * @param preview whether the model was left as it is
 */
public record Teaching(
    List<Taught.Name> taught,
    List<Weight> where,
    List<CausalTrace> traces,
    Edit edit,
    @Nullable AccuracyChange accuracy,
    List<Gallery.Item> guides,
    boolean preview)
    implements Viewable {
  private static final int SIDE = 120;

  /**
   * @param done what the library gives
   * @param preview whether the model was left as it is
   */
  public Teaching(Taught done, boolean preview) {
    this(
        done.names(),
        done.where(),
        done.traces(),
        done.edit(),
        done.accuracy(),
        Gallery.of(done.guides()),
        preview);
  }

  /** Keeps copies. */
  public Teaching {
    taught = List.copyOf(taught);
    where = List.copyOf(where);
    traces = List.copyOf(traces);
    guides = List.copyOf(guides);
  }

  private boolean isMemit() {
    return edit.method() == Edit.Method.MEMIT;
  }

  /**
   * @return cosines and accuracies before and after; the average of the paper's ten cases beside
   *     them
   */
  public Table table() {
    Effects.Rows rows = new Effects.Rows();
    for (Taught.Name t : taught) {
      SimilarityChange s = t.similarity();
      rows.add(
          "cosine of %d %s images with \"%s\""
              .formatted(s.before().length, t.onTaught() ? "taught" : "other", s.label()),
          s.meanBefore().mean(),
          s.meanAfter().mean(),
          "");
    }
    if (accuracy != null) {
      rows.add(
          "taken for %s (%%, %d images)".formatted(names(), accuracy.editedBefore().count()),
          100 * accuracy.editedBefore().mean(),
          100 * accuracy.editedAfter().mean(),
          isMemit() ? "0.97 → 80.09" : "0.97 → 86.60");
      rows.add(
          "accuracy on everything else (%%, %,d images)".formatted(accuracy.restBefore().count()),
          100 * accuracy.restBefore().mean(),
          100 * accuracy.restAfter().mean(),
          isMemit() ? "70.80 → 72.01 (data set)" : "70.80 → 70.93 (data set)");
      rows.addHeldOut(accuracy);
    }
    return rows.table("Teaching " + names());
  }

  private String names() {
    return taught.stream().map(Taught.Name::name).collect(Collectors.joining(", "));
  }

  private String how() {
    Map<String, String> settings = edit.provenance().entries();
    String blocks =
        where.stream().map(w -> w.blockName() + " (" + w + ")").collect(Collectors.joining(", "));
    return "%s at %s%s; keys: %s; ridge %s; solver %s."
        .formatted(
            isMemit() ? "MEMIT" : "Rank-one edit",
            blocks,
            traces.isEmpty() ? "" : chosen(),
            settings.getOrDefault("keys", ""),
            settings.getOrDefault("ridge", ""),
            settings.getOrDefault("solver", ""));
  }

  /** How the block was chosen, and whether the guides can teach at all. */
  private String chosen() {
    Weight best = where.get(0);
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
  private String measuredOn() {
    boolean onTaught = taught.stream().anyMatch(Taught.Name::onTaught);
    return onTaught
        ? "The cosines are those of the images that taught it; --shots N keeps some back."
        : "Measured on images that did not teach it.";
  }

  @Override
  public View view() {
    List<Table> tables = new ArrayList<>(List.of(table()));
    tables.addAll(Effects.changedClasses(accuracy));
    View page =
        Effects.page(
            List.of(
                Effects.outcome(edit.title(), preview),
                how(),
                measuredOn(),
                Effects.elsewhere(accuracy)),
            tables,
            edit,
            Effects.measured(accuracy));
    return guides.isEmpty()
        ? page
        : View.html(
            Html.element("p", "Guides:") + Gallery.of(guides, SIDE).html() + page.html(),
            page.text());
  }

  @Override
  public String toString() {
    return Effects.outcome(edit.title(), preview) + " " + how();
  }
}
