package dev.engram.magic.result;

import static dev.engram.magic.result.Reproductions.estimates;
import static dev.engram.magic.result.Reproductions.say;

import dev.engram.Digits;
import dev.engram.experiment.AtOnce;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.ImagesNeeded;
import dev.engram.experiment.Scaling;
import dev.engram.experiment.SelfRepair;
import dev.engram.experiment.Specificity;
import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.Viewable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Turns what {@link Scaling} returned into what a cell shows: four questions, one table. */
public final class ScalingReproduction {
  private static final Estimate NONE = Estimate.reported(Double.NaN);

  private ScalingReproduction() {}

  /** A row of the table. */
  private record Row(
      String question,
      String model,
      String number,
      Estimate own,
      Estimate rest,
      Estimate restHeldOut,
      Estimate general,
      Estimate generalHeldOut,
      Estimate cosine) {}

  public static Reproduction of(Scaling.Result r) {
    List<Row> rows = rows(r);
    Table table =
        Table.create(
            "How far edits carry",
            StringColumn.create("question", rows.stream().map(Row::question)),
            StringColumn.create("model", rows.stream().map(Row::model)),
            StringColumn.create("number", rows.stream().map(Row::number)));
    estimates(table, "accuracy, taught or removed", rows, Row::own);
    estimates(table, "accuracy, rest", rows, Row::rest);
    if (rows.stream().anyMatch(row -> !Double.isNaN(row.restHeldOut.mean()))) {
      estimates(table, "accuracy, rest, held out from training", rows, Row::restHeldOut);
    }
    estimates(table, "accuracy, general", rows, Row::general);
    if (rows.stream().anyMatch(row -> !Double.isNaN(row.generalHeldOut.mean()))) {
      estimates(table, "accuracy, general, held out from training", rows, Row::generalHeldOut);
    }
    estimates(table, "cosine", rows, Row::cosine);
    return new Reproduction("scaling", findings(r), r, table, figures(r), r.provenance());
  }

  private static List<Row> rows(Scaling.Result r) {
    List<Row> rows = new ArrayList<>();
    for (AtOnce.Point p : r.atOnce().points()) {
      rows.add(
          new Row(
              "names at once",
              p.way().toString(),
              p.names() + "",
              p.edited(),
              p.rest(),
              p.restHeldOut(),
              p.general(),
              p.generalHeldOut(),
              NONE));
    }
    for (Specificity.Group g : groups(r)) {
      rows.add(
          new Row(
              "who else is touched",
              "original",
              g.whose(),
              g.before(),
              NONE,
              NONE,
              NONE,
              NONE,
              NONE));
      rows.add(
          new Row(
              "who else is touched",
              "one ROME",
              g.whose(),
              g.after(),
              NONE,
              NONE,
              NONE,
              NONE,
              NONE));
    }
    for (ImagesNeeded.Point p : r.images().points()) {
      String names = "%s, %d names".formatted(images(p), p.edited().count());
      rows.add(
          new Row(
              "images that teach", "original", names, p.before(), NONE, NONE, NONE, NONE, NONE));
      rows.add(
          new Row(
              "images that teach",
              "one ROME",
              names,
              p.edited(),
              p.rest(),
              p.restHeldOut(),
              NONE,
              NONE,
              NONE));
    }
    SelfRepair.Point original = r.returned().original();
    rows.add(
        new Row(
            "later neurons freed",
            "original",
            "",
            original.accuracy(),
            NONE,
            NONE,
            NONE,
            NONE,
            original.cosine()));
    for (SelfRepair.Point p : r.returned().points()) {
      rows.add(
          new Row(
              "later neurons freed",
              "top " + r.returned().removed() + " removed",
              freed(r, p),
              p.accuracy(),
              NONE,
              NONE,
              NONE,
              NONE,
              p.cosine()));
    }
    return rows;
  }

  private static List<Specificity.Group> groups(Scaling.Result r) {
    return List.of(r.specificity().own(), r.specificity().near(), r.specificity().far());
  }

  private static String freed(Scaling.Result r, SelfRepair.Point p) {
    List<SelfRepair.Point> all = r.returned().points();
    return p.equals(all.get(all.size() - 1)) ? "all" : p.freed() == 0 ? "none" : p.freed() + "";
  }

  private static List<Viewable> figures(Scaling.Result r) {
    return List.of(
        names(r, "How many names: accuracy on the taught", AtOnce.Point::edited),
        names(r, "How many names: accuracy on the rest", AtOnce.Point::rest),
        names(r, "How many names: accuracy on general objects", AtOnce.Point::general),
        specificity(r),
        lines(
            "How many images: accuracy",
            r.images().points().stream().anyMatch(p -> p.variations() > 0)
                ? "images that teach (varied: crops of them, no other images)"
                : "images that teach",
            "accuracy",
            List.of(
                images(r, "taught", ImagesNeeded.Point::edited),
                images(r, "the same before", ImagesNeeded.Point::before),
                images(r, "rest", ImagesNeeded.Point::rest))),
        returned(r));
  }

  private static PlotlyFigure names(
      Scaling.Result r, String title, Function<AtOnce.Point, Estimate> value) {
    return lines(
        title,
        "names taught",
        "accuracy",
        Arrays.stream(AtOnce.Way.values())
            .map(w -> series(w.toString(), r.atOnce().of(w), AtOnce.Point::names, value))
            .toList());
  }

  private static PlotlyFigure specificity(Scaling.Result r) {
    List<String> whose = groups(r).stream().map(Specificity.Group::whose).toList();
    return Charts.bars(
        "Who else is touched by one edit: accuracy on the images of",
        "",
        "accuracy",
        List.of(
            Series.of(
                "original", whose, groups(r).stream().map(Specificity.Group::before).toList()),
            Series.of(
                "one ROME", whose, groups(r).stream().map(Specificity.Group::after).toList())));
  }

