package dev.engram.magic;

import dev.engram.data.LabelledImage;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.result.HeatmapFigure;
import dev.engram.magic.result.Heatmaps;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %heatmap}: where in an image a neuron looks (Sec. 3.3, Eq. 6). */
@Command(
    name = "heatmap",
    description = "Show where in an image a neuron looks.",
    footer = {
      "",
      "The map is the share of each patch in the neuron's coefficient at the class token (Eq. 6).",
      "For an entity: every image, and the one with the largest coefficient as a figure."
    })
final class HeatmapCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "IMAGE|ENTITY",
      description = "An entity of the open set, an image of it (entity/0), or an image file.")
  private String target = "";

  @Option(
      names = "--neuron",
      required = true,
      paramLabel = "NEURON",
      description = "Which neuron: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  HeatmapCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Heatmaps run(MagicContext context) {
    Neuron n = Neuron.parse(neuron, session.model().config().vision());
    Selection chosen = session.select(target);
    try (MagicProgress progress = context.progress()) {
      List<HeatmapFigure> figures = new ArrayList<>();
      for (LabelledImage image : chosen.images()) {
        progress.step("drawing heatmaps", figures.size(), chosen.images().size());
        figures.add(figure(session, image, n));
      }
      return new Heatmaps(figures);
    }
  }

  static HeatmapFigure figure(EngramSession session, LabelledImage image, Neuron neuron) {
    Clip clip = session.model();
    return new HeatmapFigure(
        session.heatmapper().heatmap(image, neuron),
        clip.processor().crop(dev.engram.model.ImageReader.read(image.file())),
        image.name(),
        session.isIconclip());
  }
}
