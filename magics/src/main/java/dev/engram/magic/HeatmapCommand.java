package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.lab.HeatmapReadings;
import dev.engram.lab.Heatmaps;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code %heatmap}: where in an image a neuron looks (Sec. 3.3, Eq. 6). */
@Command(
    name = "heatmap",
    description = "Show where in an image a neuron looks.",
    footer = {
      "",
      "The map is the share of each patch in the neuron's coefficient at the class token (Eq. 6).",
      "For an entity: every image, and the one with the largest coefficient as a figure."
    })
@HelpPage(
    theme = Theme.READ,
    examples = {"%heatmap ghost --neuron L3F7", "%heatmap ghost/0 --neuron L3A0H11 --turn"})
final class HeatmapCommand implements EngramMagic {
  private final EngramSession session;

  @Mixin private TargetOptions on = new TargetOptions();

  @Option(
      names = "--neuron",
      required = true,
      paramLabel = "NEURON",
      description =
          "Which neuron: L5F412 or L3A0H11, every index from 0; or a feature of the open sparse"
              + " autoencoder, L3S17, whose map is its coefficient at each patch.")
  private String neuron = "";

  @Option(
      names = "--turn",
      description =
          "Turn the neuron around (A.2): for one that acts with a negative coefficient, so that what"
              + " drives it is bright.")
  private boolean turn;

  HeatmapCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public HeatmapReadings run(MagicContext context) {
    if (Feature.isName(neuron)) {
      return ofFeature(Feature.parse(neuron), context);
    }
    Neuron n = session.neuron(neuron);
    try (MagicProgress progress = context.progress()) {
      Heatmaps heatmaps = session.lab(progress).heatmap(on.target(), n);
      return turn ? heatmaps.turned() : heatmaps;
    }
  }

  private HeatmapReadings ofFeature(Feature feature, MagicContext context) {
    if (turn) {
      throw new EngramException(
          "A feature is never negative, so --turn has nothing to turn around; leave it out.");
    }
    session.model();
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).features().heatmap(on.target(), feature);
    }
  }
}
