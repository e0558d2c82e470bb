package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.lab.Accuracy;
import dev.engram.lab.Lab;
import dev.engram.lab.PreviewedEdit;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * What the magics that edit have in common: they preview, measure accuracy before and after, and
 * apply at the very end.
 */
final class EditOptions {
  private static final String NONE = "none";

  @Option(
      names = "--evaluate",
      paramLabel = "DATASET|none",
      description =
          "Where accuracy is measured before and after, as in %%evaluate; the open images if left"
              + " out; none for no measurement.")
  private @Nullable String name;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "At most N images of it, evenly spread; all if left out.")
  private @Nullable Integer sample;

  @Option(names = "--preview", description = "Show the effect and change nothing.")
  private boolean preview;

  /**
   * Previews an edit with what is measured of it, and applies it unless only the preview was asked
   * for. To apply is the last thing that a magic does, so that whatever fails or is interrupted
   * before leaves the model as it was.
   *
   * @param request what is asked for, by where accuracy is measured
   * @param verb of the lab: {@code Lab::forget}
   * @return the edit
   */
  <R, T extends PreviewedEdit> T edit(
      EngramSession session,
      MagicContext context,
      Function<Accuracy, R> request,
      BiFunction<Lab, R, T> verb) {
    session.model(); // first: without one, nothing else is opened
    R asked = request.apply(accuracy(session));
    try (MagicProgress progress = context.progress()) {
      T edit = verb.apply(session.lab(progress), asked);
      if (preview) {
        edit.preview().close();
      } else {
        edit.apply();
      }
      return edit;
    }
  }

  private Accuracy accuracy(EngramSession session) {
    if (NONE.equals(name) && sample != null) {
      throw new EngramException(
          "--evaluate none measures nothing, so --sample has nothing to take; leave one of them out.");
    }
    Accuracy where =
        name == null
            ? Accuracy.onOpenImages()
            : name.equals(NONE)
                ? Accuracy.none()
                : Accuracy.on(ImageNames.dataset(name, session::images));
    return where.sample(sample);
  }
}
