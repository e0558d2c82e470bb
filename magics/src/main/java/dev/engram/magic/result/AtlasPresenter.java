package dev.engram.magic.result;

import dev.engram.Sha256;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.Atlas.Top;
import dev.engram.atlas.Atlas.TopList;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.Manifest;
import dev.engram.magic.site.AtlasSite;
import dev.engram.magic.view.TableView;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Shows {@code %atlas} and {@code %survey}: what the atlas is of, and how to ask it. */
final class AtlasPresenter implements Presenter<Atlas> {
  /** Images of a neuron in a row. */
  private static final int STRONGEST = 3;

  /** Missing images whose names are told. */
  private static final int NAMED = 10;

  @Override
  public View view(Atlas atlas, DisplayLimits shown) {
    View card = FactTable.view(facts(atlas), 10);
    View lines =
        View.preformatted(
            """
            %neurons --density ..0.05 --top 10
            %neurons --sort density --ascending
            %atlas map --colour density
            %atlas --html atlas-site
            %atlas sql "SELECT image, value FROM tops WHERE neuron = '%s' AND list = 'highest'\"\
            """
                .replace("%s", atlas.neurons().space().neuron(0).toString()));
    return Footnote.under(
        Pages.stacked(List.of(card, Pages.paragraph("To go on from here:"), lines)),
        atlas.provenance());
  }

  /** Name and value of each fact. */
  @Override
  public Table table(Atlas atlas, DisplayLimits shown) {
    return FactTable.table("Atlas " + atlas.folder().getFileName(), facts(atlas));
  }

  /** The images at both ends of a neuron, and those whose own label it helps most. */
  static View strongest(Atlas atlas, Neuron neuron) {
    Table table =
        Table.create(
            format(
                "%s: its strongest of %,d images of %s, as the atlas %s has them",
                neuron,
                atlas.manifest().images(),
                atlas.manifest().set(),
                atlas.folder().getFileName()));
    for (TopList list : TopList.values()) {
      List<Top> tops = atlas.tops(neuron, list);
      if (!tops.isEmpty()) {
        String what = list.name().toLowerCase(Locale.ROOT);
        boolean isImprovement = list == TopList.IMPROVEMENT;
        table.addColumns(
            StringColumn.create(columnOf(list), tops.stream().map(Top::image)),
            DoubleColumn.create(
                isImprovement ? what : what + " m",
                tops.stream().mapToDouble(Top::value).toArray()));
      }
    }
    return TableView.of(table, DisplayLimits.ROWS);
  }

  private static String columnOf(TopList list) {
    return switch (list) {
      case HIGHEST, LOWEST -> list.name().toLowerCase(Locale.ROOT);
      case IMPROVEMENT -> "most improved";
      case PATCHES -> "highest patch";
    };
  }

  /** What it has of some neurons, with their strongest images. */
  static View rows(Atlas atlas, List<Neuron> neurons) {
    AtlasNeurons n = atlas.neurons();
    int[] at = neurons.stream().mapToInt(n.space()::index).toArray();
    Table table =
        Table.create(
            format(
                "Over all %,d images of %s, as the atlas %s has them (density: |m| > %s)",
                atlas.manifest().images(),
                atlas.manifest().set(),
                atlas.folder().getFileName(),
                atlas.manifest().settings().threshold()),
            StringColumn.create("neuron", neurons.stream().map(Neuron::toString)),
            column("density", n.density(), at),
            column("mean m", n.mean(), at),
            column("greatest m", n.greatest(), at),
            StringColumn.create("best class", Arrays.stream(at).mapToObj(n.bestClass()::get)),
            column("improvement", n.improvement(), at),
            StringColumn.create(
                "strongest images", neurons.stream().map(one -> strongestNames(atlas, one))));
    return TableView.of(table, DisplayLimits.ROWS);
  }

  private static DoubleColumn column(String name, double[] values, int[] at) {
    return DoubleColumn.create(name, Arrays.stream(at).mapToDouble(i -> values[i]).toArray());
  }

  private static String strongestNames(Atlas atlas, Neuron neuron) {
    return atlas.tops(neuron, TopList.HIGHEST).stream()
        .limit(STRONGEST)
        .map(top -> format("%s %.2f", top.image(), top.value()))
        .collect(Collectors.joining(", "));
  }

  /** What was written, and which images are missing in it. */
  static View written(AtlasSite.Written site) {
    String told =
        format(
            "Wrote %s (%.1f MB in its folder): open it in a browser, it needs no network. %,d images are shown with neurons.",
            site.page(), site.bytes() / 1e6, site.images());
    if (site.missing().isEmpty()) {
      return Pages.paragraph(told);
    }
    List<String> first = site.missing().stream().limit(NAMED).toList();
    String missing =
        format(
            "%,d of them are missing in it: %,d are not among the images or cannot be read, %,d have changed since the survey. %s%s. %%atlas --html DIR --images DATASET says where the images lie.",
            site.missing().size(),
            site.gone(),
            site.changed(),
            String.join(", ", first),
            site.missing().size() > NAMED
                ? format(" and %,d more", site.missing().size() - NAMED)
                : "");
    return Pages.under(List.of(told, missing));
  }

  private static Map<String, String> facts(Atlas atlas) {
    Manifest m = atlas.manifest();
    AtlasNeurons n = atlas.neurons();
    long silent = Arrays.stream(n.density()).filter(d -> d == 0).count();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("atlas", atlas.folder() + ", made " + m.made());
    facts.put(
        "model",
        format("%s (%s…)", m.model(), Sha256.brief(m.modelHash()))
            + (m.original().isEmpty()
                ? ""
                : format(", with edits of the model %s…", Sha256.brief(m.original()))));
    facts.put(
        "images",
        format(
            "%,d of %s, %,d of them in %,d classes%s",
            m.images(),
            m.set(),
            m.labelled(),
            m.classes(),
            m.unreadable() == 0
                ? ""
                : format(
                    "; %,d more cannot be read: SELECT image, unreadable FROM images WHERE"
                        + " unreadable IS NOT NULL",
                    m.unreadable())));
    if (m.halved() > 0) {
      facts.put(
          "bits",
          format(
              "%,d blocks of images passed in smaller batches, since memory was full; where there is"
                  + " more, the last bits are others",
              m.halved()));
    }
    facts.put("neurons", format("%,d in %d layers", n.space().count(), n.space().layers()));
    facts.put(
        "density",
        format(
            "share of images with |m| > %s; median %s, %,d neurons are always below",
            m.settings().threshold(), share(median(n.density())), silent));
    facts.put(
        "kept",
        format(
            "%d images at each end of a neuron and %d that it improves, %d classes; m at the class"
                + " token%s",
            m.settings().top(),
            m.settings().top(),
            m.settings().classes(),
            m.settings().patches() ? ", and its maximum over the patches" : " alone"));
    return facts;
  }

  private static String share(double value) {
    return value == 0 ? "0" : format("%.3g", value);
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
