package dev.engram.lab;

import dev.engram.edit.Edit;
import dev.engram.edit.EditPreview;

/** An edit with what was measured of it: the model as it would be, and the way to make it so. */
public sealed interface PreviewedEdit permits Forgotten, Taught, Tuned {
  /** The model with the edit, beside the model as it is. */
  EditPreview preview();

  /** The edit as a value. */
  default Edit edit() {
    return preview().edit();
  }

  /**
   * Makes the model that was measured the current one.
   *
   * @throws dev.engram.EngramException if the model has changed so that the edit does not fit any
   *     more; nothing is changed then
   */
  default void apply() {
    preview().apply();
  }
}
