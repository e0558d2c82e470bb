package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.data.ImageSelection;
import dev.engram.dissect.QueryAnalyzer;
import dev.engram.magic.result.Queries;
import dev.engram.trace.Neuron;
import picocli.CommandLine.Command;
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
      description = "An entity of the open set, an image of it (entity/0), or an image file.")
  private String image = "";

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many query neurons to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  QueriesCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Queries run(MagicContext context) {
    Neuron n = Neuron.parse(neuron, session.model().config().vision().space());
    if (top < 1) {
      throw new EngramException("--top takes a number of neurons from 1, got " + top + ".");
    }
    ImageSelection chosen = session.select(image);
    try (MagicProgress progress = context.progress()) {
      return new Queries(
          chosen.title(),
          new QueryAnalyzer(session.model()).effects(session.pixels(chosen, progress), n, progress),
          top);
    }
  }
}
