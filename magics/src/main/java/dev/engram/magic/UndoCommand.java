package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.edit.EditHistory;
import dev.engram.lab.Edits;
import dev.engram.magic.result.DisplayLimits;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code %undo}: takes back one edit, or all. */
@Command(
    name = "undo",
    description = "Take back an edit: the last one, the one of a number, or all.",
    footer = {
      "",
      "%%edits shows the numbers, from 0. An edit stays as long as a later one was computed from",
      "the weights that it left. Without edits the model is the one that was read, to the bit."
    })
@HelpPage(
    theme = Theme.EDIT,
    examples = {"%undo", "%undo all"})
final class UndoCommand implements EngramMagic {
  private static final String ALL = "all";

  private final EngramSession session;

  @Parameters(
      arity = "0..1",
      paramLabel = "EDIT|all",
      description = "Number of an edit, from 0, or all; the last one if left out.")
  private @Nullable String which;

  UndoCommand(EngramSession session) {
    this.session = session;
  }

  @Override
  public Edits run(MagicContext context) {
    EditHistory history = session.history();
    if (which == null) {
      history.undo();
    } else if (!which.equalsIgnoreCase(ALL)) {
      history.undo(number(which));
    } else if (history.edits().isEmpty()) {
      throw new EngramException("There is no edit to undo: the model is as it was read.");
    } else {
      history.undoAll();
    }
    return context.showing(
        DisplayLimits.BY_DEFAULT.noting("Undone."), session.lab(context.progress()).edits());
  }

  private static int number(String text) {
    try {
      return Integer.parseInt(text.strip());
    } catch (NumberFormatException e) {
      throw new EngramException("%undo takes the number of an edit or all, got '" + text + "'.", e);
    }
  }
}
