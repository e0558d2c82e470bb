package dev.engram.magic.result;

import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.NeuronReport.Seen;
import dev.engram.dissect.NeuronReport.Suppressed;
import dev.engram.dissect.QueryEffects;
import dev.engram.dissect.QueryEffects.QueryNeuron;
import dev.engram.dissect.Survey.Effect;
import dev.engram.dissect.ValueVectors.Near;
import dev.engram.lab.Described;
import dev.engram.lab.ExploredNeuron;
import dev.engram.lab.Picture;
import dev.engram.magic.draw.FigureDrawing;
import dev.engram.magic.view.ExplorerPage;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.Page;
import dev.engram.magic.view.Page.Section;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.SharePng;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %neuron}: all that is known of one neuron, as the explorer's page of it. The still
 * and the text say the same section by section.
 */
final class DescribedPresenter implements Presenter<Described> {
  private static final int THUMBNAIL = 96;

  private static final String NO_WORDS =
      "The report was made without a dictionary, so the neuron has no words.";

  private static final String NO_ENTITIES =
      "There are no entities to compare: the image set has images alone (open a folder with"
          + " entity/*.png), or the model has no text tower that knows their names.";

  private static final String NOT_MISSED =
      "It improves no entity of the set, so there is none to miss it.";

  private static final String EVERY_ENTITY = "Every entity";
  private static final String NEAREST = "Nearest neurons";
  private static final String AGAIN = "The same again";

  /** Sections of the still in which there is nothing to draw. */
  private static final Set<String> KEPT = Set.of(EVERY_ENTITY, NEAREST, AGAIN);

  @Override
  public View view(Described d, DisplayLimits shown) {
    return page(d, shown).view();
  }

  /**
   * Entity, category, improvement, the neuron's rank, mean coefficient; the most improved entity
   * first.
   */
  @Override
  public Table table(Described d, DisplayLimits shown) {
    return new Sections(d).table();
  }

  /** The improvement of the entities that it raises and lowers most. */
  @Override
  public PlotlyFigure figure(Described d, DisplayLimits shown) {
    return NeuronFigures.entities(d.neuron(), d.report().effects());
  }

  /** The page, which can be shown in a cell or written as a file. */
  @Override
  public ExplorerPage page(Described d, DisplayLimits shown) {
    NeuronReport report = d.report();
    Sections sections = new Sections(d);
    String title = "Neuron " + d.neuron();
    View still = new Page(title, sections.all()).still(KEPT);
    PlotlyFigure picture =
        report.effects().isEmpty()
            ? NeuronFigures.histogram(report)
            : NeuronFigures.entities(d.neuron(), report.effects());
    return new ExplorerPage(
        title,
        sections.data.json(
            sections.signSentence(),
            new DescribedData.Without(
                NO_WORDS, NO_ENTITIES, report.effects().isEmpty() ? NO_ENTITIES : NOT_MISSED)),
        Footnote.under(still, report.provenance()),
        FigureDrawing.still(picture.toJson()).orElseThrow());
  }

  /** The sections of the page of one neuron. */
  private static final class Sections {
    private final Described described;
    private final NeuronReport report;
    private final NeuronRecipe recipe;
    private final DescribedData data;

    Sections(Described described) {
      this.described = described;
      this.report = described.report();
      this.recipe = NeuronRecipe.of(described);
      this.data = new DescribedData(described);
    }

    private Neuron neuron() {
      return report.neuron();
    }

    List<Section> all() {
      List<Section> all =
          new ArrayList<>(
              List.of(
                  identity(),
                  words(),
                  images(),
                  entities(),
                  histogram(),
                  queries(),
                  suppression()));
      if (!report.effects().isEmpty()) {
        all.add(everyEntity());
      }
      all.add(nearest());
      all.add(again());
      return all;
    }

    private Section identity() {
      return new Section("What it is", Pages.paragraph(place()), Pages.paragraph(signSentence()));
    }

    private String place() {
      Neuron n = neuron();
      boolean ffn = n.block() == Neuron.Block.FFN;
      return "%s: %s neuron of %s, layer %d, %schannel %d; every index from 0."
          .formatted(
              n,
              n.block(),
              recipe.modelName(),
              n.layer(),
              ffn ? "" : "head " + n.head() + ", ",
              n.channel());
    }

