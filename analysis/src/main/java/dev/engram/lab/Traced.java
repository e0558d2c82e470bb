package dev.engram.lab;

import dev.engram.edit.CausalTrace;
import dev.engram.model.Weight;
import java.util.List;

/**
 * What causal tracing found of images (A.7).
 *
 * @param title of the images
 * @param trace how much each block brings them closer to the text
 * @param guides some of the guides, as the model sees them
 */
public record Traced(String title, CausalTrace trace, List<Picture> guides) {
  /** Keeps a copy. */
  public Traced {
    guides = List.copyOf(guides);
  }

  /** W_fc2 or W_o of the block with the largest mean rise: where an insertion edits. */
  public Weight best() {
    return trace.best();
  }
}
