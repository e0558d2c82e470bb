package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.atlas.AtlasNeurons;
import dev.engram.atlas.AtlasNeurons.Sort;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 * @param atlas what an atlas has of every neuron; null without one
 * @param sort what they are ranked by in the place of {@code by}; null for that
 */
public record Neurons(
    String title,
    By by,
    List<FoundNeuron> found,
    boolean ownEntities,
    Map<Neuron, Interpretation> words,
    String note,
    Provenance provenance,
    @Nullable AtlasNeurons atlas,
    @Nullable Sort sort) {
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
  public double score(FoundNeuron neuron) {
    if (atlas != null && sort != null) {
      return atlas.values(sort)[atlas.space().index(neuron.neuron())];
    }
    return switch (by) {
      case IMPROVEMENT -> neuron.improvement();
      case COEFFICIENT -> neuron.coefficient();
      case COSINE -> neuron.cosine();
      case PRODUCT -> neuron.improvement() * neuron.cosine();
    };
  }

  /** The name of what they are ranked by. */
  public String scoreName() {
    return sort != null ? sort.toString() : by.toString();
  }

  @Override
  public String toString() {
    return title + ": " + String.join(", ", names());
  }
}
