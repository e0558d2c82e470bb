package dev.engram.lab;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The graphs of one neuron on one or several images: a photograph and a caption, or two styles.
 *
 * @param images one for each image
 */
public record Evolutions(List<Evolution> images) {
  /** Keeps a copy. */
  public Evolutions {
    images = List.copyOf(images);
  }

  /** The graph on the first image. */
  public Evolution first() {
    return images.get(0);
  }

  @Override
  public String toString() {
    return images.stream().map(Evolution::toString).collect(Collectors.joining("\n"));
  }
}
