package dev.engram.magic.result;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Digits;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Maps;
import dev.engram.lab.DescribedFeature.OfEntity;
import dev.engram.lab.Exploration.Subject;
import dev.engram.lab.ExploredNeuron.Scored;
import dev.engram.lab.FeatureExploration;
import dev.engram.lab.FeatureExploration.Look;
import dev.engram.lab.FeatureExploration.OfFeature;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.view.ExplorerPage;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PictureData;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.SharePng;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;
import tech.tablesaw.columns.Column;

/**
 * Shows {@code %explore --features}: linked pages of features, drawn by the explorer of neurons,
 * and a still of the first one.
 */
final class FeatureExplorationPresenter implements Presenter<FeatureExploration> {
  private static final int SIDE = 96;
  private static final int STILL_IMAGES = 8;
  private static final int STILL_BARS = 15;
  private static final JsonNodeFactory NEW = JsonNodeFactory.instance;

  @Override
  public View view(FeatureExploration e, DisplayLimits shown) {
    return page(e, shown).view();
  }

  /** Rank, feature, every score, residual, cosines without it, words. */
  @Override
  public Table table(FeatureExploration e, DisplayLimits shown) {
    List<OfFeature> all = e.features();
    List<Column<?>> columns = new ArrayList<>();
    columns.add(IntColumn.create("rank", IntStream.rangeClosed(1, all.size()).toArray()));
    columns.add(StringColumn.create("feature", all.stream().map(f -> f.feature().toString())));
    for (Score s : e.scores()) {
      columns.add(column(ExplorationData.name(s), all, f -> score(f, s).value()));
    }
    columns.add(column("residual", all, f -> f.words().residual()));
    columns.add(column("cosine", all, f -> f.fall().before()));
    columns.add(column("direct part out", all, f -> f.fall().residual()));
    columns.add(column("removed", all, f -> f.fall().complete()));
    columns.add(StringColumn.create("says", all.stream().map(FeatureExplorationPresenter::said)));
    return Table.create("Features of " + e.title(), columns);
  }

  /** A bar for each feature, by the first score. */
  @Override
  public PlotlyFigure figure(FeatureExploration e, DisplayLimits shown) {
    Score first = e.scores().get(0);
    return FeatureBars.draw(
        "Features of " + e.title(),
        ExplorationData.name(first),
        e.features().stream()
            .limit(Math.min(DisplayLimits.BARS, shown.or(Integer.MAX_VALUE)))
            .map(f -> new FeatureBars.Bar(f.feature().toString(), score(f, first).value(), said(f)))
            .toList());
  }

  @Override
  public boolean isRanking() {
    return true;
  }

  private static Scored score(OfFeature f, Score by) {
    return Objects.requireNonNull(f.scores().get(by));
  }

  private static String said(OfFeature f) {
    return f.words().words().stream()
        .map(w -> String.format(Locale.ROOT, "%s %+.2f", w.word(), w.weight()))
        .collect(Collectors.joining(", "));
  }

  private static DoubleColumn column(
      String name, List<OfFeature> all, ToDoubleFunction<OfFeature> value) {
    return DoubleColumn.create(name, all.stream().mapToDouble(value).toArray());
  }

  /** The page, which can be shown in a cell or written as a file. */
  @Override
  public ExplorerPage page(FeatureExploration e, DisplayLimits shown) {
    PlotlyFigure bars =
        new FeatureExplorationPresenter().figure(e, DisplayLimits.first(STILL_BARS));
    byte[] png = FigureDrawing.still(bars.toJson()).orElseThrow();
    return new ExplorerPage("Explorer: " + e.title(), json(e), still(e, png), png);
  }

  private static String summary(FeatureExploration e) {
    Subject s = e.subject();
    return "%d features of %s, %d image%s, “%s”"
        .formatted(
            e.features().size(), e.hook(), s.images(), s.images() == 1 ? "" : "s", s.label());
  }

  /** What stands where no script runs: the ranking, and where its first feature is active. */
  private static View still(FeatureExploration e, byte[] bars) {
    OfFeature first = e.features().get(0);
    List<Gallery.Item> items =
        first.onSubject().stream().limit(STILL_IMAGES).map(look -> item(e, first, look)).toList();
    String scale =
        "%s says %s. Orange to red is where it is active, on one scale from 0 to %s (coefficient m of a patch)."
            .formatted(first.feature(), said(first), Digits.of(first.scale()));
    View table = TableView.of(new FeatureExplorationPresenter().table(e, DisplayLimits.BY_DEFAULT));
    String html =
        Html.element(
                "p", Html.element("b", Html.escape(e.title())) + ": " + Html.escape(summary(e)))
            + Html.open(
                "img",
                "src",
                "data:image/png;base64," + Base64.getEncoder().encodeToString(bars),
                "alt",
                "The features of " + e.title() + ", ranked")
            + Html.element("p", Html.escape(scale))
            + Gallery.of(items, SIDE).html();
    return Footnote.under(View.html(html, table.text() + "\n" + scale), e.provenance());
  }

  private static Gallery.Item item(FeatureExploration e, OfFeature f, Look look) {
    var picture = Objects.requireNonNull(e.pictures().get(look.image()));
    int side = (int) Math.round(Math.sqrt(look.patches().length));
    return new Gallery.Item(
        SharePng.overlay(
            HeatmapFigure.scaled(picture.image(), SIDE),
            Maps.bilinear(look.patches(), side, SIDE),
            f.scale()),
        "%s %s".formatted(Digits.of(look.coefficient()), picture.title()));
  }

