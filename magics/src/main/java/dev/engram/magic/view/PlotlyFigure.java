package dev.engram.magic.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.draw.TitleLines;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A Plotly figure as its JSON tree, {@code {data: [...], layout: {...}}}: what jsplot cannot
 * express (images under heatmaps, annotations, sliders, hover templates) and what its figures
 * become. Immutable: each method returns a changed copy.
 */
public final class PlotlyFigure implements Viewable {
  /** In one order, so that a notebook that is executed again differs only where results do. */
  static final ObjectMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();

  /** Letters of a line of a title: so many find room in a notebook that is 480 pixels wide. */
  private static final int LETTERS = 44;

  private static final TypeReference<Map<String, Object>> TREE = new TypeReference<>() {};

  private static final Map<String, ?> AXIS =
      Map.of(
          "automargin", true,
          "gridcolor", "rgba(127,127,127,0.25)",
          "linecolor", "rgba(127,127,127,0.6)",
          "zerolinecolor", "rgba(127,127,127,0.6)");

  /**
   * What a figure looks like where it does not say so itself: nothing behind it and a middle grey,
   * since a figure cannot know whether the page that shows it is light or dark.
   */
  private static final Map<String, ?> ANY_THEME =
      Map.of(
          "paper_bgcolor",
          "rgba(0,0,0,0)",
          "plot_bgcolor",
          "rgba(0,0,0,0)",
          "font",
          Map.of("color", "#7a7a7a"),
          "title",
          Map.of("font", Map.of("size", 15)),
          "xaxis",
          AXIS,
          "yaxis",
          AXIS);

  private final ObjectNode figure;
  private final Optional<byte[]> png;

  private PlotlyFigure(ObjectNode figure, Optional<byte[]> png) {
    this.figure = figure;
    this.png = png;
  }

  /**
   * @param title shown above the figure; "" for none
   * @return a figure without traces
   */
  public static PlotlyFigure titled(String title) {
    ObjectNode figure = JSON.createObjectNode();
    figure.putArray("data");
    figure.putObject("layout");
    PlotlyFigure empty = ofTree(figure);
    return title.isEmpty() ? empty : empty.layout("title", title);
  }

  /**
   * @param figure a tree with {@code data}, {@code layout} and perhaps {@code config}
   */
  static PlotlyFigure ofTree(ObjectNode figure) {
    ObjectNode normalised = (ObjectNode) PlotlyJson.normalised(figure);
    // plotly.js 4 offers to upload a figure unless told not to.
    normalised.withObject("/config").put("showSendToCloud", false).put("displaylogo", false);
    ObjectNode layout = normalised.withObject("/layout");
    if (!layout.has("template")) {
      layout.set("template", JSON.valueToTree(Map.of("layout", ANY_THEME)));
    }
    return new PlotlyFigure(normalised, Optional.empty());
  }

  /**
   * @param trace the trace's attributes, as plotly.js names them; arrays, lists and maps may nest
   */
  public PlotlyFigure trace(Map<String, ?> trace) {
    ObjectNode copy = figure.deepCopy();
    copy.withArray("data").add(PlotlyJson.normalised(JSON.valueToTree(trace)));
    return new PlotlyFigure(copy, png);
  }

  /**
   * @param path names separated by dots, as {@code xaxis.title}; titles may be plain strings
   * @param value any value that has a JSON form
   */
  public PlotlyFigure layout(String path, Object value) {
    ObjectNode copy = figure.deepCopy();
    ObjectNode at = copy.withObject("/layout");
    String[] names = path.split("\\.");
    for (String name : Arrays.copyOf(names, names.length - 1)) {
      at = at.withObject("/" + name);
    }
    at.set(names[names.length - 1], JSON.valueToTree(value));
    return new PlotlyFigure((ObjectNode) PlotlyJson.normalised(copy), png);
  }

  /** A copy with one more annotation (attributes as plotly.js names them). */
  public PlotlyFigure annotation(Map<String, ?> annotation) {
    return append("annotations", annotation);
  }

  /** A copy with one more slider (attributes as plotly.js names them). */
  public PlotlyFigure slider(Map<String, ?> slider) {
    return append("sliders", slider);
  }

  /**
   * Puts a picture under the traces, stretched over a rectangle in axis coordinates. For a heatmap
   * of n × n cells that covers the picture: {@code (-0.5, -0.5, n, n)} with a reversed y axis.
   *
   * @param x left edge
   * @param y the edge that is drawn at the top
   */
  public PlotlyFigure image(byte[] picture, double x, double y, double width, double height) {
    return append("images", placed(picture, x, y, width, height, "below"));
  }

  /**
   * @param placed pictures by {@link #placed}
   */
  public PlotlyFigure images(List<Map<String, ?>> placed) {
    ObjectNode copy = figure.deepCopy();
    ArrayNode items = copy.withObject("/layout").withArray("images");
    placed.forEach(picture -> items.add(JSON.<JsonNode>valueToTree(picture)));
    return new PlotlyFigure(copy, png);
  }

