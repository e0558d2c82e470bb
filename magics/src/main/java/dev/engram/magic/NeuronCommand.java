package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.attribution.Reading;
import dev.engram.lab.Describe;
import dev.engram.lab.Described;
import dev.engram.lab.DescribedFeature;
import dev.engram.lab.DescribedUnit;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.PageFile;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %neuron}: all about one neuron on a page. */
@Command(
    name = "neuron",
    description = "Show a neuron: its words, images, entities, query neurons, and what it is for.",
    footer = {
      "",
      "The images are the open ones. The first call passes all of them through the model",
      "and keeps what it finds of every neuron, so that the next page is fast. Where an atlas is",
      "open (%%survey, %%atlas), a table above names the strongest images of its whole set.",
      "In Java: Described d = %%neuron L5F412   (with var it is an Object)"
    })
@HelpPage(
    theme = Theme.READ,
    examples = {"%neuron L3F7", "%neuron L3F7 --html L3F7.html"})
final class NeuronCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description =
          "Which neuron: L5F412 or L3A0H11, every index from 0; or a feature of the open sparse"
              + " autoencoder: L3S17.")
  private String neuron = "";

  @Mixin private DictionaryOptions dictionary = new DictionaryOptions();

  @Option(
      names = "--reading",
      paramLabel = "READING",
      description =
          "How the improvement is read: literal (default), literal_post, lens, frozen or direct;"
              + " see %%attribute?.")
  private @Nullable Reading reading;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Draws the random images; the same number draws the same (default: 0).")
  private long seed;

  @Mixin private PageOptions page = new PageOptions();

  NeuronCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public DescribedUnit run(MagicContext context) {
    if (Feature.isName(neuron)) {
      return ofFeature(Feature.parse(neuron), context);
    }
    Neuron n = session.neuron(neuron);
    session.images();
    Describe request =
        Describe.of(n)
            .reading(reading == null ? Reading.LITERAL : reading)
            .seed(seed)
            .words(dictionary.words(session));
    PageFile file = page.file();
    try (MagicProgress progress = context.progress()) {
      Described described = session.lab(progress).describe(request);
      if (file != null) {
        context.display(file.write(Presenters.page(described)));
      }
      session.atlas().show(List.of(n), context);
      return described;
    }
  }

  private DescribedUnit ofFeature(Feature feature, MagicContext context) {
    if (seed != 0) {
      throw new EngramException(
          "The page of a feature has no random images, so --seed has nothing to draw.");
    }
    session.model();
    PageFile file = page.file();
    try (MagicProgress progress = context.progress()) {
      DescribedFeature described =
          session.lab(progress).features().describe(feature, reading, dictionary.words(session));
      if (file != null) {
        context.display(file.write(Presenters.page(described)));
      }
      return described;
    }
  }
}
