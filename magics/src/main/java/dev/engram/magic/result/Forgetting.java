package dev.engram.magic.result;

import dev.engram.edit.Edit;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.lab.Forgotten;
import dev.engram.magic.view.BarsPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %forget}: what the removal of an entity's knowledge neurons changes, in the
 * manner of Table 3.
 *
 * @param title of the entity
 * @param neurons that were removed, the strongest first
 * @param edit the removal as a value
 * @param entity cosines of its images with its label
 * @param unrelated cosines of other images with the same label, through the same models: lower
 *     bounds
 * @param others which images those are
 * @param accuracy zero-shot accuracy on it and on everything else; null if it was not measured
 * @param preview whether the model was left as it is
 */
public record Forgetting(
    String title,
    List<Neuron> neurons,
    Edit edit,
    SimilarityChange entity,
    SimilarityChange unrelated,
    String others,
    @Nullable AccuracyChange accuracy,
    boolean preview)
    implements Viewable {
  private static final String BEFORE = "#00798c";
  private static final String AFTER = "#d1495b";
  private static final String BOUND = "#767676";

  /**
   * @param done what the library gives
   * @param preview whether the model was left as it is
   */
  public Forgetting(Forgotten done, boolean preview) {
    this(
        done.title(),
        done.neurons(),
        done.edit(),
        done.entity(),
        done.unrelated(),
        done.others(),
        done.accuracy(),
        preview);
  }

  /** Keeps a copy. */
  public Forgetting {
    neurons = List.copyOf(neurons);
  }

  /**
   * @return the cosine, its lower bounds and the accuracies, before and after; the average of the
   *     paper's ten cases beside them where it has one
   */
  public Table table() {
    boolean residual = edit.method() == Edit.Method.RESIDUAL_REMOVAL;
    boolean asPaper = residual && (neurons.size() == 1 || neurons.size() == 3);
    String after = neurons.size() == 1 ? "0.1802" : "0.1661";
    return new Effects.Rows()
        .add(
            "cosine of its %d images with \"%s\"".formatted(entity.before().length, entity.label()),
            entity.meanBefore().mean(),
            entity.meanAfter().mean(),
            asPaper ? "0.2292 → " + after : "")
        .add(
            "lower bound: mean of %d images of %s".formatted(unrelated.after().length, others),
            unrelated.meanBefore().mean(),
            unrelated.meanAfter().mean(),
            asPaper ? "0.1357" : "")
        .add(
            "lower bound: maximum of these",
            unrelated.maxBefore(),
            unrelated.maxAfter(),
            asPaper ? "0.1699" : "")
        .add(accuracy, "taken for " + title, asPaper ? "72.20 → 72.20 (ImageNet)" : "")
        .table("Removal of " + title);
  }

  /**
   * @return the cosine of each image before and after, with the lower bounds as lines
   */
  public PlotlyFigure figure() {
    int images = entity.before().length;
    List<Integer> x = IntStream.range(0, Math.min(images, Shown.BARS)).boxed().toList();
    String heading =
        "%s: cosine of each image with \"%s\"".formatted(title, entity.label())
            + Shown.ofBars(images);
    List<BarsPng.Bar> picture = new ArrayList<>();
    for (int i : x) {
      picture.add(new BarsPng.Bar(i + " before", entity.before()[i], BEFORE));
      picture.add(new BarsPng.Bar(i + " after", entity.after()[i], AFTER));
    }
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
        .layout("height", 400)
        .png(BarsPng.draw(heading, "cosine", picture));
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

  private String outcome() {
    return Effects.outcome("removal of " + title + " (" + Effects.joined(neurons) + ")", preview);
  }

  /** What the numbers say about the goal of A.7: to be no nearer than what is unrelated. */
  private String verdict() {
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

  @Override
  public View view() {
    List<Table> tables = new ArrayList<>(List.of(table()));
    tables.addAll(Effects.changedClasses(accuracy));
    View page =
        Effects.page(
            List.of(outcome(), verdict(), Effects.elsewhere(accuracy)),
            tables,
            edit,
            Effects.measured(accuracy));
    return figure().view().below(page);
  }

  @Override
  public String toString() {
    return outcome() + " " + verdict();
  }
}
