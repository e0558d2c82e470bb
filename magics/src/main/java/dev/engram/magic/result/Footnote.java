package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;

/** The small print under a result: where its numbers come from, and how far they go. */
final class Footnote {
  private Footnote() {}

  /** Where the numbers come from, and the caution of the model where it has one. */
  static View under(View view, Provenance provenance) {
    String text = of(provenance);
    return View.html(
        view.html() + Html.element("p", Html.escape(text), "style", "font-size:85%;color:#767676"),
        view.text() + "\n" + text);
  }

  /** The small print itself, plain text. */
  static String of(Provenance provenance) {
    return provenance + "." + provenance.caution().map(c -> " " + c).orElse("");
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
