package dev.engram.magic;

import dev.engram.lab.Lab;
import dev.engram.model.OneDnn;
import dev.engram.model.Precision;

/** What {@code %engram} says of the open model. */
final class ModelFacts {
  private final Lab lab;

  ModelFacts(Lab lab) {
    this.lab = lab;
  }

  /** Where the model computes, for {@code %engram}. */
  String device() {
    if (!lab.hasModel()) {
      return "no model loaded";
    }
    String note = lab.model().batches().note();
    String products = lab.model().device().equals("cpu") ? "; " + OneDnn.note() : "";
    String precision =
        lab.model().precision() == Precision.F32 ? "" : " in " + lab.model().precision();
    return "%s%s (%s)%s%s"
        .formatted(
            lab.model().device(),
            precision,
            lab.model().deviceReason(),
            products,
            note.isEmpty() ? "" : "; " + note);
  }

  /** Arrays that the engine holds for the model: constant from cell to cell. */
  String managedArrays() {
    return !lab.hasModel()
        ? "0"
        : String.valueOf(lab.model().original().manager().getManagedArrays().size());
  }
}
