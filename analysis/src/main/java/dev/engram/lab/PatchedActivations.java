package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.ActivationPatching.Place;

/**
 * What single activations of another image carry.
 *
 * @param picture the image
 * @param source title of the image that the activations come from
 * @param label the text
 * @param place what is replaced
 * @param side patches in a row
 * @param classToken whether position 0 is a class token
 * @param before cosine of the image with the text
 * @param goal cosine of the source with the text
 * @param cosines after each replacement: (L, T) by position, (L, H) by head
 * @param provenance where the numbers come from
 */
public record PatchedActivations(
    Picture picture,
    String source,
    String label,
    Place place,
    int side,
    boolean classToken,
    double before,
    double goal,
    double[][] cosines,
    Provenance provenance) {
  /**
   * By how much the cosine rises when one activation is replaced.
   *
   * @param layer from 0
   * @param index of the position or head, from 0
   */
  public double rise(int layer, int index) {
    return cosines[layer][index] - before;
  }

  /**
   * The rise in parts of the way from the image to the source: 0 for none, 1 for all of it.
   *
   * @param layer from 0
   * @param index of the position or head, from 0
   * @return NaN where image and source have the same cosine
   */
  public double recovered(int layer, int index) {
    return goal == before ? Double.NaN : rise(layer, index) / (goal - before);
  }

  /**
   * What a position or head is called.
   *
   * @param index from 0
   */
  public String name(int index) {
    if (place == Place.HEAD) {
      return "head " + index;
    }
    int patch = classToken ? index - 1 : index;
    return patch < 0 ? "class token" : "patch %d,%d".formatted(patch / side, patch % side);
  }
}
