package dev.engram.magic;

import dev.engram.attribution.Attribution;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSelection;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.magic.result.Words;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %words}: what neurons say (Sec. 3.3, A.2). */
@Command(
    name = "words",
    description = "Put neurons into words: their value vectors as weighted sums of concepts.",
    footer = {
      "",
      "Orthogonal matching pursuit over a dictionary of words, 5 for each neuron (A.2). The",
      "residual tells how much of the neuron the words leave unsaid, from 0 to 1."
    })
final class WordsCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "NEURON",
      description = "Which neurons: L5F412 or L3A0H11, every index from 0.")
  private List<String> neurons = List.of();

  @Option(
      names = "--entity",
      paramLabel = "ENTITY",
      description =
          "Turn a neuron around if its coefficient on this entity is negative while it helps (A.2).")
  private @Nullable String entity;

  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  WordsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Words run(MagicContext context) {
    List<Neuron> which =
        neurons.stream()
            .map(n -> Neuron.parse(n, session.model().config().vision().space()))
            .toList();
    try (MagicProgress progress = context.progress()) {
      int[] signs = new int[which.size()];
      Arrays.fill(signs, 1);
      if (entity != null) {
        ImageSelection chosen = session.select(entity);
        Attribution a =
            session
                .attributor()
                .attribute(chosen.images(), chosen.label(), Reading.LITERAL, progress);
        Arrays.setAll(signs, i -> a.sign(which.get(i)));
      }
      Interpreter interpreter =
          new Interpreter(session.model(), session.dictionary(dictionary, progress));
      return new Words(interpreter.interpret(which, signs, ValueReading.LINEAR, progress));
    }
  }
}
