package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.ConceptGraph;
import dev.engram.dissect.Interpretation;
import dev.engram.trace.Neuron;
import java.util.Map;
import java.util.Set;

/**
 * How a concept grows on one image (A.5).
 *
 * @param title the image
 * @param graph neurons and effects
 * @param words what each neuron says
 * @param heatmaps where each neuron looks in the image
 * @param shared neurons that the graph of another image holds too
 * @param provenance where the numbers come from
 */
public record Evolution(
    String title,
    ConceptGraph graph,
    Map<Neuron, Interpretation> words,
    Map<Neuron, ImageHeatmap> heatmaps,
    Set<Neuron> shared,
    Provenance provenance) {
  /** Keeps copies. */
  public Evolution {
    words = Map.copyOf(words);
    heatmaps = Map.copyOf(heatmaps);
    shared = Set.copyOf(shared);
  }

  @Override
  public String toString() {
    return "How %s is driven on %s: %d neurons"
        .formatted(graph.start(), title, graph.nodes().size());
  }
}
