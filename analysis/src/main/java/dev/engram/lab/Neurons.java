package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.Found;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Map;

/**
 * The neurons that a search found, best first.
 *
 * @param title what was searched for
 * @param by what they are ranked by
 * @param found the neurons
 * @param ownEntities whether each counts by an entity of its own
 * @param words what they say
 * @param note what the reader should know besides; "" for nothing
 * @param provenance where the numbers come from
 */
public record Neurons(
    String title,
    By by,
    List<Found> found,
    boolean ownEntities,
    Map<Neuron, Interpretation> words,
    String note,
    Provenance provenance) {
  /** Keeps copies. */
  public Neurons {
    found = List.copyOf(found);
    words = Map.copyOf(words);
  }

  /** The neurons by name, as requests take them. */
  public List<String> names() {
    return found.stream().map(f -> f.neuron().toString()).toList();
  }

  /**
   * What a neuron is ranked by.
   *
   * @param neuron one that was found
   */
  public double score(Found neuron) {
    return switch (by) {
      case IMPROVEMENT -> neuron.improvement();
      case COEFFICIENT -> neuron.coefficient();
      case COSINE -> neuron.cosine();
      case PRODUCT -> neuron.improvement() * neuron.cosine();
    };
  }

  @Override
  public String toString() {
    return title + ": " + String.join(", ", names());
  }
}
