package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.lab.Interpret;
import dev.engram.lab.Interpretations;
import dev.engram.lab.Target;
import dev.engram.lab.WordReadings;
import dev.engram.trace.Feature;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %words}: what neurons say (Sec. 3.3, A.2). */
@Command(
    name = "words",
    description = "Put neurons into words: their value vectors as weighted sums of concepts.",
    footer = {
      "",
      "Orthogonal matching pursuit over a dictionary of words, 5 for each neuron (A.2). The",
      "residual tells how much of the neuron the words leave unsaid, from 0 to 1. Where an atlas is",
      "open (%%survey, %%atlas), a table above says what its images tell of the neurons."
    })
@HelpPage(
    theme = Theme.READ,
    examples = {"%words L3F7 L3A0H11", "%words L3F7 --entity ghost"})
final class WordsCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "1..*",
      paramLabel = "NEURON",
      description =
          "Which neurons: L5F412 or L3A0H11, every index from 0; or features of the open sparse"
              + " autoencoder: L3S17.")
  private List<String> neurons = List.of();

  @Option(
      names = "--entity",
      paramLabel = "ENTITY",
      description =
          "Turn a neuron around if its coefficient on this entity is negative while it helps (A.2).")
  private @Nullable String entity;

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  WordsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public WordReadings run(MagicContext context) {
    if (neurons.stream().anyMatch(Feature::isName)) {
      return features(context);
    }
    Interpret request =
        Interpret.of(session.neurons(neurons))
            .turnedFor(entity == null ? null : Target.of(entity))
            .words(dictionary.words(session));
    try (MagicProgress progress = context.progress()) {
      Interpretations said = session.lab(progress).words(request);
      session.atlas().show(request.neurons(), context);
      return said;
    }
  }

  private WordReadings features(MagicContext context) {
    if (!neurons.stream().allMatch(Feature::isName)) {
      throw new EngramException(
          "%words takes neurons or features of an autoencoder, not both; ask once for each.");
    }
    if (entity != null) {
      throw new EngramException(
          "A feature is never negative, so --entity has nothing to turn around; leave it out.");
    }
    session.model();
    try (MagicProgress progress = context.progress()) {
      return session
          .lab(progress)
          .features()
          .words(neurons.stream().map(Feature::parse).toList(), dictionary.words(session));
    }
  }
}
