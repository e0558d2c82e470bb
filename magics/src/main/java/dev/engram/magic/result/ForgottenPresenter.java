package dev.engram.magic.result;

import dev.engram.edit.Edit;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Forgotten;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %forget}: what the removal of an entity's knowledge neurons changes, in the manner
 * of Table 3.
 */
final class ForgottenPresenter implements Presenter<Forgotten> {
  private static final String BEFORE = "#00798c";
  private static final String AFTER = "#d1495b";
  private static final String BOUND = "#767676";

  @Override
  public View view(Forgotten f, DisplayLimits shown) {
    View page =
        EditTables.page(
            List.of(outcome(f), verdict(f), EditTables.elsewhere(f.accuracy())),
            List.of(table(f, shown)),
            f,
            f.accuracy());
    return figure(f, shown).view().below(page);
  }

  /**
   * The cosine, its lower bounds and the accuracies, before and after; the average of the paper's
   * ten cases beside them where it has one.
   */
  @Override
  public Table table(Forgotten f, DisplayLimits shown) {
    SimilarityChange entity = f.entity();
    SimilarityChange unrelated = f.unrelated();
    int removed = f.neurons().size();
    boolean residual = f.edit().method() == Edit.Method.RESIDUAL_REMOVAL;
    boolean asPaper = residual && (removed == 1 || removed == 3);
    String after = removed == 1 ? "0.1802" : "0.1661";
    return new EditTables.Rows()
        .add(
            "cosine of its %d images with \"%s\"".formatted(entity.before().length, entity.label()),
            entity.meanBefore().mean(),
            entity.meanAfter().mean(),
            asPaper ? "0.2292 → " + after : "")
        .add(
            "lower bound: mean of %d images of %s".formatted(unrelated.after().length, f.others()),
            unrelated.meanBefore().mean(),
            unrelated.meanAfter().mean(),
            asPaper ? "0.1357" : "")
        .add(
            "lower bound: maximum of these",
            unrelated.maxBefore(),
            unrelated.maxAfter(),
            asPaper ? "0.1699" : "")
        .add(f.accuracy(), "taken for " + f.title(), asPaper ? "72.20 → 72.20 (ImageNet)" : "")
        .table("Removal of " + f.title());
  }

  /** The cosine of each image before and after, with the lower bounds as lines. */
  @Override
  public PlotlyFigure figure(Forgotten f, DisplayLimits shown) {
    SimilarityChange entity = f.entity();
    SimilarityChange unrelated = f.unrelated();
    int images = entity.before().length;
    List<Integer> x = IntStream.range(0, Math.min(images, DisplayLimits.BARS)).boxed().toList();
    String heading =
        "%s: cosine of each image with \"%s\"".formatted(f.title(), entity.label())
            + DisplayLimits.ofBars(images);
    PlotlyFigure figure =
        PlotlyFigure.titled(Html.escape(heading))
            .trace(bars("before", BEFORE, x, entity.before()))
            .trace(bars("after", AFTER, x, entity.after()));
    if (unrelated.after().length > 0) {
      figure =
          figure
              .trace(line("lower bound, maximum", "dot", x, unrelated.maxAfter()))
              .trace(line("lower bound, mean", "dash", x, unrelated.meanAfter().mean()));
    }
    return figure
        .layout("barmode", "group")
        .layout("xaxis", Map.of("title", "image (from 0)", "dtick", x.size() > 20 ? 5 : 1))
        .layout("yaxis.title", "cosine")
        .layout("legend", Map.of("orientation", "h", "y", -0.25))
        .layout("height", 400);
  }

  private static Map<String, Object> bars(String name, String colour, List<Integer> x, double[] y) {
    return Map.of(
        "type",
        "bar",
        "name",
        name,
        "x",
        x,
        "y",
        Arrays.copyOf(y, x.size()),
        "marker",
        Map.of("color", colour));
  }

  private static Map<String, Object> line(String name, String dash, List<Integer> x, double y) {
    return Map.of(
        "type",
        "scatter",
        "mode",
        "lines",
        "name",
        name,
        "x",
        List.of(-0.5, x.size() - 0.5),
        "y",
        List.of(y, y),
        "line",
        Map.of("color", BOUND, "dash", dash));
  }

  private static String outcome(Forgotten f) {
    return EditTables.outcome(
        "removal of " + f.title() + " (" + EditTables.joined(f.neurons()) + ")", f);
  }

  /** What the numbers say about the goal of A.7: to be no nearer than what is unrelated. */
  private static String verdict(Forgotten f) {
    SimilarityChange entity = f.entity();
    SimilarityChange unrelated = f.unrelated();
    double after = entity.meanAfter().mean();
    return String.format(
        Locale.ROOT,
        "The cosine falls by %s, from %.4f to %.4f: %s. The neurons were found on these images, so"
            + " on others it may fall less.",
        entity.fall(),
        entity.meanBefore().mean(),
        after,
        after <= unrelated.meanAfter().mean()
            ? "below the mean of unrelated images"
            : after <= unrelated.maxAfter()
                ? "below the nearest unrelated image, above their mean"
                : "still above the nearest unrelated image");
  }
}
