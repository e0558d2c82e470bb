package dev.engram.magic;

import dev.engram.Progress;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.result.HeatmapFigure;
import dev.engram.magic.result.Heatmaps;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ImageReader;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
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
  /** Images that are traced at once: a trace keeps the attention values of every token. */
  private static final int BATCH = 4;

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
  public Heatmaps run(MagicContext context) {
    Neuron n = Neuron.parse(neuron, session.model().config().vision());
    Selection chosen = session.select(target);
    try (MagicProgress progress = context.progress()) {
      List<HeatmapFigure> figures = figures(session, chosen.images(), n, progress);
      return new Heatmaps(turn ? figures.stream().map(HeatmapFigure::turned).toList() : figures);
    }
  }

  /** The heatmaps of a neuron on images, a few images at a time. */
  static List<HeatmapFigure> figures(
      EngramSession session, List<LabelledImage> images, Neuron neuron, Progress progress) {
    ImageProcessor processor = session.model().processor();
    List<HeatmapFigure> figures = new ArrayList<>();
    for (int i = 0; i < images.size(); i += BATCH) {
      progress.step("drawing heatmaps", i, images.size());
      List<LabelledImage> part = images.subList(i, Math.min(images.size(), i + BATCH));
      List<BufferedImage> pictures = part.stream().map(x -> ImageReader.read(x.file())).toList();
      List<Heatmap> heatmaps =
          session.heatmapper().heatmaps(pictures.stream().map(processor::process).toList(), neuron);
      for (int b = 0; b < part.size(); b++) {
        String title = session.shortName(part.get(b));
        figures.add(
            new HeatmapFigure(
                heatmaps.get(b).on(part.get(b).name()),
                processor.crop(pictures.get(b)),
                title,
                session.isIconclip()));
      }
    }
    progress.step("drawing heatmaps", images.size(), images.size());
    return figures;
  }
}