  /**
   * A picture of a figure's layout, stretched over a rectangle in axis coordinates.
   *
   * @param y the edge that is drawn at the top
   * @param layer {@code below} the traces or {@code above} them
   */
  public static Map<String, ?> placed(
      byte[] picture, double x, double y, double width, double height, String layer) {
    return Map.ofEntries(
        Map.entry("source", "data:image/png;base64," + Base64.getEncoder().encodeToString(picture)),
        Map.entry("xref", "x"),
        Map.entry("yref", "y"),
        Map.entry("x", x),
        Map.entry("y", y),
        Map.entry("sizex", width),
        Map.entry("sizey", height),
        Map.entry("sizing", "stretch"),
        Map.entry("layer", layer));
  }

  /**
   * @param picture shown where nothing interactive is, in the place of the still that the figure
   *     has by itself ({@link FigureDrawing#still})
   */
  public PlotlyFigure png(byte[] picture) {
    return new PlotlyFigure(figure, Optional.of(picture));
  }

  /** The figure's tree, a copy. */
  public ObjectNode toJson() {
    return figure.deepCopy();
  }

  /** The figure for JupyterLab, for a page without a network, and in words. */
  @Override
  public View view() {
    PlotlyEdition edition = edition();
    ObjectNode lines = inLines();
    // The picture stays in the HTML: beside image/png JupyterLab's extension shows that one first,
    // and draws the figure only when the mouse comes near.
    return View.html(html(lines, edition), toString())
        .with(View.PLOTLY, JSON.convertValue(lines, TREE))
        .needing(edition);
  }

  /**
   * The figure with its title and that of its x axis in lines, since plotly.js cuts what is wider
   * than a narrow page; a page that breaks titles itself finds the whole.
   */
  private ObjectNode inLines() {
    ObjectNode shown = figure;
    for (String of : List.of("/layout/title", "/layout/xaxis/title")) {
      String whole = figure.at(of + "/text").asText("");
      String broken = TitleLines.broken(whole, LETTERS);
      if (!broken.equals(whole)) {
        shown = shown == figure ? figure.deepCopy() : shown;
        shown.withObject(of).put("text", broken).put("whole", whole);
      }
    }
    return shown;
  }

  /** What stands in the figure's place where no script runs: its picture, or its name. */
  private String placeholder() {
    return png.or(() -> FigureDrawing.still(figure))
        .map(
            picture ->
                Html.open(
                    "img",
                    "src",
                    "data:image/png;base64," + Base64.getEncoder().encodeToString(picture),
                    "alt",
                    toString()))
        .orElse(Html.escape(toString()));
  }

  @Override
  public String toString() {
    TreeSet<String> types = traceTypes();
    String title = figure.at("/layout/title/text").asText();
    String kind = types.isEmpty() ? "empty" : String.join(", ", types);
    // a title may hold the few tags that Plotly draws
    String words =
        Html.unescape(title.replaceAll("<br>.*|</?(?:b|i|sub|sup|span)(?: [^>]*)?>", ""));
    return "Figure (" + kind + ")" + (title.isEmpty() ? "" : ": " + words);
  }

  private PlotlyFigure append(String list, Map<String, ?> item) {
    ObjectNode copy = figure.deepCopy();
    ArrayNode items = copy.withObject("/layout").withArray(list);
    items.add(PlotlyJson.normalised(JSON.valueToTree(item)));
    return new PlotlyFigure(copy, png);
  }

  private TreeSet<String> traceTypes() {
    TreeSet<String> types = new TreeSet<>();
    for (Iterator<JsonNode> traces = figure.path("data").elements(); traces.hasNext(); ) {
      types.add(traces.next().path("type").asText("scatter"));
    }
    return types;
  }

  private PlotlyEdition edition() {
    boolean scene = figure.path("layout").has("scene") && !traceTypes().isEmpty();
    return scene ? PlotlyEdition.FULL : PlotlyEdition.drawing(traceTypes());
  }

  /** Draws as soon as the library is on the page, wherever on the page that is. */
  private String html(ObjectNode shown, PlotlyEdition edition) {
    String json;
    try {
      json = JSON.writeValueAsString(shown);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that has no JSON form", e);
    }
    return """
        <div>%s</div>
        <script>(function (box) {
          var figure = %s;
          var engram = window.EngramFigures = window.EngramFigures || {waiting: []};
          function draw() {
            var plotly = engram.full || engram.%s;
            if (!plotly) { return false; }
            box.textContent = "";
            plotly.newPlot(box, figure.data, figure.layout, figure.config);
            return true;
          }
          if (!draw()) { engram.waiting.push(draw); }
        })(document.currentScript.previousElementSibling);</script>
        """
        .formatted(placeholder(), Html.scriptSafe(json), edition.key());
  }
}
