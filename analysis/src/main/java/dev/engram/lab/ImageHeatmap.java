package dev.engram.lab;

import dev.engram.dissect.Heatmap;

/**
 * Where one image drives a neuron, with the image as the model sees it.
 *
 * @param picture the image, titled as a user would name it
 * @param heatmap the share of each patch in the neuron's coefficient
 */
public record ImageHeatmap(Picture picture, Heatmap heatmap) {
  /** The same for the neuron turned around (A.2). */
  public ImageHeatmap turned() {
    return new ImageHeatmap(
        new Picture(picture.title() + ", turned around (A.2)", picture.image()), heatmap.turned());
  }
}
