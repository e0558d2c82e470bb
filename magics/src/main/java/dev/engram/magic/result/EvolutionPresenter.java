package dev.engram.magic.result;

import dev.engram.dissect.ConceptGraph;
import dev.engram.dissect.Interpretation;
import dev.engram.lab.Evolution;
import dev.engram.lab.Evolutions;
import dev.engram.lab.ImageHeatmap;
import dev.engram.magic.draw.Png;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %evolve}: how a concept grows on an image, as a graph with the layers from left to
 * right. Each node is a neuron with its heatmap; hovering tells its words and its coefficient.
 */
final class EvolutionPresenter implements Presenter<Evolution> {
  /** Shows the graphs of several images, one above the other. */
  static final class OfSeveral implements Presenter<Evolutions> {
    private final EvolutionPresenter one = new EvolutionPresenter();

    @Override
    public View view(Evolutions graphs, DisplayLimits shown) {
      List<View> outputs = new ArrayList<>();
      for (Evolution graph : graphs.images()) {
        View page = one.view(graph, shown);
        outputs.addAll(page.before());
        outputs.add(new View(page.data(), page.plotly(), List.of()));
      }
      View last = outputs.remove(outputs.size() - 1);
      return new View(last.data(), last.plotly(), outputs);
    }

    /** The effects of all graphs, with the image in front where there are several. */
    @Override
    public Table table(Evolutions graphs, DisplayLimits shown) {
      Table all = one.table(graphs.first(), shown).emptyCopy();
      StringColumn images = StringColumn.create("image");
      for (Evolution graph : graphs.images()) {
        Table rows = one.table(graph, shown);
        all.append(rows);
        rows.forEach(row -> images.append(graph.title()));
      }
      return graphs.images().size() == 1 ? all : all.insertColumn(0, images);
    }

    @Override
    public PlotlyFigure figure(Evolutions graphs, DisplayLimits shown) {
      return one.figure(graphs.first(), shown);
    }
  }

  /** Pixels for one node. */
  private static final int NODE = 88;

  /** Side of a heatmap, in pixels. */
  private static final int THUMBNAIL = 80;

  /** Part of a node that its picture covers. */
  private static final double PICTURE = 0.62;

  @Override
  public View view(Evolution e, DisplayLimits shown) {
    View rows = TableView.of(table(e, shown));
    return Footnote.under(rows, e.provenance()).below(figure(e, shown).view());
  }

  /** Every effect: query neuron, the neuron that reads it, what it adds, and what it says. */
  @Override
  public Table table(Evolution evolution, DisplayLimits shown) {
    List<ConceptGraph.Edge> edges = evolution.graph().edges();
    return Table.create(
        heading(evolution),
        StringColumn.create("query neuron", edges.stream().map(e -> name(evolution, e.from()))),
        StringColumn.create("helps", edges.stream().map(e -> name(evolution, e.to()))),
        DoubleColumn.create(
            "effect", edges.stream().mapToDouble(ConceptGraph.Edge::effect).toArray()),
        StringColumn.create("says", edges.stream().map(e -> said(evolution, e.from()))));
  }

  private static String name(Evolution evolution, Neuron n) {
    return (evolution.shared().contains(n) ? "★ " : "") + n;
  }

  private static String said(Evolution evolution, Neuron n) {
    Interpretation i = evolution.words().get(n);
    return i == null ? "" : InterpretationsPresenter.said(i);
  }

