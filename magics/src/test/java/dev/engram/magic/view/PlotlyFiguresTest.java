package dev.engram.magic.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.plotly.api.AreaPlot;
import tech.tablesaw.plotly.api.BubblePlot;
import tech.tablesaw.plotly.api.HorizontalBarPlot;
import tech.tablesaw.plotly.api.LinePlot;
import tech.tablesaw.plotly.api.PiePlot;
import tech.tablesaw.plotly.api.Scatter3DPlot;
import tech.tablesaw.plotly.components.Axis;
import tech.tablesaw.plotly.components.Config;
import tech.tablesaw.plotly.components.Figure;
import tech.tablesaw.plotly.components.Layout;
import tech.tablesaw.plotly.components.Marker;
import tech.tablesaw.plotly.traces.BarTrace;
import tech.tablesaw.plotly.traces.BoxTrace;
import tech.tablesaw.plotly.traces.HeatmapTrace;
import tech.tablesaw.plotly.traces.Histogram2DTrace;
import tech.tablesaw.plotly.traces.HistogramTrace;
import tech.tablesaw.plotly.traces.ScatterTrace;
import tech.tablesaw.plotly.traces.Trace;
import tech.tablesaw.plotly.traces.ViolinTrace;

class PlotlyFiguresTest {
  private static final String NASTY = "it's \"x\" </script> & ü 自由";
  private static final double[] NUMBERS = {1, 2.5, -3e-9};

  private final Table table =
      Table.create(
          "t",
          StringColumn.create("s", NASTY, "b", "c"),
          DoubleColumn.create("x", NUMBERS),
          DoubleColumn.create("y", 3, 2, 1),
          DoubleColumn.create("z", 1, 2, 3));

  private static ObjectNode json(Figure figure) {
    return PlotlyFigures.of(figure).toJson();
  }

  private static JsonNode trace(Trace trace) {
    return json(new Figure(trace)).at("/data/0");
  }

  @Test
  void barsAndLabels() {
    JsonNode bar = trace(BarTrace.builder(new String[] {NASTY, "b"}, new double[] {1, 2}).build());
    assertEquals("bar", bar.path("type").asText());
    assertEquals(NASTY, bar.at("/x/0").asText());
    assertEquals(2, bar.at("/y/1").asDouble());
  }

  @Test
  void scatterWithMarkersAndText() {
    JsonNode scatter =
        trace(
            ScatterTrace.builder(NUMBERS, NUMBERS)
                .mode(ScatterTrace.Mode.LINE_AND_MARKERS)
                .name(NASTY)
                .text(new String[] {NASTY, "b", "c"})
                .marker(Marker.builder().size(12).color("red").showScale(true).build())
                .build());
    assertEquals(-3e-9, scatter.at("/y/2").asDouble());
    assertEquals(NASTY, scatter.at("/text/0").asText());
    assertEquals("it's \"x\" &lt;/script&gt; &amp; ü 自由", scatter.path("name").asText());
    assertEquals(12, scatter.at("/marker/size").asInt());
  }

  @Test
  void otherTraces() {
    assertEquals("histogram", trace(HistogramTrace.builder(NUMBERS).build()).path("type").asText());
    assertEquals(
        "histogram2d",
        trace(Histogram2DTrace.builder(NUMBERS, NUMBERS).build()).path("type").asText());
    Object[] groups = {"a", "a", "b"};
    assertEquals("box", trace(BoxTrace.builder(groups, NUMBERS).build()).path("type").asText());
    JsonNode violin =
        trace(ViolinTrace.builder(groups, NUMBERS).boxPlot(true).meanLine(true).build());
    assertTrue(violin.at("/box/visible").asBoolean(), violin.toString());
    JsonNode heatmap =
        trace(
            HeatmapTrace.builder(
                    new Object[] {"p", "q"}, new Object[] {"r"}, new double[][] {{1, Double.NaN}})
                .build());
    assertEquals(1, heatmap.at("/z/0/0").asDouble());
    assertTrue(heatmap.at("/z/0/1").isNull());
  }

