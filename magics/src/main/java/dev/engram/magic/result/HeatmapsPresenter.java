package dev.engram.magic.result;

import dev.engram.lab.Heatmaps;
import dev.engram.lab.ImageHeatmap;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.View;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %heatmap}: the image with the largest coefficient as an interactive figure, and all
 * images as small pictures.
 */
final class HeatmapsPresenter implements Presenter<Heatmaps> {
  /** Shows one of them, as {@code heatmaps.strongest()} gives it. */
  static final class OfOne implements Presenter<ImageHeatmap> {
    @Override
    public View view(ImageHeatmap heatmap, DisplayLimits shown) {
      return new HeatmapFigure(heatmap).page();
    }

    @Override
    public Table table(ImageHeatmap heatmap, DisplayLimits shown) {
      return HeatmapsPresenter.table(heatmap.heatmap().neuron().toString(), List.of(heatmap));
    }

    @Override
    public PlotlyFigure figure(ImageHeatmap heatmap, DisplayLimits shown) {
      return new HeatmapFigure(heatmap).figure();
    }
  }

  private static final int THUMBNAIL = 96;

  @Override
  public View view(Heatmaps heatmaps, DisplayLimits shown) {
    View first = new HeatmapFigure(heatmaps.strongest()).page();
    return heatmaps.images().size() == 1 ? first : first.below(gallery(heatmaps.images()));
  }

  /** A row for each image: its coefficient, and what patches and class token have in it. */
  @Override
  public Table table(Heatmaps heatmaps, DisplayLimits shown) {
    return table(heatmaps.neuron().toString(), heatmaps.images());
  }

  @Override
  public PlotlyFigure figure(Heatmaps heatmaps, DisplayLimits shown) {
    return new HeatmapFigure(heatmaps.strongest()).figure();
  }

  private static Table table(String neuron, List<ImageHeatmap> images) {
    return Table.create(
        "Where the coefficient of " + neuron + " comes from",
        StringColumn.create("image", images.stream().map(i -> i.picture().title())),
        column("coefficient", images, i -> i.heatmap().coefficient()),
        column("patches", images, i -> Arrays.stream(i.heatmap().map()).sum()),
        column("class token", images, i -> i.heatmap().tokens()[0]));
  }

  private static DoubleColumn column(
      String name, List<ImageHeatmap> images, ToDoubleFunction<ImageHeatmap> value) {
    return DoubleColumn.create(name, images.stream().mapToDouble(value).toArray());
  }

  /** Small overlays, each with its coefficient. */
  private static View gallery(List<ImageHeatmap> images) {
    return Gallery.of(
        images.stream()
            .map(
                i ->
                    new Gallery.Item(
                        new HeatmapFigure(i).overlay(THUMBNAIL),
                        String.format(
                            Locale.ROOT,
                            "%s: %.2f",
                            i.picture().title(),
                            i.heatmap().coefficient())))
            .toList(),
        THUMBNAIL);
  }
}
