package dev.engram.dissect;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The second-order effects on a neuron (A.3): how much each earlier neuron adds to its coefficient,
 * for each image, and what no neuron adds. The effects and the rest sum to the coefficient.
 *
 * @param title of the images, as people call them
 * @param target the neuron whose coefficient is explained
 * @param space the order of the neurons in the arrays
 * @param effects E of Eq. 15, 16, 19, 20 (images, neurons); 0 for neurons that do not precede
 * @param coefficients what is explained: before σ for an FFN neuron (images)
 * @param activations m, after σ for an FFN neuron (images)
 * @param provenance where the numbers come from
 */
public record QueryEffects(
    String title,
    Neuron target,
    NeuronSpace space,
    float[][] effects,
    double[] coefficients,
    double[] activations,
    Provenance provenance) {

  /**
   * A query neuron.
   *
   * @param rank from 1
   * @param neuron its name
   * @param effect mean over the images, times the {@link QueryEffects#orientation()}
   */
  public record QueryNeuron(int rank, Neuron neuron, double effect) {}

  /**
   * @param name what people call the images
   * @return a copy under that title
   */
  public QueryEffects titled(String name) {
    return new QueryEffects(name, target, space, effects, coefficients, activations, provenance);
  }

  /** −1 if the mean coefficient m is negative, else +1: effects times this are help. */
  public int orientation() {
    return java.util.Arrays.stream(activations).average().orElse(0) < 0 ? -1 : 1;
  }

  /** Mean effect of a neuron, times the orientation. */
  public double effect(Neuron n) {
    return means()[space.index(n)];
  }

  /**
   * The part of each image's coefficient that no neuron brings: initial embedding, biases, layer
   * norm.
   */
  public double[] rest() {
    double[] rest = coefficients.clone();
    for (int b = 0; b < rest.length; b++) {
      for (float e : effects[b]) {
        rest[b] -= e;
      }
    }
    return rest;
  }

  /** The neurons that help most, descending. */
  public List<QueryNeuron> top(int count) {
    double[] means = means();
    List<Integer> order =
        IntStream.range(0, means.length)
            .boxed()
            .filter(i -> precedes(space.neuron(i), target))
            .sorted(Comparator.comparingDouble(i -> -means[i]))
            .limit(Math.max(0, count))
            .toList();
    return IntStream.range(0, order.size())
        .mapToObj(r -> new QueryNeuron(r + 1, space.neuron(order.get(r)), means[order.get(r)]))
        .toList();
  }

  /**
   * Whether what one neuron writes can be read by another: FFN neurons read the attention of their
   * own layer too.
   */
  public static boolean precedes(Neuron earlier, Neuron target) {
    return earlier.layer() < target.layer()
        || (earlier.layer() == target.layer()
            && earlier.block() == Neuron.Block.MSA
            && target.block() == Neuron.Block.FFN);
  }

  private double[] means() {
    double[] means = new double[space.count()];
    double sign = orientation();
    for (float[] image : effects) {
      for (int i = 0; i < means.length; i++) {
        means[i] += sign * image[i] / effects.length;
      }
    }
    return means;
  }

  @Override
  public String toString() {
    return "Query neurons of "
        + target
        + ": "
        + top(3).stream().map(q -> q.neuron().toString()).toList();
  }
}
