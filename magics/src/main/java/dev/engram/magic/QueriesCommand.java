package dev.engram.magic;

import dev.engram.dissect.QueryEffects;
import dev.engram.magic.result.DisplayLimits;
import dev.engram.trace.Neuron;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %queries}: which earlier neurons drive a neuron (A.3, Eq. 13 to 20). */
@Command(
    name = "queries",
    description = "Find the query neurons of a neuron: the earlier ones that drive it.",
    footer = {
      "",
      "An effect is what an earlier neuron adds to the coefficient (before the activation, for an",
      "FFN neuron). All effects and the rest sum to it exactly. An entity means its mean."
    })
@HelpPage(
    theme = Theme.READ,
    examples = {"%queries L3F7 --image ghost", "%queries L2A0H11 --image ghost/0"})
final class QueriesCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      paramLabel = "NEURON",
      description = "Which neuron: L5F412 or L3A0H11, every index from 0.")
  private String neuron = "";

  @Option(
      names = "--image",
      required = true,
      paramLabel = "IMAGE|ENTITY",
      description = "An entity of the open images, one of its images (entity/0), or an image file.")
  private String image = "";

  @Mixin private TopOptions top = new TopOptions();

  QueriesCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public QueryEffects run(MagicContext context) {
    Neuron n = session.neuron(neuron);
    DisplayLimits shown = top.shown();
    try (MagicProgress progress = context.progress()) {
      return context.showing(shown, session.lab(progress).queries(image, n));
    }
  }
}
