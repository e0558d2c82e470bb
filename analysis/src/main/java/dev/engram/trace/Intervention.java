package dev.engram.trace;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * A change to the forward pass at one site of one layer: neurons set to 0, a block's output
 * replaced. Interventions compose in the order of their list, belong to one forward pass and leave
 * the weights alone; one that never meets its site is an error.
 *
 * @param site where it acts
 * @param layer in which layer, from 0
 * @param description for messages and provenance
 * @param change takes the value at the site and returns another of the same shape
 */
public record Intervention(Site site, int layer, String description, Change change) {
  /** What is done with the value at a site. */
  @FunctionalInterface
  public interface Change {
    /**
     * @param value the value at the site; its first operand decides who owns what is computed from
     *     it
     * @return the value to go on with
     */
    NDArray apply(NDArray value);
  }

  /**
   * Sets the coefficients of neurons to 0, as if their value vectors were 0 ("complete removal" at
   * all tokens).
   *
   * @param headWidth channels per head
   * @return one intervention for each block that has such neurons
   */
  public static List<Intervention> zero(Collection<Neuron> neurons, int headWidth, Tokens tokens) {
    TreeMap<Integer, List<Neuron>> blocks = new TreeMap<>();
    for (Neuron n : neurons) {
      blocks
          .computeIfAbsent(2 * n.layer() + n.block().ordinal(), k -> new java.util.ArrayList<>())
          .add(n);
    }
    return blocks.values().stream().map(ns -> zeroInOneBlock(ns, headWidth, tokens)).toList();
  }

  private static Intervention zeroInOneBlock(List<Neuron> neurons, int headWidth, Tokens tokens) {
    Neuron first = neurons.get(0);
    return new Intervention(
        Site.coefficients(first.block()),
        first.layer(),
        neurons + " set to 0",
        value ->
            at(
                value,
                tokens,
                part -> {
                  float[] mask = new float[(int) value.getShape().get(2)];
                  java.util.Arrays.fill(mask, 1);
                  neurons.forEach(n -> mask[n.column(headWidth)] = 0);
                  return part.mul(part.getManager().create(mask));
                }));
  }

  /**
   * Replaces the output of a block, bias included.
   *
   * @param output (B, T, d) for all tokens, (B, d) for the class token; must outlive the forward
   *     pass
   */
  public static Intervention replaceOutput(
      Neuron.Block block, int layer, NDArray output, Tokens tokens) {
    return new Intervention(
        Site.output(block),
        layer,
        "output of " + block + " " + layer + " replaced",
        value ->
            at(
                value,
                tokens,
                part -> {
                  Shape shape = part.getShape();
                  // a copy in the pass's scope: views of it would stay with the output's manager
                  NDArray with = output.duplicate();
                  with.attach(part.getManager());
                  with = with.getShape().dimension() == 2 ? with.expandDims(1) : with;
                  // the last layer may be computed for the class token alone
                  return with.get(":, 0:" + shape.get(1));
                }));
  }

  /**
   * Adds to the class token's coefficients; with a zero array that asks for a gradient this
   * measures d(output)/d(m).
   *
   * @param delta (B, n)
   */
  public static Intervention addToCoefficients(Neuron.Block block, int layer, NDArray delta) {
    return new Intervention(
        Site.coefficients(block),
        layer,
        "addition to the coefficients of " + block + " " + layer,
        value -> at(value, Tokens.CLASS, part -> part.add(delta.expandDims(1))));
  }

  /** Applies a change to all tokens, or to the class token with the others left as they are. */
  private static NDArray at(NDArray value, Tokens tokens, Change change) {
    if (tokens == Tokens.ALL || value.getShape().get(1) == 1) {
      return change.apply(value);
    }
    NDArray changed = change.apply(value.get(":, 0:1"));
    return changed.concat(value.get(":, 1:"), 1);
  }
}
