package dev.engram.attribution;

import java.util.Arrays;
import java.util.List;

/** What brings images closest to a text: neurons, or features of a sparse autoencoder. */
public sealed interface Attributed permits Attribution, FeatureAttribution {
  /** What was attributed, as people call it. */
  String title();

  /** The text. */
  String label();

  /** Names of the images. */
  List<String> images();

  /** What the score is. */
  Score by();

  /** The cosine cos(z, t) of each image. */
  double[] cosines();

  /** Mean cosine of the images with the text. */
  default double cosine() {
    return Arrays.stream(cosines()).average().orElse(Double.NaN);
  }
}
