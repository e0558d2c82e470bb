package dev.engram.magic.result;

import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.experiment.Estimate;
import dev.engram.experiment.ZeroShot;
import dev.engram.experiment.ZeroShot.ClassAccuracy;
import dev.engram.experiment.ZeroShot.TakenFor;
import dev.engram.lab.Evaluated;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %evaluate}: zero-shot accuracy in all and by class, or what one class is taken for.
 */
final class EvaluationPresenter implements Presenter<Evaluated> {
  private static final String RIGHT = "#00798c";
  private static final String WRONG = "#d1495b";

  @Override
  public View view(Evaluated e, DisplayLimits shown) {
    return Sheet.of(e).view(shown.note());
  }

  @Override
  public Table table(Evaluated e, DisplayLimits shown) {
    return Sheet.of(e).table();
  }

  @Override
  public PlotlyFigure figure(Evaluated e, DisplayLimits shown) {
    return Sheet.of(e).figure();
  }

  /**
   * What is shown of one evaluation.
   *
   * @param shown the class that is looked at, by its index; null for all
   */
  private record Sheet(ZeroShot.Result result, @Nullable Integer shown) {
    static Sheet of(Evaluated e) {
      return new Sheet(e.result(), e.shown());
    }

    /**
     * A row for each class that has images, the lowest accuracy first; or, for one class, a row for
     * each class that its images are taken for.
     */
    Table table() {
      return shown == null ? byClass() : confusion(shown);
    }

    private Table byClass() {
      List<ClassAccuracy> all = result.classes();
      Map<Integer, List<TakenFor>> confusions = result.confusions();
      List<Integer> order = lowestFirst();
      return Table.create(
          heading(),
          StringColumn.create("class", order.stream().map(c -> title(all.get(c).shown()))),
          IntColumn.create("images", order.stream().mapToInt(c -> all.get(c).images()).toArray()),
          DoubleColumn.create(
              "accuracy (%)",
              order.stream().mapToDouble(c -> 100 * all.get(c).accuracy()).toArray()),
          StringColumn.create(
              "most often mistaken for",
              order.stream()
                  .map(c -> mistaken(all.get(c).shown(), confusions.getOrDefault(c, List.of())))));
    }

    /** Classes that have images. */
    private List<Integer> lowestFirst() {
      List<ClassAccuracy> all = result.classes();
      return IntStream.range(0, all.size())
          .boxed()
          .filter(c -> all.get(c).images() > 0)
          .sorted(Comparator.comparingDouble(c -> all.get(c).accuracy()))
          .toList();
    }

    private String title(DatasetClass shown) {
      return result.dataset().uniqueTitle(shown);
    }

    private String mistaken(DatasetClass self, List<TakenFor> taken) {
      return taken.stream()
          .filter(t -> !t.taken().equals(self))
          .findFirst()
          .map(t -> title(t.taken()) + " (" + t.images() + ")")
          .orElse("");
    }

    private Table confusion(int index) {
      List<TakenFor> taken = result.confusion(index);
      double images = taken.stream().mapToInt(TakenFor::images).sum();
      return Table.create(
          heading(),
          StringColumn.create("taken for", taken.stream().map(t -> title(t.taken()))),
          IntColumn.create("images", taken.stream().mapToInt(TakenFor::images).toArray()),
          DoubleColumn.create(
              "share (%)", taken.stream().mapToDouble(t -> 100 * t.images() / images).toArray()));
    }

