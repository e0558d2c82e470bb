package dev.engram.lab;

import dev.engram.dissect.ActivationPatching.Place;
import org.jspecify.annotations.Nullable;

/**
 * Asks what single activations of another image carry: each is put into a pass of an image in turn,
 * and the cosine with a text is measured.
 *
 * @param target the image; of several the first is taken
 * @param source the image that the activations come from; of several the first is taken
 * @param label the text; null for the source's own
 * @param place what is replaced
 */
public record PatchActivations(Target target, Target source, @Nullable String label, Place place) {
  /**
   * By position, towards the source's own text.
   *
   * @param image name of an image, an entity or a file
   * @param source name of the one that the activations come from
   */
  public static PatchActivations of(String image, String source) {
    return new PatchActivations(Target.of(image), Target.of(source), null, Place.POSITION);
  }

  /**
   * @param text null for the source's own
   */
  public PatchActivations label(@Nullable String text) {
    return new PatchActivations(target, source, text, place);
  }

  /**
   * @param what is replaced
   */
  public PatchActivations by(Place what) {
    return new PatchActivations(target, source, label, what);
  }
}