  /** The graph. */
  @Override
  public PlotlyFigure figure(Evolution evolution, DisplayLimits shown) {
    ConceptGraph graph = evolution.graph();
    TreeMap<Integer, List<Neuron>> columns = new TreeMap<>();
    graph
        .nodes()
        .keySet()
        .forEach(n -> columns.computeIfAbsent(column(n), k -> new ArrayList<>()).add(n));
    int rows = columns.values().stream().mapToInt(List::size).max().orElse(1);
    List<Integer> order = new ArrayList<>(columns.keySet());
    Map<Neuron, double[]> at = new HashMap<>();
    for (int x = 0; x < order.size(); x++) {
      List<Neuron> column = columns.getOrDefault(order.get(x), List.of());
      for (int i = 0; i < column.size(); i++) {
        at.put(column.get(i), new double[] {x, (rows - column.size()) / 2.0 + i});
      }
    }
    PlotlyFigure figure =
        PlotlyFigure.titled(Html.escape(heading(evolution)) + BlockColours.legend());
    double strongest =
        graph.edges().stream().mapToDouble(ConceptGraph.Edge::effect).max().orElse(1);
    for (ConceptGraph.Edge e : graph.edges()) {
      figure = figure.trace(line(e, at, strongest));
    }
    List<Map<String, ?>> pictures = new ArrayList<>();
    for (Map.Entry<Neuron, double[]> e : at.entrySet()) {
      ImageHeatmap heatmap = evolution.heatmaps().get(e.getKey());
      double[] p = e.getValue();
      if (heatmap != null) {
        pictures.add( // above: no line runs across a picture
            PlotlyFigure.placed(
                Png.of(new HeatmapFigure(heatmap).overlay(THUMBNAIL)),
                p[0] - PICTURE / 2,
                p[1] - PICTURE / 2,
                PICTURE,
                PICTURE,
                "above"));
      }
    }
    return figure
        .images(pictures)
        .trace(nodes(evolution, at))
        .layout(
            "xaxis",
            Map.of(
                "range",
                List.of(-0.7, order.size() - 0.3),
                "tickvals",
                java.util.stream.IntStream.range(0, order.size()).boxed().toList(),
                "ticktext",
                order.stream().map(c -> (c % 2 == 0 ? "MSA " : "FFN ") + c / 2).toList(),
                "showgrid",
                false,
                "zeroline",
                false,
                "title",
                "block, from the first layers to the last"))
        .layout(
            "yaxis",
            Map.of("range", List.of(rows - 0.3, -0.7), "visible", false, "zeroline", false))
        .layout("showlegend", false)
        .layout("width", 140 + (int) (1.35 * NODE) * order.size())
        .layout("height", 170 + (int) (1.35 * NODE) * rows);
  }

  private static int column(Neuron n) {
    return 2 * n.layer() + n.block().ordinal();
  }

  private static Map<String, Object> line(
      ConceptGraph.Edge e, Map<Neuron, double[]> at, double strongest) {
    double[] from = at.getOrDefault(e.from(), new double[2]);
    double[] to = at.getOrDefault(e.to(), new double[2]);
    String hover = String.format(Locale.ROOT, "%s adds %.3f to %s", e.from(), e.effect(), e.to());
    return Map.of(
        "type",
        "scatter",
        "mode",
        "lines",
        "x",
        List.of(from[0], (from[0] + to[0]) / 2, to[0]),
        "y",
        List.of(from[1], (from[1] + to[1]) / 2, to[1]),
        "line",
        Map.of("color", "#9a9a9a", "width", 1 + 5 * e.effect() / strongest),
        "hovertemplate",
        hover + "<extra></extra>");
  }

  private static Map<String, Object> nodes(Evolution evolution, Map<Neuron, double[]> at) {
    List<Neuron> neurons = new ArrayList<>(at.keySet());
    return Map.of(
        "type", "scatter",
        "mode", "markers+text",
        "x", neurons.stream().map(n -> at.getOrDefault(n, new double[2])[0]).toList(),
        "y", neurons.stream().map(n -> at.getOrDefault(n, new double[2])[1] + 0.42).toList(),
        "text", neurons.stream().map(n -> name(evolution, n)).toList(),
        "textposition", "bottom center",
        "customdata",
            neurons.stream()
                .map(
                    n ->
                        List.of(
                            evolution.graph().nodes().getOrDefault(n, Double.NaN),
                            Html.escape(said(evolution, n))))
                .toList(),
        "marker",
            Map.of(
                "size", 9, "color", neurons.stream().map(n -> BlockColours.of(n.block())).toList()),
        "hovertemplate",
            "<b>%{text}</b><br>coefficient m %{customdata[0]:.3f}<br>%{customdata[1]}<extra></extra>");
  }

  private static String heading(Evolution evolution) {
    return "How " + evolution.graph().start() + " is driven on " + evolution.title();
  }
}
