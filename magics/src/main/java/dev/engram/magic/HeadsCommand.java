package dev.engram.magic;

import dev.engram.lab.HeadReadings;
import dev.engram.lab.ReadHeads;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code %heads}: what each attention head writes to the embedding, and says in words. */
@Command(
    name = "heads",
    description = "Show what each attention head adds to the embedding, and what it says in words.",
    footer = {
      "",
      "Shares are exact: all heads, the FFN blocks and the rest sum to the cosine with the text. The",
      "words are those whose directions explain most of how a head's output varies over images of",
      "the open images (TextSpan, Gandelsman, Efros and Steinhardt 2024).",
      "In Java: HeadReadings h = %%heads ghost, and then h.words(5, 0)"
    })
@HelpPage(
    theme = Theme.TRACE,
    examples = {
      "%heads ghost",
      "%heads ghost/0 --label \"a photo of a panda\" --layer 5 --sample 50"
    })
final class HeadsCommand implements EngramMagic {
  private final EngramSession session;

  @Mixin private LabelledTargetOptions on = new LabelledTargetOptions();

  @Option(
      names = "--layer",
      paramLabel = "LAYERS",
      description =
          "Layers whose heads are put into words, from 0, as 5 or 0,3 or 2-4; the last four if left"
              + " out.")
  private @Nullable String layers;

  @Option(
      names = "--sample",
      paramLabel = "N",
      defaultValue = "200",
      description = "Over how many of the open images, evenly spread (default: ${DEFAULT-VALUE}).")
  private int sample = ReadHeads.SAMPLE;

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  @Mixin private TopOptions top = new TopOptions();

  HeadsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public HeadReadings run(MagicContext context) {
    int count = session.model().config().vision().layers();
    ReadHeads request =
        ReadHeads.of(on.target())
            .label(on.label())
            .layers(Layers.typed(layers, count))
            .sample(sample)
            .words(dictionary.words(session));
    try (MagicProgress progress = context.progress()) {
      return context.showing(top.shown(), session.lab(progress).heads(request));
    }
  }
}
