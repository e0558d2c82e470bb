package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;
import dev.engram.magic.result.Presenters;
import dev.engram.magic.view.View;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The atlas of a notebook, from which magics take what it knows if it is of the open model. */
final class OpenAtlas {
  private final Lab lab;
  private @Nullable Atlas atlas;

  OpenAtlas(Lab lab) {
    this.lab = lab;
  }

  /** Where atlases lie that were given no place. */
  static Path folder() {
    return Iconclip.cache().resolve("atlases");
  }

  /**
   * Takes the place of the one there is, which stays usable for whoever has it.
   *
   * @return the open atlas: the one that was open, if this is of the same files
   */
  Atlas use(Atlas fresh) {
    if (atlas != null && atlas != fresh && atlas.isSameAs(fresh)) {
      fresh.close(); // a cell that runs again opens no second database
      return atlas;
    }
    atlas = fresh;
    return fresh;
  }

  /**
   * The open atlas.
   *
   * @throws EngramException if none is open
   */
  Atlas required() {
    if (atlas == null) {
      throw new EngramException(
          "No atlas is open; %survey makes one of a data set, and %atlas DIR opens one.");
    }
    return atlas;
  }

  /**
   * The open atlas if it is of the open model; null if there is none. One whose files are gone is
   * closed, and the cell says so: what is asked needs no atlas.
   */
  @Nullable Atlas ofModel(MagicContext context) {
    if (atlas != null && !atlas.isThere()) {
      closed("its files are not there any more", context);
    }
    return atlas != null && atlas.isOf(lab.model()) ? atlas : null;
  }

  /** Shows above the answer what the open atlas has of neurons, if it is of the open model. */
  void show(List<Neuron> neurons, MagicContext context) {
    Atlas open = ofModel(context);
    if (open == null || neurons.isEmpty()) {
      return;
    }
    try {
      context.display(Presenters.ofAtlas(open, neurons));
    } catch (EngramException e) { // no reason to lose the answer
      closed(String.valueOf(e.getMessage()), context);
    }
  }

  private void closed(String why, MagicContext context) {
    Path folder = required().folder();
    atlas = null;
    context.display(
        View.text(
            "The atlas in %s is closed, and nothing is taken from it: %s"
                .formatted(folder, why.endsWith(".") ? why : why + ".")));
  }
}
