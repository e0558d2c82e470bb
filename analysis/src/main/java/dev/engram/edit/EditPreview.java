package dev.engram.edit;

import dev.engram.model.Clip;
import org.jspecify.annotations.Nullable;

/**
 * A model as it would be with one more edit, beside the model as it is. Applying it makes that very
 * model the current one; until then nothing is changed, and closing it takes it back.
 */
public final class EditPreview implements AutoCloseable {
  private final EditHistory history;
  private final Edit edit;
  private EditHistory.@Nullable State base;
  private @Nullable Clip model;

  EditPreview(EditHistory history, Edit edit, EditHistory.State base, Clip model) {
    this.history = history;
    this.edit = edit;
    this.base = base;
    this.model = model;
  }

  /** The edit as a value. */
  public Edit edit() {
    return edit;
  }

  /**
   * The model with the edit; open until this is applied or closed.
   *
   * @throws IllegalStateException if that has happened
   */
  public Clip model() {
    if (model == null) {
      throw new IllegalStateException("the preview of " + edit.title() + " is applied or closed");
    }
    return model;
  }

  /**
   * Makes the previewed model the current one. If the model has changed since, or this was closed,
   * the edit is applied anew.
   *
   * @throws dev.engram.EngramException if the edit does not fit any more; nothing is changed then
   */
  public void apply() {
    history.apply(this);
  }

  /**
   * Whether the current model has this edit.
   *
   * @return false before it is applied, and after it was undone
   */
  public boolean isApplied() {
    return history.edits().stream().anyMatch(e -> e == edit);
  }

  /** The state that the preview was made of. */
  EditHistory.@Nullable State base() {
    return base;
  }

  /** Hands the model over, whose owner is the caller from now on; null if it is gone. */
  @Nullable Clip release() {
    Clip released = model;
    model = null;
    base = null; // of an older model nothing is held any more
    return released;
  }

  /** Frees the previewed model, unless it was applied. The edit can still be applied afterwards. */
  @Override
  public void close() {
    Clip released = release();
    if (released != null) {
      released.close();
    }
  }
}
