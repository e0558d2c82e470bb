package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.AccuracyChange.ClassChange;
import dev.engram.experiment.Estimate;
import dev.engram.lab.PreviewedEdit;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** What the pages of edits have in common: the table before and after, and what else changed. */
final class EditTables {
  /** Classes in the table of what else changed. */
  private static final int CLASSES = 10;

  /** Neurons of a removal that are named. */
  private static final int NEURONS = 10;

  /** Rows of a table before and after. */
  static final class Rows {
    private final List<String> measures = new ArrayList<>();
    private final List<Double> before = new ArrayList<>();
    private final List<Double> after = new ArrayList<>();
    private final List<String> paper = new ArrayList<>();

    /**
     * @param reported what the paper has, "" for nothing
     */
    Rows add(String measure, double was, double is, String reported) {
      measures.add(measure);
      before.add(was);
      after.add(is);
      paper.add(reported);
      return this;
    }

    /** Accuracy on the edited classes, if they have images there, and on the others. */
    Rows add(@Nullable AccuracyChange accuracy, String edited, String reported) {
      if (accuracy != null && accuracy.editedBefore().count() > 0) {
        Estimate was = accuracy.editedBefore();
        add(
            "%s (%%, %d images)".formatted(edited, was.count()),
            100 * was.mean(),
            100 * accuracy.editedAfter().mean(),
            "");
      }
      if (accuracy != null) {
        Estimate was = accuracy.restBefore();
        add(
            "zero-shot accuracy on everything else (%%, %,d images)".formatted(was.count()),
            100 * was.mean(),
            100 * accuracy.restAfter().mean(),
            reported);
        addHeldOut(accuracy);
      }
      return this;
    }

    /** Of everything else what the model was not trained on, where the data set says which. */
    Rows addHeldOut(AccuracyChange accuracy) {
      accuracy
          .heldOutBefore()
          .ifPresent(
              was ->
                  add(
                      "of these, held out from training (%%, %,d images)".formatted(was.count()),
                      100 * was.mean(),
                      100 * accuracy.heldOutAfter().orElse(was).mean(),
                      ""));
      return this;
    }

    Table table(String title) {
      Table table =
          Table.create(
              title,
              StringColumn.create("measure", measures),
              DoubleColumn.create("before", before),
              DoubleColumn.create("after", after));
      if (paper.stream().anyMatch(p -> !p.isEmpty())) {
        table.addColumns(StringColumn.create(Charts.PAPER, paper));
      }
      return table;
    }
  }

  private EditTables() {}

  /** Sentences, tables and what else changed under each other, with the small print. */
  static View page(
      List<String> sentences,
      List<Table> tables,
      PreviewedEdit done,
      @Nullable AccuracyChange accuracy) {
    List<Table> all = new ArrayList<>(tables);
    all.addAll(1, changedClasses(accuracy));
    Provenance provenance = done.edit().provenance();
    return Footnote.under(
        Pages.under(sentences, all.stream().map(TableView::of).toArray(View[]::new)),
        accuracy == null
            ? provenance
            : provenance.with("accuracy measured on", measured(accuracy)));
  }

  private static String measured(AccuracyChange accuracy) {
    return accuracy.before().dataset()
        + " (list "
        + Sha256.brief(accuracy.before().dataset().listHash())
        + ")";
  }

  /** In one sentence: how many other images are taken for something else now. */
  static String elsewhere(@Nullable AccuracyChange accuracy) {
    if (accuracy == null) {
      return "Accuracy was not measured.";
    }
    int moved = accuracy.restMoved();
    Estimate change = accuracy.restChange();
    return String.format(
        Locale.ROOT,
        "Of %,d other images %s taken for something else than before%s.",
        accuracy.restBefore().count(),
        moved == 0
            ? "none is"
            : moved == 1 ? "one is" : String.format(Locale.ROOT, "%,d are", moved),
        change.interval().exists()
            ? String.format(
                Locale.ROOT,
                "; accuracy on them changes by %s points ± %.2f (%s)",
                Digits.signed(100 * change.mean(), 2),
                100 * change.halfWidth(),
                change.interval().about())
            : "");
  }

  /**
   * The other classes whose accuracy changed, at most {@value #CLASSES}; empty if there are none.
   */
  private static List<Table> changedClasses(@Nullable AccuracyChange accuracy) {
    List<ClassChange> all = accuracy == null ? List.of() : accuracy.restChanges();
    if (all.isEmpty()) {
      return List.of();
    }
    List<ClassChange> shown = all.subList(0, Math.min(CLASSES, all.size()));
    return List.of(
        Table.create(
            "What else changed"
                + (all.size() > CLASSES
                    ? String.format(Locale.ROOT, " (%d of %,d classes)", CLASSES, all.size())
                    : ""),
            StringColumn.create("class", shown.stream().map(c -> c.shown().title())),
            IntColumn.create("images", shown.stream().mapToInt(ClassChange::images).toArray()),
            IntColumn.create(
                "recognised before", shown.stream().mapToInt(ClassChange::before).toArray()),
            IntColumn.create(
                "recognised after", shown.stream().mapToInt(ClassChange::after).toArray())));
  }

  /** What became of the model. */
  static String outcome(String edit, PreviewedEdit done) {
    return done.preview().isApplied()
        ? "The %s is applied; %%undo takes it back.".formatted(edit)
        : "A preview of the %s: nothing was changed.".formatted(edit);
  }

  /** The first few of many neurons: a removal of a hundred should not fill the page. */
  static String joined(List<Neuron> neurons) {
    String some =
        neurons.stream().limit(NEURONS).map(Neuron::toString).collect(Collectors.joining(", "));
    return neurons.size() <= NEURONS ? some : some + ", … (" + neurons.size() + " neurons)";
  }
}
