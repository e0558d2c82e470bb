package dev.engram.trace;

import dev.engram.EngramException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A feature of a sparse autoencoder, written {@code L10S123}: the layer whose activations the
 * autoencoder reads, and the feature's index, both from 0. The notation is Engram's, not the
 * paper's; no neuron is written so.
 *
 * @param layer from 0
 * @param index the row of the decoder, from 0
 */
public record Feature(int layer, int index) implements Comparable<Feature> {
  private static final Pattern NAME =
      Pattern.compile("L(\\d{1,4})S(\\d{1,9})", Pattern.CASE_INSENSITIVE);

  /** Refuses negative indices. */
  public Feature {
    if (layer < 0 || index < 0) {
      throw new IllegalArgumentException(
          "indices of a feature count from 0, got layer %d, index %d".formatted(layer, index));
    }
  }

  /** Whether a text has the form of a feature's name. */
  public static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /**
   * Reads a name; upper and lower case are the same.
   *
   * @throws EngramException if it is not of the form {@code L10S123}
   */
  public static Feature parse(String name) {
    Matcher m = NAME.matcher(name);
    if (!m.matches()) {
      throw new EngramException(
          "A feature of a sparse autoencoder is written L10S123 (layer, index), both from 0; got '%s'."
              .formatted(name));
    }
    return new Feature(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
  }

  /** By layer, then by index. */
  @Override
  public int compareTo(Feature o) {
    int c = Integer.compare(layer, o.layer);
    return c != 0 ? c : Integer.compare(index, o.index);
  }

  @Override
  public String toString() {
    return "L" + layer + "S" + index;
  }
}