  private static Series images(
      Scaling.Result r, String name, Function<ImagesNeeded.Point, Estimate> value) {
    return series(name, r.images().points(), ScalingReproduction::images, value);
  }

  private static PlotlyFigure returned(Scaling.Result r) {
    List<String> x = r.returned().points().stream().map(p -> freed(r, p)).toList();
    return lines(
        "Does removed knowledge come back when later neurons are freed?",
        "neurons that may answer",
        "cosine of image and label",
        List.of(
            Series.of(
                "top %d removed".formatted(r.returned().removed()),
                x,
                r.returned().points().stream().map(SelfRepair.Point::cosine).toList()),
            Series.of(
                "original", x, x.stream().map(p -> r.returned().original().cosine()).toList())));
  }

  /** Variations are never counted as images. */
  private static String images(ImagesNeeded.Point p) {
    return p.variations() == 0
        ? p.images() + ""
        : "%d + %d varied".formatted(p.images() - p.variations(), p.variations());
  }

  private static <T> Series series(
      String name, List<T> points, Function<T, ?> x, Function<T, Estimate> y) {
    return Series.of(
        name,
        points.stream().map(p -> String.valueOf(x.apply(p))).toList(),
        points.stream().map(y).toList());
  }

  /** Points stand side by side, whatever lies between their numbers. */
  private static PlotlyFigure lines(
      String title, String xTitle, String yTitle, List<Series> series) {
    return Charts.lines(title, xTitle, yTitle, series).layout("xaxis.type", "category");
  }

  private static List<String> findings(Scaling.Result r) {
    List<String> out = new ArrayList<>();
    out.add(
        say(
            "Every edit changes %s, the best over the names by causal tracing. Nothing of this is in"
                + " the paper, which teaches five at once (Table 8).",
            r.where()));
    out.add(atOnce(r.atOnce()));
    Specificity.Group near = r.specificity().near();
    Specificity.Group far = r.specificity().far();
    out.add(
        say(
            "One edit changes the accuracy on the %s by %s, on %s by %s; taken for the taught name"
                + " are %.1f %% of the former (%.1f before) and %.1f %% of the latter (%.1f).",
            near.whose(),
            points(near.change()),
            far.whose(),
            points(far.change()),
            100 * near.takenAfter().mean(),
            100 * near.takenBefore().mean(),
            100 * far.takenAfter().mean(),
            100 * far.takenBefore().mean()));
    out.add(images(r.images()));
    out.add(returned(r.returned()));
    return out;
  }

  private static String atOnce(AtOnce.Result r) {
    List<AtOnce.Point> memit = r.of(AtOnce.Way.MEMIT);
    int last = memit.size() - 1;
    AtOnce.Point first = memit.get(0);
    AtOnce.Point most = memit.get(last);
    AtOnce.Point rome = r.of(AtOnce.Way.ROME).get(last);
    AtOnce.Point before = r.of(AtOnce.Way.ORIGINAL).get(last);
    return say(
        "Accuracy on the taught: %.1f %% with %s by MEMIT; with %d names %.1f %% by MEMIT and %.1f"
            + " %% by one ROME after another, from %.1f %%. The rest: %.1f, %.1f, from %.1f.%s",
        100 * first.edited().mean(),
        first.names() == 1 ? "one name" : first.names() + " names",
        most.names(),
        100 * most.edited().mean(),
        100 * rome.edited().mean(),
        100 * before.edited().mean(),
        100 * most.rest().mean(),
        100 * rome.rest().mean(),
        100 * before.rest().mean(),
        leftOut(r.leftOut(), r.available()));
  }

  private static String images(ImagesNeeded.Result r) {
    String found =
        say(
            "Accuracy on the taught by the number of images: %s.",
            String.join(
                ", ",
                r.points().stream()
                    .map(p -> say("%.1f %% with %s", 100 * p.edited().mean(), images(p)))
                    .toList()));
    return r.points().stream().allMatch(p -> p.variations() == 0)
        ? found
        : say(
            "%s This set has at most %d images that teach a name, so the last points add variations"
                + " (%s): they tell what variations add, not what more images would.",
            found, r.available(), ImagesNeeded.VARIATIONS);
  }

  private static String leftOut(List<Integer> counts, int available) {
    return counts.isEmpty()
        ? ""
        : say(
            " Not run: %s names, for this set can teach at most %d.",
            String.join(", ", counts.stream().map(String::valueOf).toList()), available);
  }

  private static String returned(SelfRepair.Result r) {
    double share = r.returned().mean() / r.fall().mean();
    SelfRepair.Point highest =
        r.points().stream().max(Comparator.comparingDouble(p -> p.cosine().mean())).orElseThrow();
    return say(
        "With the top %d neurons suppressed the cosine falls from %.4f by %s. With all later neurons"
            + " free to answer it changes by %s: %s. It is highest, %.4f, with the %,d"
            + " freed that rise most. In the paper complete removal leaves the cosine as it was"
            + " (Table 6).",
        r.removed(),
        r.original().cosine().mean(),
        r.fall(),
        r.returned(),
        share >= 0.005 ? say("%.0f %% of the fall comes back", 100 * share) : "nothing comes back",
        highest.cosine().mean(),
        highest.freed());
  }

  private static String points(Estimate change) {
    return say(
        "%s ± %.1f points (%s)",
        Digits.signed(100 * change.mean(), 1), 100 * change.halfWidth(), change.interval().about());
  }
}
