package dev.engram.magic.result;

import static java.util.stream.Collectors.joining;

import dev.engram.edit.Edit;
import dev.engram.lab.Edits;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.model.Weight;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %edits} and {@code %undo}: which edits the model has taken, in their order. */
final class EditsPresenter implements Presenter<Edits> {
  /** Weights that are named one by one. */
  private static final int WEIGHTS = 6;

  @Override
  public View view(Edits edits, DisplayLimits shown) {
    View rows = edits.edits().isEmpty() ? View.text("") : TableView.of(table(edits, shown));
    String said = (shown.note() + " " + edits).strip();
    return Footnote.under(Pages.under(List.of(said), rows), edits.provenance());
  }

  /** Number, method, what it does, where, from which images, and with which settings. */
  @Override
  public Table table(Edits all, DisplayLimits shown) {
    List<Edit> edits = all.edits();
    return Table.create(
        "Edits of the model",
        IntColumn.create("number", IntStream.range(0, edits.size()).toArray()),
        StringColumn.create("method", edits.stream().map(e -> e.method().title())),
        StringColumn.create("what", edits.stream().map(EditsPresenter::title)),
        StringColumn.create("where", edits.stream().map(EditsPresenter::where)),
        StringColumn.create(
            "images", edits.stream().map(e -> e.provenance().entries().getOrDefault("images", ""))),
        StringColumn.create("settings", edits.stream().map(EditsPresenter::settings)));
  }

  /** Without the neurons, which stand beside it. */
  static String title(Edit edit) {
    return edit.suppressed().isEmpty()
        ? edit.title()
        : edit.title().replaceFirst(": L\\d+[AF].*$", "");
  }

  /** The blocks that it changes, or the neurons that it suppresses. */
  static String where(Edit edit) {
    if (edit.changes().isEmpty()) {
      return EditTables.joined(edit.suppressed());
    }
    Weight first = edit.changes().firstKey();
    Weight last = edit.changes().lastKey();
    if (edit.changes().size() <= WEIGHTS) {
      return edit.changes().keySet().stream().map(Weight::toString).collect(joining(", "));
    }
    return "%d weights of %s"
        .formatted(
            edit.changes().size(),
            first.layer() == last.layer()
                ? "layer " + first.layer()
                : "layers " + first.layer() + " to " + last.layer());
  }

  private static String settings(Edit edit) {
    return edit.provenance().entries().entrySet().stream()
        .filter(e -> !List.of("model", "images", "weights").contains(e.getKey()))
        .map((Map.Entry<String, String> e) -> e.getKey() + " " + e.getValue())
        .collect(joining(" · "));
  }
}
