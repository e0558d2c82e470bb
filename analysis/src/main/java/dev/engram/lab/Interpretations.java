package dev.engram.lab;

import dev.engram.dissect.Interpretation;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What neurons say, each as a weighted sum of words (Sec. 3.3, A.2).
 *
 * @param neurons one for each that was asked for, in that order
 */
public record Interpretations(List<Interpretation> neurons) implements WordReadings {
  /** Keeps a copy. */
  public Interpretations {
    neurons = List.copyOf(neurons);
  }

  @Override
  public String toString() {
    return neurons.stream().map(Interpretation::toString).collect(Collectors.joining("\n"));
  }
}
