package dev.engram.magic.draw;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.magic.view.PlotlyFigure;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What a figure says is on its still pictures, where it says it. */
class FigureDrawingTest {
  private static PlotlyFigure bars() {
    return PlotlyFigure.titled("Bars &lt;b&gt; of π &amp; co<br><sub>95 %</sub>")
        .trace(
            Map.of(
                "type", "bar",
                "name", "first",
                "x", List.of("L1F2", "L1F3"),
                "y", List.of(2, -1),
                "marker", Map.of("color", "#ff0000"),
                "error_y", Map.of("array", List.of(0.5, 0.5))))
        .trace(Map.of("type", "bar", "name", "second", "x", List.of("L1F2"), "y", List.of(1)))
        .layout("yaxis.title", "improvement")
        .layout("width", 400)
        .layout("height", 300);
  }

  private static Document svg(PlotlyFigure figure) throws Exception {
    FigureDrawing drawing = new FigureDrawing(figure.toJson());
    byte[] bytes = drawing.on(new SvgCanvas(drawing.width(), drawing.height()));
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(bytes));
  }

  private static List<String> texts(Document svg) {
    NodeList all = svg.getElementsByTagName("text");
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < all.getLength(); i++) {
      texts.add(all.item(i).getTextContent());
    }
    return texts;
  }

  private static BufferedImage png(PlotlyFigure figure) throws IOException {
    FigureDrawing drawing = new FigureDrawing(figure.toJson());
    byte[] bytes = drawing.on(new PngCanvas(drawing.width(), drawing.height(), 2));
    return ImageIO.read(new ByteArrayInputStream(bytes));
  }

  /** How many pixels of a colour there are in each row. */
  private static int[] rows(BufferedImage image, int rgb) {
    int[] rows = new int[image.getHeight()];
    for (int y = 0; y < rows.length; y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        rows[y] += (image.getRGB(x, y) & 0xffffff) == rgb ? 1 : 0;
      }
    }
    return rows;
  }

  @Test
  void svgHasEveryTextAsText() throws Exception {
    Document svg = svg(bars());
    List<String> texts = texts(svg);
    assertTrue(
        texts.containsAll(List.of("Bars <b> of π & co", "95 %", "first", "second", "L1F2", "L1F3")),
        texts::toString);
    assertTrue(
        texts.containsAll(List.of("improvement", "−1.0", "0.0", "1.0", "2.0")), texts::toString);
    Element root = svg.getDocumentElement();
    assertEquals("400", root.getAttribute("width"));
    assertEquals("300", root.getAttribute("height"));
  }

  @Test
  void marksThatAFigureAsksForStandAsItWroteThem() throws Exception {
    for (String type : List.of("log", "linear")) {
      PlotlyFigure lines =
          PlotlyFigure.titled("")
              .trace(Map.of("type", "scatter", "x", List.of(0.5, 3, 30), "y", List.of(1, 2, 3)))
              .layout("xaxis", Map.of("type", type, "tickvals", List.of(0.5, 3, 30)));
      assertTrue(texts(svg(lines)).containsAll(List.of("0.5", "3", "30")), type);
    }
  }

  @Test
  void symbolsTellPointsApartWithoutTheirColours() throws Exception {
    PlotlyFigure points =
        PlotlyFigure.titled("")
            .trace(
                Map.of(
                    "type", "scatter",
                    "mode", "markers",
                    "x", List.of(1, 2, 3),
                    "y", List.of(1, 2, 3),
                    "marker",
                        Map.of(
                            "size",
                            20,
                            "color",
                            "#ff0000",
                            "symbol",
                            List.of("circle", "square", "diamond"))));
    BufferedImage image = png(points);
    int pixels = Arrays.stream(rows(image, 0xff0000)).sum();
    // 40 pixels wide: a circle, a square, and a diamond of the square's size
    assertEquals(40 * 40 * (Math.PI / 4 + 1 + 1), pixels, 400);
  }

  @Test
  void barsHaveTheirHeights() throws IOException {
    BufferedImage image = png(bars());
    assertEquals(800, image.getWidth());
    int[] red = rows(image, 0xff0000);
    int[] filled = Arrays.stream(red).filter(n -> n > 60).toArray();
    // the first bar of 2 units above zero, the second of 1 below it, and no row with both
    int legend = 22;
    assertTrue(filled.length > 100, "rows of bars: " + filled.length);
    double[] ends =
        IntStream.range(2 * legend, red.length).filter(y -> red[y] > 60).asDoubleStream().toArray();
    double height = ends[ends.length - 1] - ends[0];
    assertEquals(filled.length, height, 12, "from 2 to -1 without a gap");
  }

  @Test
  void cellsOfAHeatmapHaveTheirColours() throws IOException {
    PlotlyFigure map =
        PlotlyFigure.titled("")
            .trace(
                Map.of(
                    "type",
                    "heatmap",
                    "z",
                    List.of(List.of(0, 1), List.of(1, 0)),
                    "colorscale",
                    List.of(List.of(0, "#0000ff"), List.of(1, "#ff0000")),
                    "showscale",
                    false))
            .layout("yaxis", Map.of("autorange", "reversed"))
            .layout("width", 300)
            .layout("height", 300);
    BufferedImage image = png(map);
    int w = image.getWidth();
    Color left = new Color(image.getRGB(w / 3, w / 4));
    Color right = new Color(image.getRGB(5 * w / 6, w / 4));
    assertEquals(new Color(0x0000ff), left, "the first row is above");
    assertEquals(new Color(0xff0000), right);
  }

  @Test
  void theMiddleOfAScaleIsWhereTheFigurePutsIt() throws IOException {
    PlotlyFigure map =
        PlotlyFigure.titled("")
            .trace(
                Map.of(
                    "type",
                    "heatmap",
                    "z",
                    List.of(List.of(0, 1)),
                    "zmid",
                    0,
                    "colorscale",
                    List.of(List.of(0, "#0000ff"), List.of(0.5, "#ffffff"), List.of(1, "#ff0000")),
                    "showscale",
                    false))
            .layout("width", 300)
            .layout("height", 300);
    BufferedImage image = png(map);
    int w = image.getWidth();
    assertEquals(new Color(0xffffff), new Color(image.getRGB(w / 3, w / 2)), "0 is the middle");
    assertEquals(new Color(0xff0000), new Color(image.getRGB(5 * w / 6, w / 2)));
  }

  @Test
  void aPdfHasItsObjectsWhereItSays() throws IOException {
    PlotlyFigure map = bars().image(new byte[0], 0, 0, 1, 1); // an image that is none is left out
    FigureDrawing drawing = new FigureDrawing(map.toJson());
    byte[] bytes = drawing.on(new PdfCanvas(drawing.width(), drawing.height()));
    String text = new String(bytes, ISO_8859_1);
    assertTrue(text.startsWith("%PDF-1.4\n%" + Canvas.MARK), text.substring(0, 60));
    Matcher start = Pattern.compile("startxref\n(\\d+)\n%%EOF\n$").matcher(text);
    assertTrue(start.find());
    int xref = Integer.parseInt(start.group(1));
    assertTrue(text.startsWith("xref\n0 ", xref));
    Matcher entries = Pattern.compile("(\\d{10}) 00000 n \n").matcher(text.substring(xref));
    int number = 0;
    while (entries.find()) {
      number++;
      assertTrue(
          text.startsWith(number + " 0 obj\n", Integer.parseInt(entries.group(1))),
          "object " + number);
    }
    assertEquals(5, number);
    assertTrue(text.contains("/MediaBox [0 0 400 300]"));
  }

  @Test
  void whatIsNotDrawnIsRefusedByName() {
    PlotlyFigure pie = PlotlyFigure.titled("").trace(Map.of("type", "pie", "values", List.of(1)));
    assertTrue(
        String.valueOf(
                assertThrows(EngramException.class, () -> new FigureDrawing(pie.toJson()))
                    .getMessage())
            .contains("this figure has pie. Save it as .html"));
    PlotlyFigure jet =
        PlotlyFigure.titled("")
            .trace(Map.of("type", "heatmap", "z", List.of(List.of(1, 2)), "colorscale", "Jet"));
    FigureDrawing drawing = new FigureDrawing(jet.toJson());
    assertTrue(
        String.valueOf(
                assertThrows(EngramException.class, () -> drawing.on(new SvgCanvas(10, 10)))
                    .getMessage())
            .contains("this figure has Jet"));
  }

  /** More points than anybody sees apart: a pixel or two for each, in the colour of its number. */
  @Test
  void manyPointsHaveTheColoursOfTheirNumbers() throws IOException {
    int n = 20_000;
    PlotlyFigure points =
        PlotlyFigure.titled("")
            .trace(
                Map.of(
                    "type", "scattergl",
                    "mode", "markers",
                    "x", IntStream.range(0, n).map(i -> i % 200).boxed().toList(),
                    "y", IntStream.range(0, n).map(i -> i / 200).boxed().toList(),
                    "marker",
                        Map.of(
                            "size",
                            3,
                            "color",
                            IntStream.range(0, n).map(i -> i % 200).boxed().toList(),
                            "colorscale",
                            "Viridis",
                            "showscale",
                            true,
                            "colorbar",
                            Map.of(
                                "title", "layer by layer",
                                "tickvals", List.of(0, 199),
                                "ticktext", List.of("none", "all")))))
            .layout("xaxis", Map.of("range", List.of(50, 199), "showgrid", false))
            .layout("yaxis.showgrid", false);
    BufferedImage image = png(points);
    int[] least = rows(image, ColorMap.rgb(50 / 199.0) & 0xffffff);
    int[] most = rows(image, ColorMap.rgb(1) & 0xffffff);
    int[] outside = rows(image, ColorMap.rgb(20 / 199.0) & 0xffffff);
    assertTrue(Arrays.stream(least).sum() > 100, "the points of the first column that is shown");
    assertTrue(Arrays.stream(most).sum() > 100);
    int bar = 2 * 14 * 4; // the bar beside the axes has each colour once, in a few rows
    assertTrue(Arrays.stream(outside).sum() <= bar, "no point outside of the axes");
    List<String> texts = new ArrayList<>();
    try {
      texts.addAll(texts(svg(points)));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    assertTrue(texts.containsAll(List.of("layer by", "layer", "none", "all")), texts::toString);
  }

  @Test
  void theLegendTellsTracesApartWithoutTheirColours() throws Exception {
    PlotlyFigure figure = PlotlyFigure.titled("").layout("width", 700).layout("height", 300);
    for (String dash : List.of("solid", "dash", "dot")) {
      figure =
          figure.trace(
              Map.of(
                  "type",
                  "scatter",
                  "mode",
                  "lines",
                  "name",
                  dash,
                  "x",
                  List.of(0, 1),
                  "y",
                  List.of(5, 5),
                  "line",
                  Map.of("dash", dash, "color", "#ff0000")));
    }
    Document svg = svg(figure);
    NodeList paths = svg.getElementsByTagName("path");
    List<String> dashes = new ArrayList<>();
    for (int i = 0; i < paths.getLength(); i++) {
      Element path = (Element) paths.item(i);
      if (path.getAttribute("stroke").equalsIgnoreCase("#ff0000")) {
        dashes.add(path.getAttribute("stroke-dasharray"));
      }
    }
    assertEquals(6, dashes.size(), "three in the legend, three between the axes");
    assertEquals(3, dashes.subList(0, 3).stream().distinct().count());
    assertEquals(dashes.subList(3, 6), dashes.subList(0, 3), "as they are drawn");

    List<Double> inked = new ArrayList<>();
    for (String shape : List.of("", "/", "x", "-", "|", "+", ".")) {
      BufferedImage image =
          png(
              PlotlyFigure.titled("")
                  .trace(
                      Map.of(
                          "type", "bar",
                          "x", List.of("a"),
                          "y", List.of(1),
                          "marker",
                              Map.of("color", "#ff0000", "pattern", Map.of("shape", shape)))));
      inked.add(red(image));
    }
    assertTrue(inked.get(0) > inked.get(2) && inked.get(2) > inked.get(1), inked::toString);
    assertTrue(inked.get(5) > inked.get(3) && inked.get(5) > inked.get(4), inked::toString);
    assertEquals(inked.size(), inked.stream().distinct().count(), inked::toString);
    assertTrue(inked.stream().allMatch(n -> n > 0.35 * inked.get(0)), inked::toString);
  }

  /** How much red there is, in pixels. */
  private static double red(BufferedImage image) {
    double sum = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        Color color = new Color(image.getRGB(x, y));
        sum += (color.getRed() - color.getGreen()) / 255.0;
      }
    }
    return sum;
  }

  @Test
  void aLongTitleIsWholeInLines() throws Exception {
    String title = "One of many words that find no room beside each other in a line of this figure";
    List<String> texts =
        texts(svg(PlotlyFigure.titled(title).layout("width", 300).layout("height", 300)));
    assertEquals(
        title,
        texts.stream().filter(title::contains).reduce((a, b) -> a + " " + b).orElse(""),
        texts::toString);
  }

  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // it went on for ever
  void nothingStopsAnEmptyOrOddFigure() throws Exception {
    for (PlotlyFigure figure :
        List.of(
            PlotlyFigure.titled(""),
            PlotlyFigure.titled("<b>").trace(Map.of("y", List.of())),
            PlotlyFigure.titled("").trace(Map.of("y", List.of(3))),
            PlotlyFigure.titled("").trace(Map.of("y", List.of(10000.0, 10000.000000000002))),
            PlotlyFigure.titled("").trace(Map.of("y", List.of(1e300, 1e300))),
            PlotlyFigure.titled("").trace(Map.of("y", List.of(-1e-300, 1e-300))),
            PlotlyFigure.titled("").trace(Map.of("type", "bar", "y", List.of(0, 0))),
            PlotlyFigure.titled("").trace(Map.of("type", "heatmap", "z", List.of())),
            PlotlyFigure.titled("x".repeat(500))
                .trace(Map.of("x", List.of(1, 10, 1000), "y", List.of(1, 0, 100)))
                .layout("yaxis", Map.of("type", "log"))
                .layout("xaxis", Map.of("type", "log")))) {
      svg(figure);
      png(figure);
    }
  }

  @Test
  void pointsWithoutPlacesBeginWhereTheirTraceSays() {
    Map<String, Object> y = Map.of("type", "scatter", "y", List.of(3, 2, 5));
    Map<String, Object> named = new HashMap<>(y);
    named.put("x", List.of(1, 3, 5));
    Map<String, Object> stepped = new HashMap<>(y);
    stepped.putAll(Map.of("x0", 1, "dx", 2));
    FigureDrawing drawing = new FigureDrawing(PlotlyFigure.titled("").trace(stepped).toJson());
    assertArrayEquals(
        new FigureDrawing(PlotlyFigure.titled("").trace(named).toJson())
            .on(new SvgCanvas(drawing.width(), drawing.height())),
        drawing.on(new SvgCanvas(drawing.width(), drawing.height())));
  }

  @Test
  void smallPrintStaysSmallOverLines() throws Exception {
    Document svg = svg(PlotlyFigure.titled("large<br><sub>one<br>two</sub><br>large again"));
    NodeList all = svg.getElementsByTagName("text");
    Map<String, String> sizes = new HashMap<>();
    for (int i = 0; i < all.getLength(); i++) {
      Element text = (Element) all.item(i);
      sizes.put(text.getTextContent(), text.getAttribute("font-size"));
    }
    assertEquals(sizes.get("one"), sizes.get("two"));
    assertEquals(sizes.get("large"), sizes.get("large again"));
    assertTrue(
        Double.parseDouble(sizes.get("two")) < Double.parseDouble(sizes.get("large")),
        sizes::toString);
  }
}
