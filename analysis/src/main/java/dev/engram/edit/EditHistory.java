package dev.engram.edit;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The edits that a model has taken, and the model with them. The original is never written to: an
 * edited model is another {@link Clip} that shares what is not changed, put in place in one step
 * once it is whole, so that whatever fails or is interrupted leaves everything as it was.
 */
public final class EditHistory implements AutoCloseable {
  /** The edits and what they made: replaced together. */
  record State(List<Edit> edits, Clip model) {}

  private final Clip original;
  private volatile State state;

  /**
   * @param original a model as it was read; stays the caller's and must outlive this
   */
  public EditHistory(Clip original) {
    if (original.original() != original) {
      throw new IllegalStateException("a history begins with an original, not an edited model");
    }
    this.original = original;
    this.state = new State(List.of(), original);
  }

  /** The model with all edits, the original itself without any; open until the next change. */
  public Clip model() {
    return state.model;
  }

  /** The edits, in the order in which they were applied. */
  public List<Edit> edits() {
    return state.edits;
  }

  /**
   * @param edit is not applied
   * @return the model as it would be with one more edit; the caller closes it
   * @throws EngramException if the edit does not fit
   */
  public Clip with(Edit edit) {
    return Edit.lay(edits(state, List.of(edit)), original);
  }

  /**
   * @param edit is not applied
   * @return the model as it would be with one more edit, which can become the model; the caller
   *     applies or closes it
   * @throws EngramException if the edit does not fit
   */
  public EditPreview preview(Edit edit) {
    State base = state;
    return new EditPreview(this, edit, base, Edit.lay(edits(base, List.of(edit)), original));
  }

  /**
   * Makes a previewed model the current one, built again only if it no longer follows from it.
   *
   * @throws EngramException if the model has this very edit
   */
  synchronized void apply(EditPreview preview) {
    if (preview.isApplied()) {
      throw new EngramException(
          "The edit '%s' is applied already; undo it first to apply it again."
              .formatted(preview.edit().title()));
    }
    boolean follows = state == preview.base();
    Clip previewed = preview.release();
    if (previewed != null && follows) {
      become(edits(state, List.of(preview.edit())), previewed);
      return;
    }
    try {
      apply(preview.edit());
    } finally {
      if (previewed != null) {
        previewed.close();
      }
    }
  }

  /**
   * @throws EngramException if the edit was made for another model or for other weights; nothing is
   *     changed then
   */
  public void apply(Edit edit) {
    applyAll(List.of(edit));
  }

  /**
   * Applies all or none.
   *
   * @param more in this order
   * @throws EngramException if one does not fit; nothing is changed then
   */
  public synchronized void applyAll(List<Edit> more) {
    become(edits(state, more));
  }

  private static List<Edit> edits(State state, List<Edit> more) {
    List<Edit> all = new ArrayList<>(state.edits);
    all.addAll(more);
    return all;
  }

  /**
   * Undoes the last edit.
   *
   * @return what was undone
   * @throws EngramException if there is none
   */
  public synchronized Edit undo() {
    return undo(state.edits.size() - 1);
  }

  /**
   * Undoes one edit and keeps the others. A later edit of the same weights was computed from what
   * this one left, so it has to go first. Later edits of other weights keep their values.
   *
   * @param index in {@link #edits()}, from 0
   * @return what was undone
   * @throws EngramException if there is no such edit, or a later one stands upon it; nothing is
   *     changed then
   */
  public synchronized Edit undo(int index) {
    List<Edit> rest = new ArrayList<>(state.edits);
    if (index < 0 || index >= rest.size()) {
      throw new EngramException(
          rest.isEmpty()
              ? "There is no edit to undo: the model is as it was read."
              : "There is no edit %d; the edits are 0 to %d.".formatted(index, rest.size() - 1));
    }
    Edit undone = rest.remove(index);
    for (int later = index; later < rest.size(); later++) {
      if (rest.get(later).sharesWeightsWith(undone)) {
        throw new EngramException(
            "Edit %d ('%s') was computed from the weights that edit %d ('%s') left; undo it first."
                .formatted(later + 1, rest.get(later).title(), index, undone.title()));
      }
    }
    become(rest);
    return undone;
  }

  /** Undoes every edit. */
  public synchronized void undoAll() {
    become(List.of());
  }

  private void become(List<Edit> edits) {
    become(edits, Edit.lay(edits, original));
  }

  private void become(List<Edit> edits, Clip model) {
    Clip old = state.model;
    state = new State(List.copyOf(edits), model);
    if (old != original) {
      old.close();
    }
  }

  /**
   * Saves the edited model as a directory of Hugging Face's {@code CLIPModel}; the weights' file
   * says of which model it is an edit, and by which edits.
   *
   * @param directory is not there yet, or empty
   * @throws EngramException as {@link Clip#save}
   */
  public void saveModel(Path directory, Progress progress) {
    State now = state;
    Map<String, String> metadata = new LinkedHashMap<>();
    metadata.put("engram.original", original.name() + " " + original.hash());
    for (int i = 0; i < now.edits.size(); i++) {
      Edit edit = now.edits.get(i);
      metadata.put(
          "engram.edit." + i,
          edit.method().title() + ": " + edit.title() + " (" + edit.provenance() + ")");
    }
    now.model.save(directory, metadata, progress);
  }

  /** Frees the edited model; the original stays open. */
  @Override
  public synchronized void close() {
    Clip old = state.model;
    state = new State(List.of(), original);
    if (old != original) {
      old.close();
    }
  }
}
