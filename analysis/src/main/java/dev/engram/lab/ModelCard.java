package dev.engram.lab;

import dev.engram.Sha256;
import dev.engram.edit.Edit;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import java.util.List;

/**
 * What the model is: in Java, {@link #clip} is the model that everything computes with.
 *
 * @param clip the loaded model with its edits; closed when another takes its place
 * @param hash SHA-256 of its weights, in hexadecimal
 * @param edits that it has taken
 */
public record ModelCard(Clip clip, String hash, List<Edit> edits) {
  /** Keeps a copy. */
  public ModelCard {
    edits = List.copyOf(edits);
  }

  /** The name of the model. */
  public String name() {
    return clip.name();
  }

  /** Sizes and settings. */
  public ClipConfig config() {
    return clip.config();
  }

  @Override
  public String toString() {
    return "%s (SHA-256 %s…)".formatted(name(), Sha256.brief(hash));
  }
}