  @Test
  void plotsOfTheApi() {
    assertEquals("pie", json(PiePlot.create("P", table, "s", "x")).at("/data/0/type").asText());
    assertEquals("lines", json(LinePlot.create("L", table, "x", "y")).at("/data/0/mode").asText());
    assertEquals(3, json(BubblePlot.create("B", table, "x", "y", "z")).at("/data/0/x").size());
    assertFalse(json(AreaPlot.create("A", table, "x", "y")).at("/data/0/fill").isMissingNode());
    assertEquals(
        "h",
        json(HorizontalBarPlot.create("H", table, "s", "x")).at("/data/0/orientation").asText());
    Figure solid = Scatter3DPlot.create("S", table, "x", "y", "z");
    assertEquals("scatter3d", json(solid).at("/data/0/type").asText());
    assertEquals(Optional.of(PlotlyEdition.FULL), PlotlyFigures.of(solid).view().plotly());
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "it's", "\"x\"", "ü 自由", "a\nb"})
  void titlesAreObjects(String title) {
    Layout layout =
        Layout.builder(title, title, title)
            .width(500)
            .xAxis(Axis.builder().title(title).range(0, 5).build())
            .build();
    JsonNode read = json(new Figure(layout, ScatterTrace.builder(NUMBERS, NUMBERS).build()));
    assertEquals(title, read.at("/layout/title/text").asText());
    assertEquals(title, read.at("/layout/xaxis/title/text").asText());
    assertEquals(500, read.at("/layout/width").asInt());
    assertFalse(read.at("/layout/xaxis").has("titlefont"));
  }

  @Test
  void configIsKept() {
    Figure figure =
        new Figure(
            Layout.builder("T").build(),
            Config.builder().displayModeBar(true).build(),
            ScatterTrace.builder(NUMBERS, NUMBERS).build());
    assertTrue(json(figure).at("/config/displayModeBar").asBoolean());
  }

  @Test
  void ownFiguresDoWhatJsplotCannot() {
    PlotlyFigure figure =
        PlotlyFigure.titled("T </script>")
            .trace(Map.of("type", "heatmap", "z", new double[][] {{0, Double.NaN}}))
            .image(new byte[] {1}, -0.5, -0.5, 2, 1)
            .annotation(Map.of("text", "here", "x", 0))
            .slider(Map.of("steps", List.of()))
            .layout("xaxis.title", "x");
    JsonNode json = figure.toJson();
    assertTrue(json.at("/data/0/z/0/1").isNull());
    assertEquals("x", json.at("/layout/xaxis/title/text").asText());
    assertEquals("below", json.at("/layout/images/0/layer").asText());
    View view = figure.png(new byte[] {7}).view();
    assertTrue(view.html().contains("<img src=\"data:image/png;base64,Bw==\""), view.html());
    assertFalse(view.data().containsKey("image/png"), "JupyterLab would show it before the figure");
    assertEquals("Figure (heatmap): T </script>", view.text());
    assertFalse(view.html().contains("T </script>"));
    assertEquals(Optional.of(PlotlyEdition.CARTESIAN), view.plotly());
    assertTrue(view.data().get(View.PLOTLY) instanceof Map<?, ?>);
  }

  @Test
  void everyFigureHasAStillWhereNoScriptRuns() throws IOException {
    PlotlyFigure figure =
        PlotlyFigure.titled("T")
            .trace(Map.of("type", "bar", "x", List.of("a", "b"), "y", List.of(1, 2)))
            .layout("height", 200);
    String html = figure.view().html();
    String start = "<img src=\"data:image/png;base64,";
    assertTrue(html.contains(start), html);
    String data = html.substring(html.indexOf(start) + start.length()).split("\"")[0];
    BufferedImage still = ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(data)));
    assertEquals(200, still.getHeight());
    assertTrue(
        IntStream.range(0, still.getWidth()).anyMatch(x -> still.getRGB(x, 150) != 0xffffffff),
        "bars are drawn");
  }

  @Test
  void aFigureThatIsNotDrawnHereHasItsName() {
    for (Map<String, ?> trace :
        List.of(
            Map.of("type", "pie", "values", List.of(1, 2)),
            Map.of("type", "bar", "x", "nonsense", "y", Map.of("a", 1)))) {
      String html = PlotlyFigure.titled("T").trace(trace).view().html();
      assertTrue(html.contains(": T"), html);
    }
  }

  @Test
  void attributesComeInOneOrder() {
    PlotlyFigure figure = PlotlyFigure.titled("").trace(Map.of("y", 1, "type", "bar", "x", 2));
    assertEquals("{\"type\":\"bar\",\"x\":2,\"y\":1}", figure.toJson().at("/data/0").toString());
  }

  @Test
  void noFigureOffersToUploadItself() {
    JsonNode own = PlotlyFigure.titled("").toJson();
    JsonNode jsplot = json(new Figure(ScatterTrace.builder(NUMBERS, NUMBERS).build()));
    assertFalse(own.at("/config/showSendToCloud").asBoolean(true));
    assertFalse(jsplot.at("/config/showSendToCloud").asBoolean(true));
  }

  @Test
  void figuresSuitLightAndDarkPagesUnlessTheySayOtherwise() {
    JsonNode own = PlotlyFigure.titled("").toJson();
    JsonNode jsplot = json(new Figure(ScatterTrace.builder(NUMBERS, NUMBERS).build()));
    for (JsonNode figure : List.of(own, jsplot)) {
      assertEquals("rgba(0,0,0,0)", figure.at("/layout/template/layout/paper_bgcolor").asText());
      assertEquals("#7a7a7a", figure.at("/layout/template/layout/font/color").asText());
      assertTrue(figure.at("/layout/paper_bgcolor").isMissingNode());
    }
    JsonNode white = PlotlyFigure.titled("").layout("paper_bgcolor", "#fff").toJson();
    assertEquals("#fff", white.at("/layout/paper_bgcolor").asText());
    JsonNode others = PlotlyFigure.titled("").layout("template", Map.of()).trace(Map.of()).toJson();
    assertEquals(0, others.at("/layout/template").size());
  }

  @Test
  void editionsCarryTheLibrary() {
    String script = PlotlyEdition.CARTESIAN.script();
    assertTrue(script.length() > 500_000 && script.length() < 800_000, "" + script.length());
    assertFalse(script.contains("https://"));
    assertTrue(PlotlyEdition.FULL.script().length() < 3_500_000);
  }
}
