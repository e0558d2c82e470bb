package dev.engram.dissect;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.edit.Suppression;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Measures how far images fall from a text without a neuron, for one neuron after another. The
 * images pass twice, for what residual suppression and complete removal begin with; for each neuron
 * only what comes after its block is computed again, unless the model suppresses neurons itself.
 */
public final class Falls {
  private final Clip clip;
  private final Suppression suppression;

  /**
   * @param clip the model; must outlive this
   */
  public Falls(Clip clip) {
    this.clip = clip;
    this.suppression = new Suppression(clip);
  }

  /**
   * Takes out each neuron by itself.
   *
   * @param pixels images as the processor makes them, each (3, S, S); at least one
   * @param text M_text of the label (D)
   * @return one for each neuron, means over the images
   */
  public List<Fall> of(
      List<float[]> pixels, float[] text, List<Neuron> neurons, Progress progress) {
    double[] sums = new double[1 + 2 * neurons.size()]; // before; then residual, complete of each
    clip.traces(pixels, TraceRequest.classToken())
        .telling("suppressing neurons", progress)
        .each(
            batch -> sums(batch, text, neurons),
            (from, part) -> Arrays.setAll(sums, i -> sums[i] + part[i]));
    int n = pixels.size();
    return IntStream.range(0, neurons.size())
        .mapToObj(i -> new Fall(sums[0] / n, sums[1 + 2 * i] / n, sums[2 + 2 * i] / n))
        .toList();
  }

  private double[] sums(Traces.Batch batch, float[] text, List<Neuron> neurons) {
    double[] sums = new double[1 + 2 * neurons.size()];
    sums[0] = sum(batch.trace().embeddings(), text);
    fill(sums, 1, neurons, text, one -> suppression.residual(batch.trace(), one));
    if (!clip.vision().isResumable()) {
      fill(sums, 2, neurons, text, one -> suppression.complete(batch.pixels(), one, Tokens.ALL));
      return sums;
    }
    try (BlockOutputs before = new BlockOutputs(clip, batch.pixels(), neurons)) {
      fill(sums, 2, neurons, text, one -> before.without(one.get(0)));
    }
    return sums;
  }

  private static void fill(
      double[] sums,
      int first,
      List<Neuron> neurons,
      float[] text,
      Function<List<Neuron>, float[][]> without) {
    for (int i = 0; i < neurons.size(); i++) {
      Progress.checkInterrupt();
      sums[first + 2 * i] = sum(without.apply(List.of(neurons.get(i))), text);
    }
  }

  private static double sum(float[][] embeddings, float[] text) {
    return Arrays.stream(embeddings).mapToDouble(z -> Cosine.of(z, text)).sum();
  }
}
