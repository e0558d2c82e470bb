package dev.engram.magic.result;

import dev.engram.atlas.Atlas;
import dev.engram.attribution.Score;
import dev.engram.dissect.Heatmap;
import dev.engram.lab.Exploration;
import dev.engram.lab.Exploration.Subject;
import dev.engram.lab.ExploredNeuron;
import dev.engram.lab.ExploredNeuron.Look;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.view.ExplorerPage;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.SharePng;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/** Shows {@code %explore}: linked pages of neurons, and a still of the first one. */
final class ExplorationPresenter implements Presenter<Exploration> {
  /** Side of a picture of the still. */
  private static final int SIDE = 96;

  private static final int STILL_IMAGES = 8;
  private static final int STILL_BARS = 15;

  @Override
  public View view(Exploration e, DisplayLimits shown) {
    return page(e, shown).view();
  }

  /** Rank, neuron, every score, residual, cosines without it, words. */
  @Override
  public Table table(Exploration e, DisplayLimits shown) {
    List<ExploredNeuron> all = e.neurons();
    List<Column<?>> columns = new ArrayList<>();
    columns.add(IntColumn.create("rank", IntStream.rangeClosed(1, all.size()).toArray()));
    columns.add(StringColumn.create("neuron", all.stream().map(n -> n.neuron().toString())));
    if (e.subjects().size() > 1) {
      columns.add(StringColumn.create("images", all.stream().map(n -> e.subject(n).title())));
    }
    for (Score s : e.scores()) {
      columns.add(column(ExplorationData.name(s), all, n -> score(n, s)));
    }
    columns.add(column("residual", all, n -> n.words().residual()));
    columns.add(column("cosine", all, n -> n.fall().before()));
    columns.add(column("direct part out", all, n -> n.fall().residual()));
    columns.add(column("removed", all, n -> n.fall().complete()));
    columns.add(
        StringColumn.create(
            "says", all.stream().map(n -> InterpretationsPresenter.said(n.words()))));
    return Table.create("Neurons of " + e.title(), columns);
  }

  /** A bar for each neuron, by the first score. */
  @Override
  public PlotlyFigure figure(Exploration e, DisplayLimits shown) {
    Score first = e.scores().get(0);
    return NeuronBars.draw(
        e.neurons().stream()
            .limit(shown.or(Integer.MAX_VALUE))
            .map(
                n ->
                    new NeuronBars.Bar(
                        n.neuron(),
                        score(n, first),
                        Html.escape(InterpretationsPresenter.said(n.words()))))
            .toList(),
        "Neurons of " + e.title(),
        ExplorationData.name(first),
        "<b>%{x}</b>: %{y:.5f}<br>%{customdata}");
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static double score(ExploredNeuron n, Score by) {
    Scored scored = Objects.requireNonNull(n.scores().get(by));
    return scored.value();
  }

  private static DoubleColumn column(
      String name, List<ExploredNeuron> all, ToDoubleFunction<ExploredNeuron> value) {
    return DoubleColumn.create(name, all.stream().mapToDouble(value).toArray());
  }

  /** The page, which can be shown in a cell or written as a file. */
  @Override
  public ExplorerPage page(Exploration e, DisplayLimits shown) {
    String summary = summary(e);
    byte[] bars = bars(e);
    return new ExplorerPage(
        "Explorer: " + e.title(),
        new ExplorationData(e).json(summary),
        still(e, summary, bars),
        bars);
  }

  private static String summary(Exploration e) {
    String neurons = "%d neurons".formatted(e.neurons().size());
    if (e.subjects().size() > 1) {
      return neurons + ", each with the entity that it serves";
    }
    Subject s = e.subjects().get(0);
    String shown =
        s.shown().size() < s.images() ? " (%d of them shown)".formatted(s.shown().size()) : "";
    return String.format(
        Locale.ROOT,
        "%s, %d image%s%s, \u201c%s\u201d",
        neurons,
        s.images(),
        s.images() == 1 ? "" : "s",
        shown,
        s.label());
  }

  /** What stands where no script runs: the ranking, and where its first neuron looks. */
  private static View still(Exploration e, String summary, byte[] bars) {
    ExploredNeuron first = e.neurons().get(0);
    List<Look> looks =
        first.onSubject().stream()
            .filter(look -> look.heatmap().isPresent())
            .limit(STILL_IMAGES)
            .toList();
    List<Gallery.Item> items = looks.stream().map(look -> item(e, first, look)).toList();
    String scale =
        String.format(
            Locale.ROOT,
            "%s says %s. Orange to red drives it, blue pulls it down, on one scale from %.3g to"
                + " %.3g (%s).",
            first.neuron(),
            InterpretationsPresenter.said(first.words()),
            -first.scale(),
            first.scale(),
            first.unit());
    View table = TableView.of(new ExplorationPresenter().table(e, DisplayLimits.BY_DEFAULT));
    String html =
        Html.element("p", Html.element("b", Html.escape(e.title())) + ": " + Html.escape(summary))
            + Html.open(
                "img",
                "src",
                "data:image/png;base64," + Base64.getEncoder().encodeToString(bars),
                "alt",
                "The neurons of " + e.title() + ", ranked: " + ranked(e))
            + Html.element("p", Html.escape(scale))
            + Gallery.of(items, SIDE).html();
    String atlas = ofAtlas(e, first);
    if (!atlas.isEmpty()) {
      html += Html.element("p", Html.escape(atlas));
    }
    String text = table.text() + "\n" + scale + (atlas.isEmpty() ? "" : "\n" + atlas);
    return Footnote.under(View.html(html, text), e.provenance());
  }

  /** The strongest images of the whole set, a sentence; "" where no atlas is open. */
  private static String ofAtlas(Exploration e, ExploredNeuron n) {
    Exploration.OfAtlas atlas = e.atlas();
    List<Atlas.Top> strongest =
        atlas == null ? List.of() : atlas.strongest().getOrDefault(n.neuron(), List.of());
    return atlas == null || strongest.isEmpty()
        ? ""
        : "%s: %s of %s: %s."
            .formatted(
                n.neuron(),
                n.sign() < 0 ? "lowest coefficients (turned around)" : "strongest",
                atlas.images(),
                strongest.stream()
                    .limit(STILL_IMAGES)
                    .map(top -> String.format(Locale.ROOT, "%s %.2f", top.image(), top.value()))
                    .collect(Collectors.joining(", ")));
  }

  private static String ranked(Exploration e) {
    return e.neurons().stream()
        .limit(STILL_BARS)
        .map(n -> n.neuron().toString())
        .collect(Collectors.joining(", "));
  }

  private static Gallery.Item item(Exploration e, ExploredNeuron n, Look look) {
    Heatmap map = look.heatmap().orElseThrow();
    BufferedImage square = HeatmapFigure.scaled(e.picture(look.image()).image(), SIDE);
    return new Gallery.Item(
        SharePng.overlay(square, map.upsampled(SIDE), n.scale()),
        String.format(Locale.ROOT, "%.2f %s", look.coefficient(), e.picture(look.image()).title()));
  }

  private static byte[] bars(Exploration e) {
    Score by = e.scores().get(0);
    PlotlyFigure ranking =
        NeuronBars.draw(
            e.neurons().stream()
                .limit(STILL_BARS)
                .map(n -> new NeuronBars.Bar(n.neuron(), score(n, by), ""))
                .toList(),
            "Neurons of "
                + e.title()
                + (e.neurons().size() > STILL_BARS ? ", the first " + STILL_BARS : ""),
            ExplorationData.name(by),
            "");
    return FigureDrawing.still(ranking.toJson()).orElseThrow();
  }
}