    private String signSentence() {
      Effect decisive = report.decisive().orElse(null);
      if (decisive == null) {
        return "Its sign is +1: it improves no entity of the set (A.2).";
      }
      return String.format(
          Locale.ROOT,
          "Its sign is %s (A.2): of the entities that it improves, %s drives it most, with a mean"
              + " coefficient of %.3f.",
          report.sign() < 0 ? "−1, so that its query and value vector are turned around" : "+1",
          decisive.entity().name(),
          decisive.coefficient());
    }

    private Section words() {
      Interpretation said = report.words(neuron()).orElse(null);
      if (said == null) {
        return new Section("What it says", Pages.paragraph(NO_WORDS));
      }
      Table table =
          Table.create(
              "Words in the order of their selection",
              StringColumn.create("word", said.words().stream().map(Interpretation.Weighted::word)),
              DoubleColumn.create(
                  "weight",
                  said.words().stream().mapToDouble(Interpretation.Weighted::weight).toArray()));
      String residual =
          String.format(
              Locale.ROOT,
              "Residual %.3f: what the words leave unsaid, from 0 to 1.",
              said.residual());
      return new Section(
          "What it says",
          TableView.of(table),
          Pages.paragraph(residual),
          Pages.paragraph(ByChance.sentence(said.residual(), described.chance())));
    }

    private Section images() {
      return new Section(
          "Images",
          Pages.paragraph(
              String.format(
                  Locale.ROOT,
                  "Each with its coefficient m at the class token%s, and where the neuron looks:"
                      + " orange to red drives it, blue pulls it down, on one scale from %.3g to"
                      + " %.3g (%s).%s",
                  neuron().block() == Neuron.Block.FFN ? " (after the activation)" : "",
                  -data.scale(),
                  data.scale(),
                  ExploredNeuron.unit(neuron()),
                  report.sign() < 0 ? " Its sign is −1: the lowest drive it most." : "")),
          gallery("Highest", report.highest()),
          gallery("Lowest", report.lowest()),
          gallery("At random, from the others", report.random()));
    }

    private View gallery(String title, List<Seen> images) {
      if (images.isEmpty()) {
        return Pages.paragraph(title + ": no further images.");
      }
      View pictures =
          Gallery.of(
              images.stream()
                  .map(
                      seen -> {
                        Picture picture = described.heatmap(seen.image()).picture();
                        String caption =
                            String.format(
                                Locale.ROOT, "%.2f %s", seen.coefficient(), picture.title());
                        return new Gallery.Item(
                            SharePng.overlay(
                                HeatmapFigure.scaled(picture.image(), THUMBNAIL),
                                seen.heatmap().upsampled(THUMBNAIL),
                                data.scale()),
                            caption);
                      })
                  .toList(),
              THUMBNAIL);
      return View.html(
          Html.element("p", Html.escape(title) + ":") + pictures.html(),
          title + ":\n" + pictures.text());
    }

    private Table table() {
      List<Effect> all = report.effects();
      return Table.create(
          "Every entity, with the improvement by " + neuron() + " and its rank among all neurons",
          StringColumn.create("entity", all.stream().map(e -> e.entity().name())),
          StringColumn.create("category", all.stream().map(e -> e.entity().category())),
          DoubleColumn.create(
              "improvement", all.stream().mapToDouble(Effect::improvement).toArray()),
          IntColumn.create("rank", all.stream().mapToInt(Effect::rank).toArray()),
          DoubleColumn.create(
              "coefficient m", all.stream().mapToDouble(Effect::coefficient).toArray()));
    }

    private Section entities() {
      if (report.effects().isEmpty()) {
        return new Section("Entities raised and lowered", Pages.paragraph(NO_ENTITIES));
      }
      long raised = report.effects().stream().filter(e -> e.improvement() > 0).count();
      View sentence =
          Pages.paragraph(
              "It raises %d and lowers %d of %d entities (improvement, reading %s)."
                  .formatted(
                      raised,
                      report.effects().size() - raised,
                      report.effects().size(),
                      report.reading()));
      return new Section(
          "Entities raised and lowered",
          sentence,
          NeuronFigures.entities(neuron(), report.effects()).view());
    }

