package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Residual suppression that stands in every pass of a tower (A.7): the neurons' direct part, Σ m w
 * at the class token, is taken out of the last residual stream, while later layers still read it.
 *
 * @param neurons which, each once, in the order of the forward pass
 */
record ResidualSuppression(List<Neuron> neurons) {
  /** Of no neuron. */
  static final ResidualSuppression NONE = new ResidualSuppression(List.of());

  static ResidualSuppression of(Collection<Neuron> neurons) {
    return neurons.isEmpty() ? NONE : new ResidualSuppression(List.copyOf(new TreeSet<>(neurons)));
  }

  /**
   * @param others interventions of the pass's caller: what they change is what is suppressed
   * @param scope lives as long as the pass
   * @return all interventions of one pass
   */
  List<Intervention> after(List<Intervention> others, VisionTower tower, NDManager scope) {
    if (neurons.isEmpty()) {
      return others;
    }
    List<Intervention> all = new ArrayList<>(others);
    List<NDArray> parts = new ArrayList<>(); // one of each block, (B, 1, d)
    TreeMap<Neuron, List<Neuron>> blocks = new TreeMap<>();
    for (Neuron n : neurons) {
      Neuron first = Neuron.ofColumn(n.block(), n.layer(), 0, 1);
      blocks.computeIfAbsent(first, k -> new ArrayList<>()).add(n);
    }
    blocks.forEach((first, ns) -> all.add(reader(first, ns, tower, scope, parts)));
    all.add(
        new Intervention(
            Site.H,
            tower.config().layers(),
            neurons + " suppressed",
            value -> {
              NDArray changed = value.get(":, 0:1");
              for (NDArray part : parts) {
                changed = changed.sub(part);
              }
              return value.getShape().get(1) == 1 ? changed : changed.concat(value.get(":, 1:"), 1);
            }));
    return all;
  }

  /** Reads m of one block's neurons and leaves it as it is. */
  private static Intervention reader(
      Neuron first, List<Neuron> neurons, VisionTower tower, NDManager scope, List<NDArray> parts) {
    return new Intervention(
        Site.coefficients(first.block()),
        first.layer(),
        neurons + " read",
        value -> {
          float[] mask = new float[(int) value.getShape().get(2)];
          neurons.forEach(n -> mask[n.column(tower.config().headWidth())] = 1);
          NDArray valuesT = tower.values(first.block(), first.layer(), scope).transpose();
          valuesT.attach(scope);
          NDArray part = value.get(":, 0:1").mul(scope.create(mask)).matMul(valuesT); // Σ m w
          part.attach(scope);
          parts.add(part);
          return value;
        });
  }
}
