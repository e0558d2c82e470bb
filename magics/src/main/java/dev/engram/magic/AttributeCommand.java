package dev.engram.magic;

import dev.engram.attribution.Attributed;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.lab.Attribute;
import dev.engram.magic.result.DisplayLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code %attribute}: which neurons bring images closest to a text (Sec. 3.2, Eq. 11 and 12). */
@Command(
    name = "attribute",
    description = "Find the neurons that bring an image, or an entity's images, closest to a text.",
    footer = {
      "",
      "An entity means the mean over its images. Neurons are written as in the paper, L5F412",
      "(layer, FFN channel) or L3A0H11 (layer, head, channel), every index from 0.",
      "In Java: Attribution a = %%attribute statue_of_liberty   (with var it is an Object)"
    })
@HelpPage(
    theme = Theme.FIND,
    examples = {
      "%attribute statue_of_liberty",
      "%attribute ghost/0 --label \"a photo of a panda\" --top 5"
    })
final class AttributeCommand implements EngramMagic {
  private final EngramSession session;

  @Mixin private LabelledTargetOptions on = new LabelledTargetOptions();

  @Mixin private TopOptions top = new TopOptions();

  @Option(
      names = "--by",
      paramLabel = "METHOD",
      defaultValue = "improvement",
      description =
          "improvement (the paper's), or a baseline of its Table 1: activation, gradient, combined.")
  private String method = Score.IMPROVEMENT;

  @Option(
      names = "--reading",
      paramLabel = "READING",
      description =
          "How the layer norms of Eq. 11 and 12 are read: literal (default), literal_post, lens,"
              + " frozen; or direct, the exact share of the final cosine (not in the paper).")
  private @Nullable Reading reading;

  @Option(
      names = "--features",
      description =
          "Rank the features of the open sparse autoencoder (%%sae) in the place of neurons. Those"
              + " of the residual stream are read by lens, frozen or direct.")
  private boolean features;

  AttributeCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Attributed run(MagicContext context) {
    Score by = Score.of(method, reading);
    session.model();
    DisplayLimits shown = top.shown();
    Attribute request = Attribute.of(on.target()).label(on.label()).by(by);
    try (MagicProgress progress = context.progress()) {
      if (features) {
        Score asked = reading == null && by instanceof Reading ? null : by;
        return context.showing(
            shown, session.lab(progress).features().attribute(on.target(), on.label(), asked));
      }
      return context.showing(shown, session.lab(progress).attribute(request));
    }
  }
}
