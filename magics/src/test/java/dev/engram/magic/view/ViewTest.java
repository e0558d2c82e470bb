package dev.engram.magic.view;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.engram.magic.draw.ColorMap;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class ViewTest {
  @Test
  void aViewNeedsText() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new View(Map.of(View.HTML, "x"), Optional.empty(), List.of()));
    View below = View.text("b").below(View.text("a"));
    assertEquals("a", below.before().get(0).text());
  }

  @Test
  void htmlIsEscaped() {
    assertEquals("&lt;a href=&#34;&#39;&amp;&#34;&gt;", Html.escape("<a href=\"'&\">"));
    assertEquals("<b title=\"&#34;\">x</b>", Html.element("b", "x", "title", "\""));
    assertEquals("\\u003c/script\\u003e\\u2028", Html.scriptSafe("</script>\u2028"));
  }

  @Test
  void aLongTitleIsShownInLinesAndStaysWhole() {
    String title =
        "Improvement by L4F707 (10 highest and 10 lowest of 60 entities)<br><sup>x</sup>";
    String axis = "neuron (layer, then FFN channel or head and channel; all from 0)";
    PlotlyFigure figure = PlotlyFigure.titled(title).layout("xaxis.title", axis);
    View view = figure.view();
    JsonNode shown = PlotlyFigure.JSON.valueToTree(view.data().get(View.PLOTLY));
    String text = shown.at("/layout/title/text").asText();
    assertEquals(title, text.replaceFirst("<br>", " "));
    assertEquals(3, text.split("<br>").length);
    assertEquals(title, shown.at("/layout/title/whole").asText(), "for pages with captions");
    assertTrue(view.html().contains("highest\\u003cbr\\u003eand 10 lowest"), "in the export too");
    assertEquals(title, figure.toJson().at("/layout/title/text").asText());
    assertTrue(shown.at("/layout/xaxis/title/text").asText().contains("<br>"));
    assertEquals(axis, shown.at("/layout/xaxis/title/whole").asText());
    assertEquals(
        "Figure (empty): Improvement by L4F707 (10 highest and 10 lowest of 60 entities)",
        view.text());
  }

  @Test
  void whatTurnsTheDirectionOfWritingIsShown() {
    String text = "a\u202eb\u0000" + (char) 10 + "c";
    String shown = "a\\u202eb\\u0000" + (char) 10 + "c";
    assertEquals(shown, Html.escape(text));
    assertEquals(shown, View.preformatted(text).text());
  }

  @Test
  void tablesAreCappedEscapedAndReadable() {
    int rows = 120;
    Table table =
        Table.create("<t>")
            .addColumns(
                StringColumn.create(
                    "neuron", IntStream.range(0, rows).mapToObj(i -> "<" + i + ">")),
                DoubleColumn.create("score", IntStream.range(0, rows).mapToDouble(i -> i / 7.0)),
                IntColumn.create("rank", IntStream.range(0, rows).toArray()));
    View view = TableView.of(table);
    assertTrue(view.html().contains("… 50 of 120 rows"));
    assertTrue(view.html().contains("&lt;49&gt;"));
    assertFalse(view.html().contains("&lt;50&gt;"));
    assertTrue(view.text().contains("0.1429"), view.text());
    assertTrue(view.text().endsWith("… 50 of 120 rows"));
    assertFalse(TableView.of(table, 200).text().contains("…"));
    assertEquals("", TableView.of(Table.create()).text());
  }

  @Test
  void numbersHaveTheDigitsThatTellThemApart() {
    DoubleColumn numbers =
        DoubleColumn.create("n", 0, 3, -0.04217, 12.345678, 3.2e-7, 1.5e12, Double.NaN);
    List<String> lines = TableView.of(Table.create(numbers)).text().lines().toList();
    assertEquals(
        List.of("0", "3", "-0.04217", "12.35", "0", "1500000000000"),
        lines.subList(1, 7).stream().map(String::strip).toList());
  }

  @Test
  void heatmapsBlendColours() throws IOException {
    BufferedImage white = new BufferedImage(20, 10, BufferedImage.TYPE_INT_RGB);
    white.createGraphics().fillRect(0, 0, 20, 10);
    byte[] png = HeatmapPng.over(white, new double[][] {{0, 1}});
    BufferedImage drawn = ImageIO.read(new ByteArrayInputStream(png));
    assertEquals(20, drawn.getWidth());
    assertTrue((drawn.getRGB(0, 0) & 0xff) > (drawn.getRGB(19, 9) & 0xff), "yellow is not blue");
    assertEquals(0x440154, ColorMap.rgb(-1));
    assertEquals(0xfde725, ColorMap.rgb(2));
    assertArrayEquals(png, HeatmapPng.over(white, new double[][] {{Double.NaN, 7}}));
  }

  @Test
  void galleriesEscapeCaptionsAndShrinkPictures() {
    BufferedImage picture = new BufferedImage(300, 100, BufferedImage.TYPE_INT_RGB);
    View view = Gallery.of(List.of(new Gallery.Item(picture, "\"><script>")), 96);
    assertFalse(view.html().contains("<script>"));
    assertTrue(view.html().contains("data:image/png;base64,"));
    assertEquals("\"><script>", view.text());
    View named = Gallery.of(List.of(new Gallery.Item(picture, "statue_of_liberty/03")), 96);
    assertTrue(named.html().contains(">statue_<wbr>of_<wbr>liberty/<wbr>03<"), named.html());
    assertEquals("statue_of_liberty/03", named.text());
  }
}
