package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.model.Clip;
import java.util.List;

/**
 * Which edits the model has taken.
 *
 * @param edits in their order, numbered from 0
 * @param provenance the model with them, and the original
 */
public record Edits(List<Edit> edits, Provenance provenance) {
  /** Keeps a copy. */
  public Edits {
    edits = List.copyOf(edits);
  }

  static Edits of(EditHistory history) {
    Clip clip = history.model();
    return new Edits(
        history.edits(), Provenance.of(clip, "original", Sha256.brief(clip.original().hash())));
  }

  @Override
  public String toString() {
    return switch (edits.size()) {
      case 0 -> "The model has no edits: it is as it was read.";
      case 1 -> "The model has one edit.";
      default -> "The model has " + edits.size() + " edits.";
    };
  }
}
