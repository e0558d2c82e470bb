package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.ConceptGraph;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.lab.Target;
import dev.engram.magic.result.Evolution;
import dev.engram.magic.result.Evolutions;
import dev.engram.magic.view.Viewable;
import dev.engram.trace.Neuron;
import java.awt.image.BufferedImage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %evolve}: how a concept grows from earlier ones (A.5). */
@Command(
    name = "evolve",
    description = "Draw how a neuron is driven: its query neurons, theirs, and so on.",
    footer = {
      "",
      "The graph runs from the first layers (left) to the neuron (right). Each node shows where",
      "its neuron looks in the image; hovering shows its words. Any name can go to other magics."
    })
final class EvolveCommand implements EngramMagic {
  private static final int THUMBNAIL = 80;

  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description = "Where to start: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  @Option(
      names = "--image",
      required = true,
      paramLabel = "IMAGE",
      description = "An image of the open set (entity/0; of an entity its first) or an image file.")
  private String image = "";

  @Option(
      names = "--and",
      paramLabel = "IMAGE",
      description = "A second image, drawn below; neurons in both graphs are marked.")
  private @Nullable String second;

  @Option(
      names = "--depth",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many steps back (default: ${DEFAULT-VALUE}).")
  private int depth = 3;

  @Option(
      names = "--branch",
      paramLabel = "B",
      defaultValue = "2",
      description = "How many query neurons of each neuron (default: ${DEFAULT-VALUE}).")
  private int branch = 2;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  EvolveCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Viewable run(MagicContext context) {
    Neuron start = Neuron.parse(neuron, session.model().config().vision().space());
    if (depth < 1 || depth > 12 || branch < 1 || branch > 5) {
      throw new EngramException(
          "--depth takes 1 to 12 and --branch 1 to 5, got " + depth + " and " + branch + ".");
    }
    new QueryAnalyzer(session.model()).requireDefined(start);
    LabelledImage first = session.select(image).images().get(0);
    LabelledImage other = second == null ? null : session.select(second).images().get(0);
    try (MagicProgress progress = context.progress()) {
      // first: what is wrong with it should not be told after minutes
      WordDictionary known = session.dictionary(dictionary, progress);
      ConceptGraph one = grow(first, start, progress);
      if (other == null) {
        return evolution(first, one, known, Set.of(), progress);
      }
      ConceptGraph two = grow(other, start, progress);
      Set<Neuron> shared = new HashSet<>(one.nodes().keySet());
      shared.retainAll(two.nodes().keySet());
      return new Evolutions(
          evolution(first, one, known, shared, progress),
          evolution(other, two, known, shared, progress));
    }
  }

  private ConceptGraph grow(LabelledImage of, Neuron start, MagicProgress progress) {
    float[] pixels = session.model().processor().process(of.file());
    return ConceptGraph.grow(
        new QueryAnalyzer(session.model()), pixels, start, depth, branch, progress);
  }

  private Evolution evolution(
      LabelledImage of,
      ConceptGraph graph,
      WordDictionary known,
      Set<Neuron> shared,
      MagicProgress progress) {
    List<Neuron> neurons = List.copyOf(graph.nodes().keySet());
    Map<Neuron, Interpretation> words = new HashMap<>();
    new Interpreter(session.model(), known)
        .interpret(
            neurons, neurons.stream().mapToInt(n -> 1).toArray(), ValueReading.LINEAR, progress)
        .forEach(i -> words.put(i.neuron(), i));
    Map<Neuron, BufferedImage> pictures = new HashMap<>();
    for (Neuron n : neurons) {
      progress.step("drawing heatmaps", pictures.size(), neurons.size());
      pictures.put(
          n,
          HeatmapCommand.figures(session, Target.of(of), n, false, progress)
              .get(0)
              .overlay(THUMBNAIL));
    }
    Provenance provenance =
        Provenance.of(
            session.model(),
            "image",
            of.name(),
            "depth",
            depth + ", branch " + branch,
            "effects",
            "Eq. 13 to 20, layer norms folded");
    return new Evolution(session.shortName(of), graph, words, pictures, shared, provenance);
  }
}
