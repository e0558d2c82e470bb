package dev.engram.magic.result;

import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** A card: facts by their names, and sentences that a user should read under them. */
final class FactTable {
  private FactTable() {}

  /**
   * @param facts name and value, from anywhere
   * @param notes a sentence each
   */
  static View view(Map<String, String> facts, List<String> notes) {
    return view(facts, 13, notes);
  }

  /**
   * @param facts name and value, from anywhere
   * @param width of the names where a card is plain text
   */
  static View view(Map<String, String> facts, int width) {
    return view(facts, width, List.of());
  }

  private static View view(Map<String, String> facts, int width, List<String> notes) {
    String row = "%-" + width + "s %s%n";
    StringBuilder html = new StringBuilder("<table>");
    StringBuilder text = new StringBuilder();
    facts.forEach(
        (name, value) -> {
          html.append("<tr>")
              .append(Html.element("th", Html.escape(name), "style", "text-align:left"))
              .append(Html.element("td", Html.escape(value), "style", "text-align:left"))
              .append("</tr>");
          text.append(String.format(Locale.ROOT, row, name, value));
        });
    html.append("</table>");
    for (String note : notes) {
      html.append(Html.element("p", Html.escape(note)));
      text.append(note).append('\n');
    }
    return View.html(html.toString(), text.toString().stripTrailing());
  }

  /** Name and value of each fact. */
  static Table table(String title, Map<String, String> facts) {
    return Table.create(
        title,
        StringColumn.create("fact", facts.keySet()),
        StringColumn.create("value", facts.values()));
  }
}