    private Section everyEntity() {
      View table = TableView.of(table(), DisplayLimits.ROWS);
      return new Section(
          EVERY_ENTITY,
          View.html(
              Html.element(
                  "details", Html.element("summary", "All entities as a table") + table.html()),
              table.text()));
    }

    private Section histogram() {
      return new Section(
          "How often it is active",
          Pages.paragraph(NeuronFigures.counts(report)),
          NeuronFigures.histogram(report).view());
    }

    private Section queries() {
      String image = title(report.strongest());
      String title = "Query neurons: what drives it";
      if (report.topQueries().isEmpty()) {
        return new Section(
            title, Pages.paragraph("No neuron precedes it: it reads the embedded patches alone."));
      }
      List<QueryNeuron> top = report.topQueries();
      QueryEffects all = report.queries().titled(image);
      DisplayLimits asMany = DisplayLimits.first(top.size());
      QueriesPresenter presenter = new QueriesPresenter();
      Table table =
          presenter
              .table(all, asMany)
              .addColumns(StringColumn.create("says", top.stream().map(q -> says(q.neuron()))));
      return new Section(
          title,
          Pages.paragraph(QueriesPresenter.summary(all)),
          TableView.of(table),
          presenter.figure(all, asMany).view());
    }

    private Section nearest() {
      List<Near> near = report.nearest();
      Table table =
          Table.create(
              "Neurons whose value vectors point most nearly the same way in the residual stream",
              StringColumn.create("neuron", near.stream().map(n -> n.neuron().toString())),
              StringColumn.create("block", near.stream().map(n -> n.neuron().block().toString())),
              DoubleColumn.create("cosine", near.stream().mapToDouble(Near::cosine).toArray()),
              StringColumn.create("says", near.stream().map(n -> says(n.neuron()))));
      return new Section(NEAREST, TableView.of(table));
    }

    private String says(Neuron n) {
      return report.words(n).map(InterpretationsPresenter::said).orElse("");
    }

    private Section suppression() {
      List<Suppressed> all = report.suppressed();
      if (all.isEmpty()) {
        return new Section(
            "Without it", Pages.paragraph(report.effects().isEmpty() ? NO_ENTITIES : NOT_MISSED));
      }
      Table table =
          Table.create(
              "Mean cosine of the entities that it improves most with their labels",
              StringColumn.create("entity", all.stream().map(s -> s.entity().name())),
              column("cosine", all, Suppressed::before),
              column("suppressed", all, Suppressed::residual),
              column("change", all, s -> s.residual() - s.before()),
              column("removed", all, Suppressed::complete),
              column("change when removed", all, s -> s.complete() - s.before()));
      return new Section(
          "Without it",
          TableView.of(table),
          Pages.paragraph(
              "Suppressed: its direct part is taken out of the last residual stream. Removed: its"
                  + " coefficient is 0 at all tokens, so that later layers answer (A.6). %reproduce"
                  + " table6 does both over the whole set, beside the paper's numbers."));
    }

    private static DoubleColumn column(
        String name, List<Suppressed> all, java.util.function.ToDoubleFunction<Suppressed> value) {
      return DoubleColumn.create(name, all.stream().mapToDouble(value).toArray());
    }

    private Section again() {
      List<View> parts = new ArrayList<>();
      if (!report.topQueries().isEmpty()) {
        parts.add(Pages.paragraph("To go on from here:"));
        Neuron first = report.topQueries().get(0).neuron();
        parts.add(View.preformatted(recipe.furtherLines(first)));
      }
      parts.add(Pages.paragraph("In a notebook:"));
      parts.add(View.preformatted(recipe.notebookLines()));
      parts.add(Pages.paragraph("In Java, with the library alone:"));
      parts.add(View.preformatted(recipe.javaLines()));
      return new Section(AGAIN, parts);
    }

    private String title(Seen seen) {
      return described.heatmap(seen.image()).picture().title();
    }
  }
}
