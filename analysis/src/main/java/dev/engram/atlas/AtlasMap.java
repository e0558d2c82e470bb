package dev.engram.atlas;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import java.util.List;
import java.util.Locale;

/**
 * All neurons of an atlas as points, with what the atlas has of each.
 *
 * @param map where they are
 * @param neurons their numbers
 * @param says the words of each, by its position; "" for none
 * @param colour what their colours are
 * @param provenance where the numbers come from
 */
public record AtlasMap(
    NeuronMap map, AtlasNeurons neurons, List<String> says, Colour colour, Provenance provenance)
    implements AtlasAnswer {
  /** What the colour of a neuron tells. */
  public enum Colour {
    /** Its layer. */
    LAYER,
    /** On which share of the images it speaks. */
    DENSITY,
    /** The class that it improves most. */
    CLASS,
    /** FFN or MSA. */
    KIND;

    /** The name as it is typed. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Keeps a copy. */
  public AtlasMap {
    says = List.copyOf(says);
  }

  /**
   * Computes the map of an atlas.
   *
   * @param clip the model of the atlas
   * @throws dev.engram.EngramException if it is another one, or the atlas is damaged
   */
  public static AtlasMap of(Atlas atlas, Clip clip, Colour colour, Progress progress) {
    atlas.requireOf(clip);
    AtlasTable said =
        atlas.sql("SELECT array_to_string(words, ', ') FROM neurons ORDER BY position");
    return new AtlasMap(
        NeuronMap.of(clip, progress),
        atlas.neurons(),
        said.columns().get(0).values().stream().map(v -> v == null ? "" : v.toString()).toList(),
        colour,
        atlas.provenance());
  }
}
