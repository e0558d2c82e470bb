package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;

/** The small print under a result: where its numbers come from, and whose they are not. */
final class Footnote {
  /** Said wherever the embedded model gives a number. */
  static final String SMALL_MODEL =
      "iconclip is a small model that is embedded in Engram: its numbers are not the paper's.";

  private Footnote() {}

  /** Where the numbers come from. */
  static View under(View view, Provenance provenance) {
    return under(
        view, provenance, provenance.entries().getOrDefault("model", "").startsWith("iconclip "));
  }

  /**
   * @param smallModel whether the numbers come from the embedded model
   */
  static View under(View view, Provenance provenance, boolean smallModel) {
    String small = smallModel ? " " + SMALL_MODEL : "";
    String text = provenance + "." + small;
    return View.html(
        view.html() + Html.element("p", Html.escape(text), "style", "font-size:85%;color:#767676"),
        view.text() + "\n" + text);
  }

  /**
   * @param note one sentence about how the numbers came about; "" for none
   */
  static View noted(View view, String note) {
    return note.isEmpty()
        ? view
        : View.html(
            view.html() + Html.element("p", Html.escape(note), "style", "font-size:85%"),
            view.text() + "\n" + note);
  }
}
