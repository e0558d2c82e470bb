package dev.engram.magic.result;

import dev.engram.dissect.Histogram;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.Survey.Effect;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The charts of a neuron's page. */
final class NeuronFigures {
  /** Entities at each end of the ranking. */
  static final int ENDS = 10;

  /** What a histogram counts, in their order. */
  static final List<String> GROUPS = List.of("images of entities", "background images");

  private static final int BINS = 20;

  /** Letters of a name beside a bar; hovering tells the whole. */
  private static final int LETTERS = 24;

  /** A bar of a smaller share of the longest one has no length that one sees. */
  private static final double SEEN = 0.01;

  /** Above and below the bars, where plotly.js has the title and the axis. */
  private static final int MARGINS = 190;

  private static final String RAISED = "#00798c";
  private static final String LOWERED = "#c8741a";

  private NeuronFigures() {}

  /**
   * The entities at both ends of the ranking, as far as their bars can be seen.
   *
   * @param effects of all entities, the most improved first
   */
  static PlotlyFigure entities(Neuron neuron, List<Effect> effects) {
    double longest = effects.stream().mapToDouble(e -> Math.abs(e.improvement())).max().orElse(0);
    List<Effect> shown = new ArrayList<>();
    List<Effect> others = new ArrayList<>();
    for (int i = 0; i < effects.size(); i++) {
      Effect e = effects.get(i);
      boolean isEnd = i < ENDS || i >= effects.size() - ENDS;
      boolean isSeen = !(Math.abs(e.improvement()) < SEEN * longest);
      (isEnd && isSeen ? shown : others).add(e);
    }
    String title = "Improvement by " + neuron;
    if (!others.isEmpty()) {
      title +=
          " on %d of %d entities<br><sub>the others lie between %s and %s</sub>"
              .formatted(
                  shown.size(),
                  effects.size(),
                  Histograms.digits(others.get(others.size() - 1).improvement(), 2),
                  Histograms.digits(others.get(0).improvement(), 2));
    }
    // positions, not names: two long names may look alike once they are cut
    List<Integer> rows = IntStream.range(0, shown.size()).boxed().toList();
    return PlotlyFigure.titled(title)
        .trace(
            Map.of(
                "type",
                "bar",
                "orientation",
                "h",
                "y",
                rows,
                "x",
                shown.stream().map(Effect::improvement).toList(),
                "marker",
                Map.of(
                    "color",
                    shown.stream().map(e -> e.improvement() > 0 ? RAISED : LOWERED).toList()),
                "customdata",
                shown.stream()
                    .map(
                        e ->
                            List.of(
                                Html.escape(e.entity().name()),
                                Html.escape(e.entity().category()),
                                e.rank(),
                                e.coefficient()))
                    .toList(),
                "hovertemplate",
                "<b>%{customdata[0]}</b> (%{customdata[1]})<br>improvement %{x:.5f}, rank"
                    + " %{customdata[2]}<br>coefficient m %{customdata[3]:.3f}<extra></extra>"))
        .layout(
            "yaxis",
            Map.of(
                "tickvals",
                rows,
                "ticktext",
                shown.stream().map(e -> Html.escape(cut(e.entity().name()))).toList(),
                "range",
                List.of(shown.size() - 0.5, -0.5),
                "automargin",
                true))
        .layout("xaxis", Map.of("title", "improvement", "automargin", true))
        .layout("height", MARGINS + 22 * shown.size());
  }

  /** Most images leave an FFN neuron near 0: on a plain axis the others would not be seen. */
  static boolean isLog(Neuron neuron) {
    return neuron.block() == Neuron.Block.FFN;
  }

  private static Map<String, Object> shares(Neuron neuron) {
    boolean log = isLog(neuron);
    return Map.of(
        "title",
        "share of the images" + (log ? " (log)" : ""),
        "type",
        log ? "log" : "linear",
        "nticks",
        6,
        "tickformat",
        "~%");
  }

  private static String cut(String name) {
    return name.codePointCount(0, name.length()) <= LETTERS
        ? name
        : name.substring(0, name.offsetByCodePoints(0, LETTERS - 1)) + "…";
  }

  /** The coefficients of each group. */
  static Histogram counted(NeuronReport report) {
    return Histogram.of(List.of(report.onEntities(), report.onBackground()), BINS);
  }

  /** How many images of which kind were counted, a sentence. */
  static String counts(NeuronReport report) {
    return "%,d images of entities and %,d background images.%s"
        .formatted(
            report.onEntities().length,
            report.onBackground().length,
            report.onBackground().length > 0
                ? ""
                : " The set has no background images to compare with.");
  }

  /** Images of entities against background images, in shares. */
  static PlotlyFigure histogram(NeuronReport report) {
    Histogram histogram = counted(report);
    String title = "Coefficient m of " + report.neuron() + " at the class token";
    PlotlyFigure figure = PlotlyFigure.titled(title);
    List<String> names = GROUPS;
    List<String> colours = List.of(RAISED, LOWERED);
    double[] centres = histogram.centres();
    for (int g = 0; g < names.size(); g++) {
      double[] shares = histogram.shares(g);
      if (Arrays.stream(shares).sum() == 0) {
        continue;
      }
      figure =
          figure.trace(
              Map.of(
                  "type",
                  "bar",
                  "name",
                  names.get(g),
                  "x",
                  centres,
                  "y",
                  shares,
                  "opacity",
                  0.6,
                  "marker",
                  Map.of("color", colours.get(g)),
                  "hovertemplate",
                  "m about %{x:.3f}: %{y:.1%}<extra>" + names.get(g) + "</extra>"));
    }
    return figure
        .layout("barmode", "overlay")
        .layout("bargap", 0.02)
        .layout("xaxis.title", "coefficient m")
        .layout("yaxis", shares(report.neuron()))
        .layout("legend", Map.of("orientation", "h", "y", 1.02, "yanchor", "bottom"))
        .layout("height", 360);
  }
}
