package dev.engram.magic.result;

import static java.util.stream.Collectors.joining;

import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %edits} and {@code %undo}: which edits the model has taken, in their order.
 *
 * @param edits numbered from 0
 * @param done what the magic did
 * @param model name and hash of the model with them
 */
public record EditList(List<Edit> edits, Done done, Provenance model) implements Viewable {
  /** Weights that are named one by one. */
  private static final int WEIGHTS = 6;

  /** What was done. */
  public enum Done {
    /** Nothing: they are listed. */
    LISTED(""),
    /** They were written to a file. */
    SAVED("Saved. "),
    /** Edits of a file were applied. */
    APPLIED("Applied. "),
    /** One was taken back, or all. */
    UNDONE("Undone. ");

    private final String words;

    Done(String words) {
      this.words = words;
    }
  }

  /** Keeps a copy. */
  public EditList {
    edits = List.copyOf(edits);
  }

  /**
   * @return the edits as they are now
   */
  public static EditList of(EditHistory history, Done done) {
    Clip clip = history.model();
    return new EditList(
        history.edits(),
        done,
        Provenance.of(clip, "original", Sha256.brief(clip.original().hash())));
  }

  /**
   * @return number, method, what it does, where, from which images, and with which settings
   */
  public Table table() {
    return Table.create(
        "Edits of the model",
        IntColumn.create("number", IntStream.range(0, edits.size()).toArray()),
        StringColumn.create("method", edits.stream().map(e -> e.method().title())),
        StringColumn.create("what", edits.stream().map(EditList::title)),
        StringColumn.create("where", edits.stream().map(EditList::where)),
        StringColumn.create(
            "images", edits.stream().map(e -> e.provenance().entries().getOrDefault("images", ""))),
        StringColumn.create("settings", edits.stream().map(EditList::settings)));
  }

  /** Without the neurons, which stand beside it. */
  static String title(Edit edit) {
    return edit.suppressed().isEmpty()
        ? edit.title()
        : edit.title().replaceFirst(": L\\d+[AF].*$", "");
  }

  /**
   * @return the blocks that it changes, or the neurons that it suppresses
   */
  static String where(Edit edit) {
    if (edit.changes().isEmpty()) {
      return Effects.joined(edit.suppressed());
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

  @Override
  public View view() {
    View rows = edits.isEmpty() ? View.text("") : TableView.of(table());
    View shown =
        View.html(
            Html.element("p", Html.escape(toString())) + rows.html(),
            (this + "\n" + rows.text()).stripTrailing());
    return Footnote.under(shown, model);
  }

  @Override
  public String toString() {
    return done.words
        + switch (edits.size()) {
          case 0 -> "The model has no edits: it is as it was read.";
          case 1 -> "The model has one edit.";
          default -> "The model has " + edits.size() + " edits.";
        };
  }
}
