package dev.engram.magic.result;

import dev.engram.atlas.AtlasMap;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %atlas map}: all neurons as points that WebGL draws. */
final class AtlasMapPresenter implements Presenter<AtlasMap> {
  /** With more neurons their words would be most of a notebook; the site of the atlas has them. */
  private static final int MOST_SAID = 40_000;

  /** Classes that have a colour of their own: those that most neurons improve most. */
  private static final int COLOURED = 12;

  private static final String[] CLASS_COLOURS = {
    "#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7",
    "#a463f2", "#97bbf5", "#9c6b4e", "#b5a900", "#00a1b5", "#d1495b"
  };

  private static final String OTHER = "#a8a8a8";

  private static final MathContext DIGITS = new MathContext(4);

  @Override
  public View view(AtlasMap m, DisplayLimits shown) {
    String told = "Click a point for the line that shows its neuron.";
    String note =
        m.says().size() <= MOST_SAID
            ? ""
            : " What so many neurons say is left out here; %atlas --html DIR writes a site that has it.";
    View foot =
        View.html(
            Html.element(
                    "p",
                    Html.element("span", Html.escape(told), "aria-live", "polite")
                        + Html.escape(note),
                    "class",
                    "engram-map-foot")
                + Html.element("script", Html.resource("neurons.js") + Html.resource("map.js")),
            note.strip());
    return Footnote.under(foot, m.provenance()).below(figure(m, shown).view());
  }

  /** Neuron, both coordinates, what the colours can tell, words. */
  @Override
  public Table table(AtlasMap m, DisplayLimits shown) {
    AtlasNeurons n = m.neurons();
    NeuronSpace space = n.space();
    return Table.create(
        "Map of all neurons",
        StringColumn.create("neuron", names(space)),
        DoubleColumn.create("x", m.map().x()),
        DoubleColumn.create("y", m.map().y()),
        DoubleColumn.create("density", n.density()),
        StringColumn.create("class", n.bestClass()),
        StringColumn.create("says", m.says()));
  }

  private static List<String> names(NeuronSpace space) {
    return IntStream.range(0, space.count()).mapToObj(i -> space.neuron(i).toString()).toList();
  }

  /** A point for each neuron. */
  @Override
  public PlotlyFigure figure(AtlasMap m, DisplayLimits shown) {
    NeuronSpace space = m.neurons().space();
    String title =
        format(
            "%,d neurons by the directions of their value vectors, in two dimensions",
            space.count());
    String x = axis("first", m.map().shares()[0]);
    String y = axis("second", m.map().shares()[1]);
    Drawing drawing = new Drawing(m);
    PlotlyFigure figure = PlotlyFigure.titled(title + "<br><sup>" + drawing.legend() + "</sup>");
    for (Map<String, Object> trace : drawing.traces()) {
      figure = figure.trace(trace);
    }
    return figure
        .layout("xaxis.title", x)
        .layout("yaxis.title", y)
        .layout("yaxis.scaleanchor", "x")
        .layout("hovermode", "closest")
        .layout("legend.itemsizing", "constant")
        .layout("meta", "engram-map")
        .layout("height", 600);
  }

  private static String axis(String which, double share) {
    return format("%s principal component, %.1f %% of the variance", which, 100 * share);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }

  /** The traces of one map. */
  private static final class Drawing {
    private final AtlasMap m;
    private final NeuronSpace space;
    private final List<String> texts;
    private final List<String> classes;

    Drawing(AtlasMap m) {
      this.m = m;
      space = m.neurons().space();
      texts = IntStream.range(0, space.count()).mapToObj(this::text).toList();
      classes =
          m.neurons().bestClass().stream()
              .filter(c -> !c.isEmpty())
              .collect(Collectors.groupingBy(c -> c, Collectors.counting()))
              .entrySet()
              .stream()
              .sorted(
                  Map.Entry.<String, Long>comparingByValue()
                      .reversed()
                      .thenComparing(Map.Entry.comparingByKey()))
              .limit(COLOURED)
              .map(Map.Entry::getKey)
              .toList();
    }

