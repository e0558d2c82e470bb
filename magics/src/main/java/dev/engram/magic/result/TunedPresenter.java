package dev.engram.magic.result;

import dev.engram.edit.Edit;
import dev.engram.edit.MatchedTraining.Checkpoint;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Tuned;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %finetune} and {@code %lora}: what training changes, in the manner of Table 4. */
final class TunedPresenter implements Presenter<Tuned> {
  @Override
  public View view(Tuned t, DisplayLimits shown) {
    return EditTables.page(
        List.of(
            EditTables.outcome(t.edit().title(), t), chosen(t), EditTables.elsewhere(t.accuracy())),
        List.of(table(t, shown), checkpoints(t)),
        t,
        t.accuracy());
  }

  /** Cosine and accuracies before and after; the average of the paper's ten cases beside them. */
  @Override
  public Table table(Tuned t, DisplayLimits shown) {
    SimilarityChange similarity = t.similarity();
    AccuracyChange accuracy = t.accuracy();
    boolean lora = t.edit().method() == Edit.Method.LORA;
    return new EditTables.Rows()
        .add(
            "cosine of %d images with \"%s\""
                .formatted(similarity.before().length, similarity.label()),
            similarity.meanBefore().mean(),
            similarity.meanAfter().mean(),
            "")
        .add(
            "taken for %s (%%, %d images)".formatted(t.name(), accuracy.editedBefore().count()),
            100 * accuracy.editedBefore().mean(),
            100 * accuracy.editedAfter().mean(),
            lora ? "0.97 → 85.95" : "0.97 → 85.18")
        .add(
            "accuracy on everything else (%%, %,d images)".formatted(accuracy.restBefore().count()),
            100 * accuracy.restBefore().mean(),
            100 * accuracy.restAfter().mean(),
            lora ? "70.80 → 65.29 (data set)" : "70.80 → 65.93 (data set)")
        .addHeldOut(accuracy)
        .table(t.edit().method().title() + " of " + t.name());
  }

  /** Step, loss and accuracy on the name at each checkpoint. */
  private static Table checkpoints(Tuned t) {
    List<Checkpoint> checkpoints = t.checkpoints();
    return Table.create(
        "Checkpoints",
        IntColumn.create("step", checkpoints.stream().mapToInt(Checkpoint::step).toArray()),
        DoubleColumn.create("loss", checkpoints.stream().mapToDouble(Checkpoint::loss).toArray()),
        DoubleColumn.create(
            "taken for it (%)",
            checkpoints.stream().mapToDouble(c -> 100 * c.accuracy()).toArray()));
  }

  private static String chosen(Tuned t) {
    return String.format(
        Locale.ROOT,
        "Kept is the checkpoint after %d steps: of %d the one whose accuracy on the name is closest"
            + " to %.1f %%.%s",
        t.checkpoints().get(t.kept()).step(),
        t.checkpoints().size(),
        100 * t.wanted(),
        t.checkpoints().stream().allMatch(c -> c.accuracy() < t.wanted())
            ? " None reached it: take more --steps, or a larger --learning-rate."
            : "");
  }
}
