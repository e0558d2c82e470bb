package dev.engram.magic;

import dev.engram.lab.PreviewedEdit;

/** What the magics that edit have in common: they preview, measure, and apply at the very end. */
final class EditMagic {
  private EditMagic() {}

  /**
   * Applies a previewed edit, or takes it back. It is the last thing that a magic does, so that
   * whatever fails or is interrupted before leaves the model as it was.
   *
   * @param preview whether it is to be taken back
   * @return the edit
   */
  static <T extends PreviewedEdit> T finished(T edit, boolean preview) {
    if (preview) {
      edit.preview().close();
    } else {
      edit.apply();
    }
    return edit;
  }
}
