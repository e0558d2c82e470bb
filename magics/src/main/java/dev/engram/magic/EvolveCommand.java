package dev.engram.magic;

import dev.engram.lab.Evolutions;
import dev.engram.lab.Evolve;
import dev.engram.trace.Neuron;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
@HelpPage(
    theme = Theme.READ,
    examples = {
      "%evolve L3F7 --image ghost/0 --depth 1 --branch 2",
      "%evolve L3F7 --image panda/0 --and koala/0 --depth 1 --branch 1"
    })
final class EvolveCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description = "Where to start: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  @Option(
      names = "--image",
      required = true,
      paramLabel = "IMAGE",
      description = "One of the open images (entity/0; of an entity its first) or an image file.")
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

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  EvolveCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Evolutions run(MagicContext context) {
    Neuron start = session.neuron(neuron);
    Evolve request =
        Evolve.of(start, Stream.of(image, second).filter(Objects::nonNull).toArray(String[]::new))
            .size(depth, branch)
            .words(dictionary.words(session));
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).evolve(request);
    }
  }
}