    /** A bar for each row of the table, at most 40. */
    PlotlyFigure figure() {
      Table table = table();
      String axis = table.column(2).name();
      List<String> names = table.stringColumn(0).asList();
      List<Double> values = table.doubleColumn(2).asList();
      int bars = Math.min(names.size(), DisplayLimits.BARS);
      String self = shown == null ? "" : title(result.dataset().classes().get(shown));
      List<String> labels = names.subList(0, bars).stream().map(Html::escape).toList();
      List<String> colours =
          names.subList(0, bars).stream()
              .map(name -> shown == null || name.equals(self) ? RIGHT : WRONG)
              .toList();
      String heading = heading() + DisplayLimits.ofBars(names.size());
      return PlotlyFigure.titled(Html.escape(heading))
          .trace(
              Map.of(
                  "type",
                  "bar",
                  // numbers, because two classes may have one name
                  "x",
                  IntStream.range(0, bars).boxed().toList(),
                  "y",
                  values.subList(0, bars),
                  "text",
                  labels,
                  "textposition",
                  "none",
                  "marker",
                  Map.of("color", colours),
                  "hovertemplate",
                  "<b>%{text}</b><br>%{y:.1f} %<extra></extra>"))
          .layout(
              "xaxis",
              Map.of(
                  "tickvals",
                  IntStream.range(0, bars).boxed().toList(),
                  "ticktext",
                  labels,
                  "tickangle",
                  -60,
                  "automargin",
                  true))
          .layout("yaxis", Map.of("title", axis, "range", List.of(0, 100)))
          .layout("height", 440);
    }

    private String heading() {
      Dataset set = result.dataset();
      return shown == null
          ? "Zero-shot accuracy by class, the lowest first: " + set.name()
          : "What images of " + title(set.classes().get(shown)) + " are taken for";
    }

    private List<String> findings() {
      Dataset set = result.dataset();
      Estimate all = result.accuracy();
      List<String> out = new ArrayList<>();
      out.add(
          String.format(
              Locale.ROOT,
              "Zero-shot accuracy on %s: %.2f %%%s (%,d images, %,d classes); mean of the"
                  + " classes %.2f %%; chance %.2f %%.",
              set.name(),
              100 * all.mean(),
              interval(all),
              all.count(),
              set.classes().size(),
              100 * result.classMean(),
              100.0 / set.classes().size()));
      result.heldOut().ifPresent(kept -> out.add(heldOut(all, kept)));
      if (set.classes().size() > 5) {
        out.add(
            String.format(
                Locale.ROOT,
                "Top-5 accuracy: %.2f %%; chance %.2f %%.",
                100 * result.topFive(),
                500.0 / set.classes().size()));
      }
      Double paper = ZeroShot.PAPER.get(set.layout());
      if (paper != null) {
        out.add(
            String.format(
                Locale.ROOT,
                "The paper has %.2f %% for CLIP ViT-L/14 on %s, before any edit (Table 4).",
                paper,
                set.layout()));
      }
      if (shown != null) {
        ClassAccuracy one = result.classes().get(shown);
        out.add(
            "%d of %d images of %s are taken for what they are."
                .formatted(one.correct(), one.images(), title(one.shown())));
      }
      out.addAll(set.notes());
      if (!result.skipped().isEmpty()) {
        out.add(
            "%d images cannot be read and were left out; the first: %s"
                .formatted(result.skipped().size(), result.skipped().get(0)));
      }
      return out;
    }

    private static String interval(Estimate share) {
      return share.interval().exists()
          ? String.format(
              Locale.ROOT,
              ", %.2f to %.2f (%s)",
              100 * share.interval().low(),
              100 * share.interval().high(),
              share.interval().about())
          : "";
    }

    /** Said beside the accuracy: images that a model was trained on say little of it. */
    private static String heldOut(Estimate all, Estimate kept) {
      return String.format(
          Locale.ROOT,
          "Held out from training, as the list of the images says, are %,d of them: %.2f %%%s. The"
              + " other %,d were trained on.",
          kept.count(),
          100 * kept.mean(),
          interval(kept),
          all.count() - kept.count());
    }

    View view(String note) {
      List<String> findings = findings();
      View rows = TableView.of(table(), DisplayLimits.ROWS);
      StringBuilder html = new StringBuilder();
      findings.forEach(f -> html.append(Html.element("p", Html.escape(f))));
      View summed = View.html(html + rows.html(), String.join("\n", findings) + "\n" + rows.text());
      View table = Footnote.noted(Footnote.under(summed, result.provenance()), note);
      return table().isEmpty() ? table : figure().view().below(table);
    }
  }
}
