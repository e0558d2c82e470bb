package dev.engram.lab;

import dev.engram.trace.Neuron;
import java.util.Comparator;
import java.util.List;

/**
 * A neuron's heatmap on each of some images (Sec. 3.3, Eq. 6).
 *
 * @param neuron which
 * @param images one for each image, the largest coefficient first
 */
public record Heatmaps(Neuron neuron, List<ImageHeatmap> images) implements HeatmapReadings {
  /** Sorts by coefficient. */
  public Heatmaps {
    images =
        images.stream()
            .sorted(Comparator.comparingDouble((ImageHeatmap i) -> -i.heatmap().coefficient()))
            .toList();
  }

  /** The image that drives the neuron most. */
  public ImageHeatmap strongest() {
    return images.get(0);
  }

  /** The same for the neuron turned around (A.2). */
  public Heatmaps turned() {
    return new Heatmaps(neuron, images.stream().map(ImageHeatmap::turned).toList());
  }
}
