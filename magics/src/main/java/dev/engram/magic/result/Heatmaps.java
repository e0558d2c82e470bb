package dev.engram.magic.result;

import dev.engram.magic.view.Gallery;
import dev.engram.magic.view.View;
import dev.engram.magic.view.Viewable;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The value of {@code %heatmap}: a neuron's heatmap on each image, the image with the largest
 * coefficient as an interactive figure.
 *
 * @param figures one for each image, the largest coefficient first
 */
public record Heatmaps(List<HeatmapFigure> figures) implements Viewable {
  private static final int THUMBNAIL = 96;

  /** Sorts by coefficient. */
  public Heatmaps {
    figures =
        figures.stream()
            .sorted(Comparator.comparingDouble((HeatmapFigure f) -> -f.heatmap().coefficient()))
            .toList();
  }

  /**
   * @return the figure of the image that drives the neuron most
   */
  public HeatmapFigure strongest() {
    return figures.get(0);
  }

  @Override
  public View view() {
    View first = strongest().view();
    return figures.size() == 1 ? first : first.below(gallery(figures));
  }

  /** Small overlays, each with its coefficient. */
  static View gallery(List<HeatmapFigure> figures) {
    return Gallery.of(
        figures.stream()
            .map(
                f ->
                    new Gallery.Item(
                        f.overlay(THUMBNAIL),
                        String.format(
                            Locale.ROOT, "%s: %.2f", f.title(), f.heatmap().coefficient())))
            .toList(),
        THUMBNAIL);
  }

  @Override
  public String toString() {
    return strongest() + (figures.size() == 1 ? "" : " (largest of " + figures.size() + " images)");
  }
}
