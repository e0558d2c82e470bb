package dev.engram.magic.result;

import dev.engram.Provenance;
import dev.engram.dissect.ConceptGraph;
import dev.engram.dissect.Interpretation;
import dev.engram.magic.view.HeatmapPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %evolve}: how a concept grows on an image, as a graph with the layers from
 * left to right. Each node is a neuron with its heatmap; hovering tells its words and its
 * coefficient.
 *
 * @param title the image
 * @param graph neurons and effects
 * @param words what each neuron says
 * @param pictures the image with each neuron's heatmap over it
 * @param shared neurons that another graph holds too
 * @param provenance where the numbers come from
 */
public record Evolution(
    String title,
    ConceptGraph graph,
    Map<Neuron, Interpretation> words,
    Map<Neuron, BufferedImage> pictures,
    Set<Neuron> shared,
    Provenance provenance)
    implements Viewable {
  /** Pixels for one node. */
  private static final int NODE = 88;

  /** Part of a node that its picture covers. */
  private static final double PICTURE = 0.62;

  /**
   * @return every effect: query neuron, the neuron that reads it, what it adds, and what it says
   */
  public Table table() {
    List<ConceptGraph.Edge> edges = graph.edges();
    return Table.create(
        heading(),
        StringColumn.create("query neuron", edges.stream().map(e -> name(e.from()))),
        StringColumn.create("helps", edges.stream().map(e -> name(e.to()))),
        DoubleColumn.create(
            "effect", edges.stream().mapToDouble(ConceptGraph.Edge::effect).toArray()),
        StringColumn.create("says", edges.stream().map(e -> said(e.from()))));
  }

  private String name(Neuron n) {
    return (shared.contains(n) ? "★ " : "") + n;
  }

  private String said(Neuron n) {
    Interpretation i = words.get(n);
    return i == null
        ? ""
        : i.words().stream()
            .map(w -> String.format(Locale.ROOT, "%s %+.2f", w.word(), w.weight()))
            .collect(Collectors.joining(", "));
  }

  /**
   * @return the graph
   */
  public PlotlyFigure figure() {
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
    PlotlyFigure figure = PlotlyFigure.titled(Html.escape(heading()) + BlockColours.legend());
    double strongest =
        graph.edges().stream().mapToDouble(ConceptGraph.Edge::effect).max().orElse(1);
    for (ConceptGraph.Edge e : graph.edges()) {
      figure = figure.trace(line(e, at, strongest));
    }
    for (Map.Entry<Neuron, double[]> e : at.entrySet()) {
      BufferedImage picture = pictures.get(e.getKey());
      double[] p = e.getValue();
      if (picture != null) {
        figure =
            figure.image(
                HeatmapPng.png(picture), p[0] - PICTURE / 2, p[1] - PICTURE / 2, PICTURE, PICTURE);
      }
    }
    return figure
        .trace(nodes(at))
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

  private Map<String, Object> nodes(Map<Neuron, double[]> at) {
    List<Neuron> neurons = new ArrayList<>(at.keySet());
    return Map.of(
        "type", "scatter",
        "mode", "markers+text",
        "x", neurons.stream().map(n -> at.getOrDefault(n, new double[2])[0]).toList(),
        "y", neurons.stream().map(n -> at.getOrDefault(n, new double[2])[1] + 0.42).toList(),
        "text", neurons.stream().map(this::name).toList(),
        "textposition", "bottom center",
        "customdata",
            neurons.stream()
                .map(n -> List.of(graph.nodes().getOrDefault(n, Double.NaN), Html.escape(said(n))))
                .toList(),
        "marker",
            Map.of(
                "size", 9, "color", neurons.stream().map(n -> BlockColours.of(n.block())).toList()),
        "hovertemplate",
            "<b>%{text}</b><br>coefficient m %{customdata[0]:.3f}<br>%{customdata[1]}<extra></extra>");
  }

  private String heading() {
    return "How " + graph.start() + " is driven on " + title;
  }

  @Override
  public View view() {
    return figure().view().below(Footnote.under(TableView.of(table()), provenance));
  }

  @Override
  public String toString() {
    return heading() + ": " + graph.nodes().size() + " neurons";
  }
}
