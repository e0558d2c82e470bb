package dev.engram.magic;

import dev.engram.magic.result.ModelCard;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code %model}: loads a CLIP model and says what it is. */
@Command(
    name = "model",
    description = "Load a CLIP model and say what it is.",
    footer = {
      "",
      "A model folder holds safetensors (Hugging Face, OpenAI or OpenCLIP names), their",
      "configuration and tokenizer.json. Nothing is downloaded.",
      "In Java: ModelCard card = %%model, then card.clip() is the model of the library."
    })
final class ModelCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      defaultValue = EngramSession.ICONCLIP,
      description = "A model folder; ${DEFAULT-VALUE}, the embedded small model, if left out.")
  private String directory = EngramSession.ICONCLIP;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      defaultValue = "auto",
      description = "Where to compute; auto takes a GPU when there is one.")
  private String device = "auto";

  ModelCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public ModelCard run(MagicContext context) {
    try (MagicProgress progress = context.progress()) {
      return ModelCard.of(session.load(directory, device, progress), session.isIconclip());
    }
  }
}
