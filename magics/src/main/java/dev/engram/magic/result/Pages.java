package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts sentences and views under each other, as one output of a cell. */
final class Pages {
  private Pages() {}

  /** One sentence. */
  static View paragraph(String sentence) {
    return View.html(Html.element("p", Html.escape(sentence)), sentence);
  }

  /** Views under each other. */
  static View stacked(List<View> views) {
    return View.html(
        views.stream().map(View::html).collect(Collectors.joining()),
        views.stream()
            .map(View::text)
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("\n")));
  }

  /** Sentences, and views under them. */
  static View under(List<String> sentences, View... below) {
    return stacked(
        Stream.concat(sentences.stream().map(Pages::paragraph), Stream.of(below)).toList());
  }
}
