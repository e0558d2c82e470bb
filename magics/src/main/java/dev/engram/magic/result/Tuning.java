package dev.engram.magic.result;

import dev.engram.edit.Edit;
import dev.engram.edit.MatchedTraining.Checkpoint;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Tuned;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %finetune} and {@code %lora}: what training changes, in the manner of Table
 * 4.
 *
 * @param name that was taught
 * @param edit the checkpoint that was kept, as a value
 * @param similarity cosines of its images with its label
 * @param accuracy zero-shot accuracy on the name and on everything else
 * @param checkpoints all that were tried
 * @param wanted the accuracy that the checkpoint should come close to, 0 to 1
 * @param preview whether the model was left as it is
 */
public record Tuning(
    String name,
    Edit edit,
    SimilarityChange similarity,
    AccuracyChange accuracy,
    List<Checkpoint> checkpoints,
    double wanted,
    boolean preview)
    implements Viewable {
  /**
   * @param done what the library gives
   * @param preview whether the model was left as it is
   */
  public Tuning(Tuned done, boolean preview) {
    this(
        done.name(),
        done.edit(),
        done.similarity(),
        done.accuracy(),
        done.checkpoints(),
        done.wanted(),
        preview);
  }

  /** Keeps a copy. */
  public Tuning {
    checkpoints = List.copyOf(checkpoints);
  }

  /**
   * @return cosine and accuracies before and after; the average of the paper's ten cases beside
   *     them
   */
  public Table table() {
    boolean lora = edit.method() == Edit.Method.LORA;
    return new Effects.Rows()
        .add(
            "cosine of %d images with \"%s\""
                .formatted(similarity.before().length, similarity.label()),
            similarity.meanBefore().mean(),
            similarity.meanAfter().mean(),
            "")
        .add(
            "taken for %s (%%, %d images)".formatted(name, accuracy.editedBefore().count()),
            100 * accuracy.editedBefore().mean(),
            100 * accuracy.editedAfter().mean(),
            lora ? "0.97 → 85.95" : "0.97 → 85.18")
        .add(
            "accuracy on everything else (%%, %,d images)".formatted(accuracy.restBefore().count()),
            100 * accuracy.restBefore().mean(),
            100 * accuracy.restAfter().mean(),
            lora ? "70.80 → 65.29 (data set)" : "70.80 → 65.93 (data set)")
        .addHeldOut(accuracy)
        .table(edit.method().title() + " of " + name);
  }

  /**
   * @return step, loss and accuracy on the name at each checkpoint
   */
  public Table checkpointTable() {
    return Table.create(
        "Checkpoints",
        IntColumn.create("step", checkpoints.stream().mapToInt(Checkpoint::step).toArray()),
        DoubleColumn.create("loss", checkpoints.stream().mapToDouble(Checkpoint::loss).toArray()),
        DoubleColumn.create(
            "taken for it (%)",
            checkpoints.stream().mapToDouble(c -> 100 * c.accuracy()).toArray()));
  }

  private String chosen() {
    return String.format(
        Locale.ROOT,
        "Kept is the checkpoint after %s steps: of %d the one whose accuracy on the name is closest"
            + " to %.1f %%.%s",
        edit.provenance().entries().getOrDefault("steps", "?"),
        checkpoints.size(),
        100 * wanted,
        checkpoints.stream().allMatch(c -> c.accuracy() < wanted)
            ? " None reached it: take more --steps, or a larger --learning-rate."
            : "");
  }

  @Override
  public View view() {
    List<Table> tables = new ArrayList<>(List.of(table()));
    tables.addAll(Effects.changedClasses(accuracy));
    tables.add(checkpointTable());
    return Effects.page(
        List.of(Effects.outcome(edit.title(), preview), chosen(), Effects.elsewhere(accuracy)),
        tables,
        edit,
        Effects.measured(accuracy));
  }

  @Override
  public String toString() {
    return Effects.outcome(edit.title(), preview) + " " + chosen();
  }
}
