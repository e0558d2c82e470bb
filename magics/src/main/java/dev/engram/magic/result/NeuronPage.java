package dev.engram.magic.result;

import dev.engram.dissect.Interpretation;
import dev.engram.magic.view.BarsPng;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * The value of {@code %neuron}: what a neuron says, the images that drive it most and where it
 * looks in them, and its mean coefficient on each entity.
 *
 * @param neuron which
 * @param words what it says; null if there is no dictionary
 * @param strongest heatmaps of the images with the largest coefficients
 * @param entities mean coefficient at the class token on each entity, the largest first
 * @param smallModel whether it comes from the embedded model
 */
public record NeuronPage(
    Neuron neuron,
    @Nullable Interpretation words,
    List<HeatmapFigure> strongest,
    List<EntityCoefficient> entities,
    boolean smallModel)
    implements Viewable {
  private static final String NO_WORDS =
      "This model comes with no concept dictionary, so the neuron has no words; give one with"
          + " --dictionary FILE, a word on each line.";

  /**
   * How an entity drives the neuron.
   *
   * @param entity its name
   * @param category what kind of thing it is
   * @param coefficient m, mean over its images
   */
  public record EntityCoefficient(String entity, String category, double coefficient) {}

  /** Sorts the entities. */
  public NeuronPage {
    strongest = List.copyOf(strongest);
    entities =
        entities.stream()
            .sorted(Comparator.comparingDouble((EntityCoefficient e) -> -e.coefficient()))
            .toList();
  }

  /**
   * @return entity, category, mean coefficient
   */
  public Table table() {
    return Table.create(
        "Mean coefficient of " + neuron + " on each entity",
        StringColumn.create("entity", entities.stream().map(EntityCoefficient::entity)),
        StringColumn.create("category", entities.stream().map(EntityCoefficient::category)),
        DoubleColumn.create(
            "coefficient m",
            entities.stream().mapToDouble(EntityCoefficient::coefficient).toArray()));
  }

  /**
   * @return a bar for each entity
   */
  public PlotlyFigure figure() {
    String title = "Mean coefficient of " + neuron + " on each entity";
    return PlotlyFigure.titled(title)
        .trace(
            Map.of(
                "type", "bar",
                "x", entities.stream().map(e -> Html.escape(e.entity())).toList(),
                "y", entities.stream().map(EntityCoefficient::coefficient).toList(),
                "customdata", entities.stream().map(e -> Html.escape(e.category())).toList(),
                "hovertemplate",
                    "<b>%{x}</b> (%{customdata})<br>"
                        + neuron
                        + " coefficient m %{y:.3f}<extra></extra>"))
        .layout(
            "xaxis",
            Map.of(
                "type",
                "category",
                "automargin",
                true,
                "dtick",
                1,
                "tickangle",
                -60,
                "tickfont",
                Map.of("size", 9)))
        .layout("yaxis.title", "coefficient m (class token)")
        .layout("height", 440)
        .png(
            BarsPng.draw(
                title,
                "coefficient m",
                entities.stream()
                    .limit(15)
                    .map(e -> new BarsPng.Bar(e.entity(), e.coefficient(), "#3b528b"))
                    .toList()));
  }

  private View said() {
    if (words != null) {
      return new Words(List.of(words), smallModel).view();
    }
    View none = View.html(Html.element("p", NO_WORDS), NO_WORDS);
    return strongest.isEmpty()
        ? none
        : Footnote.under(none, strongest.get(0).heatmap().provenance(), smallModel);
  }

  @Override
  public View view() {
    View said = said();
    View looks = Heatmaps.gallery(strongest);
    String kind = neuron.block() == Neuron.Block.FFN ? "FFN" : "MSA";
    String place =
        "%s: %s neuron of layer %d%s, channel %d; every index from 0."
            .formatted(
                neuron,
                kind,
                neuron.layer(),
                neuron.block() == Neuron.Block.FFN ? "" : ", head " + neuron.head(),
                neuron.channel());
    String drive = "The images that drive it most, and where it looks in them:";
    View page =
        View.html(
            Html.element("p", Html.element("b", place))
                + said.html()
                + Html.element("p", drive)
                + looks.html(),
            place + "\n" + said.text() + "\n" + drive + "\n" + looks.text());
    return figure().view().below(page);
  }

  @Override
  public String toString() {
    return words == null ? neuron + " (no dictionary)" : words.toString();
  }
}
