package dev.engram.magic.result;

import dev.engram.Digits;
import dev.engram.dissect.Maps;
import dev.engram.lab.FeatureMaps;
import dev.engram.lab.FeatureMaps.OfImage;
import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.PlotlyFigure;
import dev.engram.magic.view.SharePng;
import dev.engram.magic.view.View;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Locale;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/**
 * Shows {@code %heatmap} of a feature: the image in which it is most active as a figure, and all
 * images as small pictures, on one scale.
 */
final class FeatureMapsPresenter implements Presenter<FeatureMaps> {
  private static final int THUMBNAIL = 96;

  @Override
  public View view(FeatureMaps maps, DisplayLimits shown) {
    View above =
        maps.images().size() == 1
            ? Pages.paragraph(sum(maps))
            : Pages.under(List.of(sum(maps)), gallery(maps));
    return figure(maps, shown).view().below(Footnote.under(above, maps.provenance()));
  }

  /** A row for each image: m at the class token, its largest patch, and how many are active. */
  @Override
  public Table table(FeatureMaps maps, DisplayLimits shown) {
    List<OfImage> images = maps.images();
    return Table.create(
        "Where " + maps.feature() + " is active",
        StringColumn.create("image", images.stream().map(i -> i.picture().title())),
        DoubleColumn.create(
            "class token", images.stream().mapToDouble(OfImage::classToken).toArray()),
        DoubleColumn.create(
            "largest patch", images.stream().mapToDouble(OfImage::largestPatch).toArray()),
        IntColumn.create("active patches", images.stream().mapToInt(OfImage::active).toArray()));
  }

  /** The coefficient at each patch of the image in which it is most active. */
  @Override
  public PlotlyFigure figure(FeatureMaps maps, DisplayLimits shown) {
    OfImage first = maps.strongest();
    return HeatmapFigure.over(
            first.picture().image(),
            first.patches(),
            maps.side(),
            "%s on %s".formatted(maps.feature(), first.picture().title()),
            "coefficient m")
        .png(
            HeatmapFigure.sideBySide(
                first.picture().image(), overlay(maps, first, HeatmapFigure.SIDE)));
  }

  private static BufferedImage overlay(FeatureMaps maps, OfImage of, int side) {
    return SharePng.overlay(
        HeatmapFigure.scaled(of.picture().image(), side),
        Maps.bilinear(of.patches(), maps.side(), side),
        maps.scale());
  }

  private static String sum(FeatureMaps maps) {
    OfImage first = maps.strongest();
    if (maps.scale() == 0) {
      return "%s is active at no patch here; at the class token of %s it is %s."
          .formatted(maps.feature(), first.picture().title(), Digits.of(first.classToken()));
    }
    return String.format(
        Locale.ROOT,
        "On %s %s is active at %d of %d patches, at most %s, and at the class token %s. All maps"
            + " are on one scale, from 0 to %s.",
        first.picture().title(),
        maps.feature(),
        first.active(),
        first.patches().length,
        Digits.of(first.largestPatch()),
        Digits.of(first.classToken()),
        Digits.of(maps.scale()));
  }

  /** Small overlays on the scale of all, each with its largest coefficient. */
  static View gallery(FeatureMaps maps) {
    return Gallery.of(
        maps.images().stream()
            .map(
                i ->
                    new Gallery.Item(
                        overlay(maps, i, THUMBNAIL),
                        "%s: %s".formatted(i.picture().title(), Digits.of(i.largest()))))
            .toList(),
        THUMBNAIL);
  }
}
