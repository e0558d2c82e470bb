package dev.engram.experiment;

import dev.engram.data.LabelledImage;
import dev.engram.edit.Association;
import java.util.List;

/**
 * A name that can be taught, and the images that tell whether it was learnt. Lists of pixels are
 * read when they are asked for.
 *
 * @param title as people write it
 * @param label the text by which it is recognised
 * @param prompt the text to which training draws its images (Eq. 24)
 * @param files all images from which the following are made
 * @param images what teaches it, as the model sees it, each (3, S, S)
 * @param guides one for each of them
 * @param variations more of both, made from the pictures that teach
 * @param measured images on which accuracy is measured: those that never teach, then the others
 * @param measuredFiles the same as files
 * @param heldOut how many of them never teach
 */
record Lesson(
    String title,
    String label,
    String prompt,
    List<LabelledImage> files,
    List<float[]> images,
    List<float[]> guides,
    Variations variations,
    List<float[]> measured,
    List<LabelledImage> measuredFiles,
    int heldOut) {
  /** Whether something can be taught, and something be measured afterwards. */
  boolean isTeachable() {
    return !images.isEmpty() && heldOut > 0;
  }

  /**
   * The first images and their guides.
   *
   * @param first how many
   * @param varied how many variations of these besides
   */
  Association association(int first, int varied, String source) {
    return new Association(
        title,
        source,
        Lessons.joined(List.of(images.subList(0, first), variations.images(first, varied))),
        Lessons.joined(List.of(guides.subList(0, first), variations.guides(first, varied))));
  }

  /** All of them. */
  Association association(String source) {
    return association(images.size(), 0, source);
  }
}
