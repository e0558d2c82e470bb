package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Activations;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.magic.result.HeatmapFigure;
import dev.engram.magic.result.NeuronPage;
import dev.engram.magic.result.NeuronPage.EntityCoefficient;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %neuron}: all about one neuron on a page. */
@Command(
    name = "neuron",
    description = "Show a neuron: its words, the images that drive it most, each entity's share.",
    footer = {
      "",
      "The images are those of the open set; the first call passes all of them through the model."
    })
final class NeuronCommand implements EngramMagic {
  /** Images that are shown. */
  private static final int IMAGES = 8;

  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description = "Which neuron: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  @Option(
      names = "--dictionary",
      paramLabel = "FILE",
      description = "A word on each line; the model's own words if left out.")
  private @Nullable Path dictionary;

  NeuronCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public NeuronPage run(MagicContext context) {
    Neuron n = Neuron.parse(neuron, session.model().config().vision());
    ImageSet set = session.images();
    List<Entity> entities = set.entities();
    if (entities.isEmpty()) {
      throw new EngramException(
          "The image set %s has no entities, only images, and %%neuron compares entities; open a folder with entity/*.png."
              .formatted(set.name()));
    }
    try (MagicProgress progress = context.progress()) {
      // first: what is wrong with it should not be told after minutes
      WordDictionary words =
          dictionary == null && !session.hasDictionary()
              ? null
              : session.dictionary(dictionary, progress);
      Activations activations = session.activations();
      float[] m = activations.coefficients(n, progress);
      List<LabelledImage> images = activations.images();
      List<LabelledImage> first =
          IntStream.range(0, m.length)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -m[i]))
              .limit(IMAGES)
              .map(images::get)
              .toList();
      List<HeatmapFigure> strongest = HeatmapCommand.figures(session, first, n, progress);
      List<EntityCoefficient> means = new ArrayList<>();
      int at = 0;
      for (Entity e : entities) {
        double sum = 0;
        for (int i = 0; i < e.images().size(); i++) {
          sum += m[at++];
        }
        means.add(new EntityCoefficient(e.name(), e.category(), sum / e.images().size()));
      }
      Interpretation said =
          words == null
              ? null
              : new Interpreter(session.model(), words)
                  .interpret(List.of(n), new int[] {1}, ValueReading.LINEAR, progress)
                  .get(0);
      return new NeuronPage(n, said, strongest, means, session.isIconclip());
    }
  }
}
