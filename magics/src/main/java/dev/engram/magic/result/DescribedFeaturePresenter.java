package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.lab.DescribedFeature;
import dev.engram.lab.DescribedFeature.OfEntity;
import dev.engram.magic.view.Page;
import dev.engram.magic.view.Page.Section;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %neuron} of a feature: all that the open images tell of it. */
final class DescribedFeaturePresenter implements Presenter<DescribedFeature> {
  /** Entities at either end. */
  private static final int ENTITIES = 8;

  @Override
  public View view(DescribedFeature d, DisplayLimits shown) {
    return page(d, shown).view();
  }

  /** Entity, improvement, mean coefficient at the class token; the most improved first. */
  @Override
  public Table table(DescribedFeature d, DisplayLimits shown) {
    return entities(d.feature() + " and the entities", d.entities());
  }

  /** The improvement of the entities that it raises and lowers most. */
  @Override
  public PlotlyFigure figure(DescribedFeature d, DisplayLimits shown) {
    return FeatureBars.draw(
        "What %s does for entities, reading %s".formatted(d.feature(), d.reading()),
        "improvement",
        ends(d.entities()).stream()
            .map(
                e ->
                    new FeatureBars.Bar(
                        e.title(), e.improvement(), "coefficient m " + Digits.of(e.coefficient())))
            .toList());
  }

  /** The page, which can be shown in a cell or written as a file. */
  @Override
  public Page page(DescribedFeature d, DisplayLimits shown) {
    List<Section> sections = new ArrayList<>();
    sections.add(
        new Section(
            "What it is",
            Footnote.under(
                Pages.paragraph(
                    String.format(
                        Locale.ROOT,
                        "%s: feature %d of %s. It is active in %d of %d images, at the class token"
                            + " or a patch.",
                        d.feature(),
                        d.feature().index(),
                        d.hook(),
                        d.active(),
                        d.images())),
                d.provenance())));
    sections.add(
        new Section(
            "What it says",
            TableView.of(
                InterpretationsPresenter.table(
                    "",
                    "feature",
                    List.of(d.feature().toString()),
                    List.of(d.words().words()),
                    new double[] {d.words().residual()})),
            Pages.paragraph(ByChance.sentence(d.words().residual(), d.chance()))));
    sections.add(
        new Section(
            "Where it is active",
            Pages.paragraph(
                "The images in which it is most active; every patch on one scale, from 0 to "
                    + Digits.of(d.maps().scale())
                    + "."),
            FeatureMapsPresenter.gallery(d.maps())));
    sections.add(entities(d));
    sections.add(
        new Section(
            "Neurons that point its way",
            TableView.of(
                Table.create(
                    "",
                    StringColumn.create(
                        "neuron", d.nearest().stream().map(n -> n.neuron().toString())),
                    DoubleColumn.create(
                        "cosine of the value vectors",
                        d.nearest().stream().mapToDouble(n -> n.cosine()).toArray())))));
    return new Page("Feature " + d.feature(), sections);
  }

  private static Section entities(DescribedFeature d) {
    if (d.entities().isEmpty()) {
      return new Section(
          "What it does", Pages.paragraph("The open images have no entities to compare."));
    }
    OfEntity best = d.entities().get(0);
    return new Section(
        "What it does",
        new DescribedFeaturePresenter().figure(d, DisplayLimits.BY_DEFAULT).view(),
        TableView.of(entities("", ends(d.entities()))),
        Pages.paragraph(
            String.format(
                Locale.ROOT,
                "The mean cosine of %s with \"%s\" is %.4f; %.4f with its direct part taken out of the"
                    + " last residual stream, %.4f with what it adds taken out at all tokens, so"
                    + " that later layers answer (A.6).",
                best.title(),
                best.label(),
                d.fall().before(),
                d.fall().residual(),
                d.fall().complete())));
  }

  private static List<OfEntity> ends(List<OfEntity> all) {
    if (all.size() <= 2 * ENTITIES) {
      return all;
    }
    List<OfEntity> out = new ArrayList<>(all.subList(0, ENTITIES));
    out.addAll(all.subList(all.size() - ENTITIES, all.size()));
    return out;
  }

  private static Table entities(String title, List<OfEntity> all) {
    return Table.create(
        title,
        StringColumn.create("entity", all.stream().map(OfEntity::title)),
        DoubleColumn.create(
            "improvement", all.stream().mapToDouble(OfEntity::improvement).toArray()),
        DoubleColumn.create(
            "coefficient m", all.stream().mapToDouble(OfEntity::coefficient).toArray()));
  }
}
