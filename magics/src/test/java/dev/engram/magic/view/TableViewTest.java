package dev.engram.magic.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** What a table says without its script, and that the script comes once. */
class TableViewTest {
  private static final String HOSTILE = "L4F7\"><script>alert(1)</script>";

  private static View of(String... names) {
    return TableView.of(
        Table.create(
            "named",
            StringColumn.create("neuron", names),
            DoubleColumn.create("<i>score", new double[names.length])));
  }

  @Test
  void aNeuronIsMarkedAndLeadsNowhereByItself() {
    String html = of("L4F707", "santa", "L4A0H3").html();
    assertTrue(
        html.contains(
            "<span class=\"engram-neuron\" title=\"%neuron L4F707 shows its page\">L4F707</span>"),
        html);
    assertEquals(2, html.split("engram-neuron\" title").length - 1);
    assertFalse(html.contains("<a "), "only the script knows whether an explorer is there");
    assertTrue(html.contains(">santa</td>"));
  }

  @Test
  void whatComesFromOutsideStaysText() {
    String html = of(HOSTILE, HOSTILE).html();
    assertFalse(html.contains("<script>alert"), html);
    assertFalse(html.contains("<i>score"), html);
    assertFalse(html.contains("engram-neuron\" title"), html);
  }

  @Test
  void theScriptComesOnceInAPage() {
    String one = of("L4F707").html();
    assertEquals(1, scripts(one));
    assertEquals(1, scripts(TableView.withOneScript(one + "<p>" + one + one)));
    assertEquals("<p>x</p>", TableView.withOneScript("<p>x</p>"));
    Page.Section section = new Page.Section("s", of("L4F707"), of("L4A0H3"));
    assertEquals(1, scripts(new Page("t", java.util.List.of(section, section)).standalone()));
    assertEquals(0, scripts(of().html()), "nothing to sort or to copy");
  }

  private static int scripts(String html) {
    return html.split("<script>").length - 1;
  }
}
