package dev.engram.magic;

import dev.engram.magic.result.ModelCard;
import org.jspecify.annotations.Nullable;
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
      "configuration and tokenizer.json. Nothing is downloaded. Edits belong to the loaded model;",
      "%%model DIR loads one without edits, %%model alone shows which there are.",
      "In Java: ModelCard card = %%model, then card.clip() is the model of the library."
    })
final class ModelCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "DIR",
      description =
          "A model folder, or iconclip, the embedded small model; the loaded model, else iconclip,"
              + " if left out.")
  private @Nullable String directory;

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|gpu",
      description = "Where to compute; auto, the default, takes a GPU when there is one.")
  private @Nullable String device;

  ModelCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public ModelCard run(MagicContext context) {
    try (MagicProgress progress = context.progress()) {
      if (directory != null || device != null || !session.hasModel()) {
        session.load(
            directory == null ? EngramSession.ICONCLIP : directory,
            device == null ? "auto" : device,
            progress);
      }
      return ModelCard.of(session.model(), session.history().edits(), session.isIconclip());
    }
  }
}
