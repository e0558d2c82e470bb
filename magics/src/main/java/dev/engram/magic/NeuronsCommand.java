package dev.engram.magic;

import dev.engram.dissect.NeuronSearch.By;
import dev.engram.lab.FindNeurons;
import dev.engram.lab.Neurons;
import dev.engram.lab.Target;
import dev.engram.trace.Neuron;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code %neurons}: which neurons are there. */
@Command(
    name = "neurons",
    description = "Search neurons: by layer, by the entity they improve, by the word they say.",
    footer = {
      "",
      "A word counts by the cosine of a neuron's value vector, in the space of the texts, with the",
      "word's embedding: so every neuron is compared, with any word or phrase. Of an entity the",
      "improvement is taken (Eq. 11, 12), and neurons are turned around as A.2 has it. With neither",
      "word nor entity each neuron counts by the entity of the open set that it improves most.",
      "In Java: Neurons n = %%neurons --word hat   (n.names(), table(n))"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {"%neurons --entity ghost", "%neurons --word hat --layer 2-3"})
final class NeuronsCommand implements EngramMagic {
  private final EngramSession session;

  @Option(
      names = "--layer",
      paramLabel = "LAYERS",
      description = "One layer, several or a range, from 0: 5 or 0,3 or 2-4.")
  private @Nullable String layer;

  @Option(names = "--kind", paramLabel = "KIND", description = "ffn or msa; both if left out.")
  private Neuron.@Nullable Block kind;

  @Option(
      names = "--word",
      paramLabel = "WORD",
      description = "Those whose value vectors are nearest to this word or phrase.")
  private @Nullable String word;

  @Option(
      names = "--entity",
      paramLabel = "ENTITY|IMAGE",
      description = "Those that improve this entity, or image of the set, most.")
  private @Nullable String entity;

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many neurons to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  @Option(
      names = "--by",
      paramLabel = "SCORE",
      description =
          "improvement, coefficient, cosine (with the word), or product of improvement and cosine"
              + " where both are positive. Left out: what was searched for, the product for both.")
  private @Nullable By by;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words for the column 'says': " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  NeuronsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Neurons run(MagicContext context) {
    int layers = session.model().config().vision().layers();
    FindNeurons request =
        FindNeurons.best()
            .layers(layer == null ? null : Layers.parse(layer, layers))
            .kind(kind)
            .word(word)
            .entity(entity == null ? null : Target.of(entity))
            .count(top)
            .by(by)
            .words(session.vocabulary(dictionary));
    try (MagicProgress progress = context.progress()) {
      return session.lab(progress).find(request);
    }
  }
}
