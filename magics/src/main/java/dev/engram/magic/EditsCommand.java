package dev.engram.magic;

import dev.engram.data.UserPath;
import dev.engram.edit.EditFile;
import dev.engram.edit.EditHistory;
import dev.engram.lab.Edits;
import dev.engram.magic.result.DisplayLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code %edits}: which edits the model has taken; saves them, or applies saved ones. */
@Command(
    name = "edits",
    description = "List the edits of the model; save them to a file, or apply those of one.",
    footer = {
      "",
      "A file of edits takes some kilobytes and knows the model that it belongs to: it is",
      "refused by every other. All of its edits are applied, or none."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {"%edits", "%edits --save my-edits.safetensors"})
final class EditsCommand implements EngramMagic {
  private final EngramSession session;

  @ArgGroup private @Nullable File file;

  /** What is done with a file; one thing at a time. */
  static final class File {
    @Option(
        names = "--save",
        paramLabel = "FILE",
        description = "Write the edits to a file; an older file of edits is replaced, no other.")
    private @Nullable String save;

    @Option(
        names = "--apply",
        paramLabel = "FILE",
        description = "Apply the edits of a file after those that there are.")
    private @Nullable String apply;
  }

  EditsCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Edits run(MagicContext context) {
    EditHistory history = session.history();
    String done = "";
    if (file != null && file.save != null) {
      try (MagicProgress progress = context.progress()) {
        EditFile.write(UserPath.of(file.save), history.edits(), progress);
      }
      done = "Saved.";
    } else if (file != null && file.apply != null) {
      history.applyAll(EditFile.read(UserPath.of(file.apply)));
      done = "Applied.";
    }
    return context.showing(
        DisplayLimits.BY_DEFAULT.noting(done), session.lab(context.progress()).edits());
  }
}
