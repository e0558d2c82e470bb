package dev.engram.magic;

import dev.engram.data.UserPath;
import dev.engram.magic.view.View;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code %save}: writes the edited model as a folder that {@code transformers} loads. */
@Command(
    name = "save",
    description = "Save the model with its edits as a folder of Hugging Face's CLIPModel.",
    footer = {
      "",
      "%%model DIR and transformers' CLIPModel.from_pretrained read it: weights in float32, to the",
      "bit. Residual removal is no matter of weights and cannot be saved; complete removal can."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {"%save my-model", "%save models/edited"})
final class SaveCommand implements EngramMagic {
  private final EngramSession session;

  @Parameters(paramLabel = "DIR", description = "A folder that is not there yet, or empty.")
  private String directory = "";

  SaveCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public View run(MagicContext context) {
    Path to = UserPath.of(directory);
    try (MagicProgress progress = context.progress()) {
      session.history().saveModel(to, progress);
      int edits = session.history().edits().size();
      return View.preformatted(
          "%s with %d edit%s, saved in %s; %%model reads it."
              .formatted(
                  session.model().original().name(),
                  edits,
                  edits == 1 ? "" : "s",
                  to.toAbsolutePath().normalize()));
    }
  }
}