    String legend() {
      return switch (m.colour()) {
        case LAYER -> "colour: layer";
        case DENSITY -> "colour: density, on a logarithmic scale";
        case KIND -> "colour: kind";
        case CLASS ->
            format(
                "colour: the class that a neuron improves most, of the %d that most neurons have",
                classes.size());
      };
    }

    private String text(int i) {
      String improves = m.neurons().bestClass().get(i);
      String says = space.count() <= MOST_SAID ? m.says().get(i) : "";
      return space.neuron(i)
          + (says.isEmpty() ? "" : "<br>says " + Html.escape(says))
          + (improves.isEmpty() ? "" : "<br>improves " + Html.escape(improves))
          + format("<br>density %.3g", m.neurons().density()[i]);
    }

    List<Map<String, Object>> traces() {
      return switch (m.colour()) {
        case LAYER ->
            List.of(
                scaled(
                    IntStream.range(0, space.count()).mapToDouble(this::layer).toArray(),
                    Map.of("title", Map.of("text", "layer"))));
        case DENSITY ->
            List.of(
                scaled(
                    IntStream.range(0, space.count()).mapToDouble(this::density).toArray(),
                    Map.of(
                        "title", Map.of("text", "density"),
                        "tickvals", List.of(-4, -3, -2, -1, 0),
                        "ticktext", List.of("0.0001", "0.001", "0.01", "0.1", "1"))));
        case KIND -> {
          List<Map<String, Object>> both = new ArrayList<>();
          for (Neuron.Block block : Neuron.Block.values()) {
            both.add(
                plain(
                    block.toString(),
                    BlockColours.of(block),
                    i -> space.neuron(i).block() == block));
          }
          yield both;
        }
        case CLASS -> {
          List<String> best = m.neurons().bestClass();
          List<Map<String, Object>> all = new ArrayList<>();
          all.add(plain("another", OTHER, i -> !classes.contains(best.get(i))));
          for (int c = 0; c < classes.size(); c++) {
            String name = classes.get(c);
            all.add(plain(Html.escape(name), CLASS_COLOURS[c], i -> best.get(i).equals(name)));
          }
          yield all;
        }
      };
    }

    private double layer(int i) {
      return space.neuron(i).layer();
    }

    /** A neuron that never speaks gets the colour of one that does on a single image of 10,000. */
    private double density(int i) {
      return Math.log10(Math.max(1e-4, m.neurons().density()[i]));
    }

    private Map<String, Object> scaled(double[] values, Map<String, ?> bar) {
      Map<String, Object> trace = points(i -> true);
      trace.put(
          "marker",
          Map.of(
              "size",
              3,
              "color",
              rounded(values, i -> true),
              "colorscale",
              "Viridis",
              "showscale",
              true,
              "colorbar",
              bar));
      return trace;
    }

    private Map<String, Object> plain(String name, String colour, IntPredicate which) {
      Map<String, Object> trace = points(which);
      trace.put("name", name);
      trace.put("marker", Map.of("size", 3, "color", colour));
      return trace;
    }

    private Map<String, Object> points(IntPredicate which) {
      Map<String, Object> trace = new HashMap<>();
      trace.put("type", "scattergl");
      trace.put("mode", "markers");
      trace.put("x", rounded(m.map().x(), which));
      trace.put("y", rounded(m.map().y(), which));
      trace.put("text", picked(which).mapToObj(texts::get).toList());
      trace.put("hovertemplate", "%{text}<extra></extra>");
      return trace;
    }

    /** In no order: else the points of the last layer hide those of the others. */
    private IntStream picked(IntPredicate which) {
      return shuffled().filter(which);
    }

    private IntStream shuffled() {
      long prime = space.count() % 7919 == 0 ? 7907 : 7919;
      return IntStream.range(0, space.count()).map(k -> (int) (k * prime % space.count()));
    }

    private List<Double> rounded(double[] values, IntPredicate which) {
      return picked(which)
          .mapToObj(i -> new BigDecimal(values[i]).round(DIGITS).doubleValue())
          .toList();
    }
  }
}
