package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a concept grows on one image (A.5): from a neuron back to the query neurons that help it
 * most, from these to theirs, and so on. A neuron that several others read is one node.
 *
 * @param start where the graph was grown from
 * @param nodes every neuron once, the start first, with its coefficient m on the image
 * @param edges who helps whom, and by how much
 */
public record ConceptGraph(Neuron start, Map<Neuron, Double> nodes, List<Edge> edges) {
  /**
   * A second-order effect.
   *
   * @param from the query neuron
   * @param to the neuron that reads it
   * @param effect what it adds to the other's coefficient, times the sign of that
   */
  public record Edge(Neuron from, Neuron to, double effect) {}

  /** Keeps copies. */
  public ConceptGraph {
    nodes = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
    edges = List.copyOf(edges);
  }

  /**
   * @param pixels an image as the processor makes it (3, S, S)
   * @param depth how many steps back
   * @param branch how many query neurons of each neuron; 1 gives the path of the paper
   */
  public static ConceptGraph grow(
      QueryAnalyzer analyzer,
      float[] pixels,
      Neuron start,
      int depth,
      int branch,
      Progress progress) {
    Map<Neuron, Double> nodes = new LinkedHashMap<>();
    List<Edge> edges = new ArrayList<>();
    List<Neuron> level = List.of(start);
    Set<Neuron> seen = new HashSet<>(level);
    for (int step = 0; step <= depth && !level.isEmpty(); step++) {
      progress.step("following query neurons", step, depth + 1);
      List<Neuron> next = new ArrayList<>();
      for (Neuron target : level) {
        QueryEffects effects = analyzer.effects(List.of(pixels), target, Progress.NONE);
        nodes.put(target, effects.activations()[0]);
        if (step < depth) {
          for (QueryEffects.QueryNeuron q : effects.top(branch)) {
            if (q.effect() > 0) {
              edges.add(new Edge(q.neuron(), target, q.effect()));
              if (seen.add(q.neuron())) {
                next.add(q.neuron());
              }
            }
          }
        }
      }
      level = next;
    }
    progress.step("following query neurons", depth + 1L, depth + 1L);
    return new ConceptGraph(start, nodes, edges);
  }
}
