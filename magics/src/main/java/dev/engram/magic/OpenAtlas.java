package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Lab;
import dev.engram.magic.result.Presenters;
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

  /** Takes the place of the one there is, which stays usable for whoever has it. */
  void use(Atlas fresh) {
    atlas = fresh;
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

  /** The open atlas if it is of the open model; null if there is none. */
  @Nullable Atlas ofModel() {
    return atlas != null && atlas.isOf(lab.model()) ? atlas : null;
  }

  /** Shows above the answer what the open atlas has of neurons, if it is of the open model. */
  void show(List<Neuron> neurons, MagicContext context) {
    Atlas open = ofModel();
    if (open != null && !neurons.isEmpty()) {
      context.display(Presenters.ofAtlas(open, neurons));
    }
  }
}
