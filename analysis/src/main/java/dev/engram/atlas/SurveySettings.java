package dev.engram.atlas;

import dev.engram.EngramException;
import java.io.Serializable;
import org.jspecify.annotations.Nullable;

/**
 * What a survey keeps of a data set.
 *
 * @param images at most so many, evenly spread; null for all
 * @param top how many images of each kind a neuron keeps
 * @param classes how many classes with the largest mean improvement a neuron keeps
 * @param threshold the density is the share of images with |m| beyond it
 * @param patches whether the maximum of m over the patches is kept beside m at the class token
 */
public record SurveySettings(
    @Nullable Integer images, int top, int classes, double threshold, boolean patches)
    implements Serializable {
  private static final int MOST = 1000;

  /** Refuses what cannot be kept. */
  public SurveySettings {
    if (images != null && images < 1) {
      throw new EngramException("A survey needs at least 1 image, got " + images + ".");
    }
    if (top < 1 || top > MOST || classes < 1 || classes > MOST) {
      throw new EngramException(
          "A survey keeps 1 to %d images and classes of each neuron, got %d and %d."
              .formatted(MOST, top, classes));
    }
    if (!(threshold >= 0 && threshold < Double.POSITIVE_INFINITY)) {
      throw new EngramException(
          "The threshold of the density is a number from 0, got " + threshold + ".");
    }
  }

  /** All images; 20 images and 10 classes of each neuron; |m| beyond 0.5; the class token alone. */
  public static SurveySettings standard() {
    return new SurveySettings(null, 20, 10, 0.5, false);
  }

  /**
   * The same of fewer images.
   *
   * @param most evenly spread; null for all
   */
  public SurveySettings images(@Nullable Integer most) {
    return new SurveySettings(most, top, classes, threshold, patches);
  }

  /** The same with longer or shorter lists of images. */
  public SurveySettings top(int images) {
    return new SurveySettings(this.images, images, classes, threshold, patches);
  }

  /** The same with longer or shorter lists of classes. */
  public SurveySettings classes(int most) {
    return new SurveySettings(images, top, most, threshold, patches);
  }

  /** The same with another threshold of the density. */
  public SurveySettings threshold(double beyond) {
    return new SurveySettings(images, top, classes, beyond, patches);
  }

  /** The same with or without the maximum over the patches. */
  public SurveySettings patches(boolean kept) {
    return new SurveySettings(images, top, classes, threshold, kept);
  }
}