  // -------------------------------------------------------------------- what explorer.js draws

  private static ObjectNode json(FeatureExploration e) {
    Map<LabelledImage, Integer> images = new LinkedHashMap<>();
    e.pictures().keySet().forEach(image -> images.put(image, images.size()));
    ObjectNode out = NEW.objectNode();
    out.put("unit", "feature");
    out.put("title", ExplorationData.text(e.title()));
    out.put("summary", ExplorationData.text(summary(e)));
    out.put(
        "foot",
        ExplorationData.text(
            e.provenance() + "." + e.provenance().caution().map(c -> " " + c).orElse("")));
    ArrayNode names = out.putArray("scores");
    e.scores().forEach(s -> names.add(ExplorationData.name(s)));
    ArrayNode sorts = out.putArray("sorts");
    for (int i = 0; i < e.scores().size(); i++) {
      ExplorationData.sort(sorts, ExplorationData.name(e.scores().get(i)), false)
          .add("scores")
          .add(i)
          .add(0);
    }
    ExplorationData.sort(sorts, "residual of the words", true).add("residual");
    ExplorationData.sort(sorts, "fall of the cosine, direct part out", false).add("drop").add(0);
    ExplorationData.sort(sorts, "fall of the cosine, removed", false).add("drop").add(1);
    Subject s = e.subject();
    out.putArray("subjects")
        .addObject()
        .put("title", ExplorationData.text(s.title()))
        .put("label", ExplorationData.text(s.label()))
        .put("shown", s.shown().size())
        .put("images", s.images())
        .set("cosine", ExplorationData.number(s.cosine()));
    List<String> urls =
        PictureData.urls(
            e.pictures().values().stream().map(p -> p.image()).toList(), ExplorationData.IMAGES);
    ArrayNode pictures = out.putArray("images");
    e.pictures()
        .values()
        .forEach(
            p ->
                pictures
                    .addObject()
                    .put("title", ExplorationData.text(p.title()))
                    .put("src", urls.get(pictures.size() - 1)));
    out.put("atlas", "");
    ArrayNode features = out.putArray("neurons");
    e.features().forEach(f -> features.add(feature(e, f, features.size(), images)));
    return out;
  }

  private static ObjectNode feature(
      FeatureExploration e, OfFeature f, int order, Map<LabelledImage, Integer> images) {
    ObjectNode out = NEW.objectNode();
    out.put("name", f.feature().toString());
    out.put("order", order);
    out.put("kind", "SAE");
    out.put("layer", f.feature().layer());
    out.put("place", "feature %d of %s".formatted(f.feature().index(), e.hook()));
    out.put("subject", 0);
    out.put("sign", 1);
    out.put("unit", "coefficient m of the patch");
    out.set("scale", NEW.numberNode(f.scale()));
    ArrayNode scores = out.putArray("scores");
    for (Score s : e.scores()) {
      Scored scored = score(f, s);
      scores.addArray().add(ExplorationData.number(scored.value())).add(scored.rank());
    }
    List<LabelledImage> seen = new ArrayList<>();
    ArrayNode looks = out.putArray("looks");
    looks(out.putArray("on"), f.onSubject(), f.scale(), seen, looks, images);
    looks(out.putArray("drive"), f.driving(), f.scale(), seen, looks, images);
    ArrayNode words = out.putArray("words");
    for (Interpretation.Weighted w : f.words().words()) {
      words.addArray().add(ExplorationData.text(w.word())).add(ExplorationData.number(w.weight()));
    }
    ByChance.put(f.words().residual(), e.chance(), out);
    List<OfEntity> raised = f.entities().stream().filter(x -> x.improvement() > 0).toList();
    List<OfEntity> lowered = f.entities().stream().filter(x -> x.improvement() < 0).toList();
    int most = ExplorationData.ENTITIES;
    entities(raised.subList(0, Math.min(most, raised.size())), out.putArray("raised"));
    entities(
        lowered.subList(Math.max(0, lowered.size() - most), lowered.size()),
        out.putArray("lowered"));
    out.putArray("count").add(raised.size()).add(lowered.size()).add(f.entities().size());
    out.putNull("queries");
    double before = f.fall().before();
    out.putArray("fall")
        .add(ExplorationData.number(before))
        .add(ExplorationData.number(f.fall().residual()))
        .add(ExplorationData.number(f.fall().complete()));
    out.putArray("drop")
        .add(ExplorationData.number(before - f.fall().residual()))
        .add(ExplorationData.number(before - f.fall().complete()));
    out.put(
        "undefined",
        "Query neurons (A.3) are defined for neurons, not for features of an autoencoder.");
    out.putArray("atlas");
    return out;
  }

  private static void looks(
      ArrayNode which,
      List<Look> all,
      double scale,
      List<LabelledImage> seen,
      ArrayNode looks,
      Map<LabelledImage, Integer> images) {
    for (Look look : all) {
      ExplorationData.look(look.image(), look.coefficient(), images, which, seen, looks)
          .ifPresent(node -> node.put("z", ExplorationData.shares(look.patches(), scale)));
    }
  }

  private static void entities(List<OfEntity> some, ArrayNode out) {
    some.forEach(
        x ->
            out.addArray()
                .add(ExplorationData.text(x.title()))
                .add(ExplorationData.number(x.improvement()))
                .add(0)
                .add(ExplorationData.number(x.coefficient())));
  }
}
