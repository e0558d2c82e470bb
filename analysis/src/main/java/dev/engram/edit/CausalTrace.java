package dev.engram.edit;

import dev.engram.Provenance;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What causal tracing found (A.7): how much the cosine with the text rises when the output of one
 * block is replaced by that of the guide.
 *
 * @param label the text
 * @param tokens at which the outputs were replaced
 * @param original the cosine of each image with the text (images)
 * @param guided the cosine of each guide (images)
 * @param increase how much each cosine rises (images, layers, 2): column 0 MSA, 1 FFN
 * @param provenance model, images, settings
 */
public record CausalTrace(
    String label,
    Tokens tokens,
    double[] original,
    double[] guided,
    double[][][] increase,
    Provenance provenance) {

  /** How many layers were traced, L. */
  public int layers() {
    return increase[0].length;
  }

  /** How much the cosine of one image rises. */
  public double increase(int image, Neuron.Block block, int layer) {
    return increase[image][layer][block.ordinal()];
  }

  /** The mean rise over the images. */
  public double mean(Neuron.Block block, int layer) {
    return IntStream.range(0, increase.length)
        .mapToDouble(i -> increase(i, block, layer))
        .average()
        .orElseThrow();
  }

  /**
   * The weights whose blocks can be edited, the block of the largest mean rise first; equal ones in
   * the order of the forward pass.
   */
  public List<Weight> ranking() {
    return IntStream.range(0, layers())
        .boxed()
        .flatMap(l -> Stream.of(Neuron.Block.values()).map(b -> Weight.values(b, l)))
        .sorted(Comparator.comparing(w -> -mean(w.block(), w.layer())))
        .toList();
  }

  /** W_fc2 or W_o of the block with the largest mean rise: where A.7 edits. */
  public Weight best() {
    return ranking().get(0);
  }
}
