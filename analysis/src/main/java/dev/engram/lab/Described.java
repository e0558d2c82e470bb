package dev.engram.lab;

import dev.engram.data.LabelledImage;
import dev.engram.dissect.NeuronReport;
import dev.engram.dissect.ResidualByChance;
import dev.engram.model.Precision;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that the open images tell about one neuron.
 *
 * @param report the numbers
 * @param heatmaps where the neuron looks in each image of the report
 * @param chance what words leave unsaid of random vectors; null without a dictionary
 * @param request what was asked for
 * @param source of what it was asked
 */
public record Described(
    NeuronReport report,
    Map<LabelledImage, ImageHeatmap> heatmaps,
    @Nullable ResidualByChance chance,
    Describe request,
    Source source)
    implements DescribedUnit {
  /**
   * The model and the images that were asked.
   *
   * @param model its name
   * @param folder of the model
   * @param precision of the model
   * @param resolution side of its images in pixels, or 0 for that with which it learned
   * @param images folder or list of the set
   * @param strongest how a request names the image that drives the neuron most
   */
  public record Source(
      String model,
      Path folder,
      Precision precision,
      int resolution,
      Path images,
      String strongest) {}

  /** Keeps a copy. */
  public Described {
    heatmaps = Map.copyOf(heatmaps);
  }

  /** Which neuron. */
  public Neuron neuron() {
    return report.neuron();
  }

  /**
   * Where the neuron looks in an image.
   *
   * @param image one of the report
   */
  public ImageHeatmap heatmap(LabelledImage image) {
    return Objects.requireNonNull(heatmaps.get(image), "no image of the report");
  }

  @Override
  public String toString() {
    return report.words(neuron()).map(Object::toString).orElse(neuron() + " (no dictionary)");
  }
}
