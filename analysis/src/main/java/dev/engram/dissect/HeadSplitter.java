package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.attribution.Contributions;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;

/**
 * Splits the embedding of an image into what each attention head writes to it, the FFN blocks, and
 * the rest: exactly, with the statistics of the last layer norm kept as they are ({@link
 * Contributions}).
 */
public final class HeadSplitter {
  private final Clip clip;
  private final int layers;

  /**
   * @param clip the model; must outlive this
   */
  public HeadSplitter(Clip clip) {
    this.clip = clip;
    this.layers = clip.config().vision().layers();
  }

  /**
   * The parts of one image's embedding z, which sum to it.
   *
   * @param heads of every head (L, H, D)
   * @param ffn of all FFN blocks, an attention pool's own among them (D)
   * @param rest the biases of all blocks, the initial embedding, and P β (D)
   * @param embedding z, not normalised (D)
   */
  public record Split(float[][][] heads, float[] ffn, float[] rest, float[] embedding) {}

  /**
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return one for each
   */
  public List<Split> split(List<float[]> pixels, Progress progress) {
    List<Split> out = new ArrayList<>();
    passes(pixels, progress)
        .each(
            batch -> {
              float[][] embeddings = batch.trace().embeddings();
              List<Split> part = new ArrayList<>();
              for (int i = 0; i < batch.size(); i++) {
                try (Contributions c = new Contributions(clip, batch.trace(), i)) {
                  part.add(split(c, embeddings[i]));
                }
              }
              return part;
            },
            (from, part) -> out.addAll(part));
    return out;
  }

  /**
   * What heads write for many images, without the rest.
   *
   * @param of the layers whose heads are asked for
   * @return for each image (layers, H, D)
   */
  public List<float[][][]> outputs(List<float[]> pixels, List<Integer> of, Progress progress) {
    List<float[][][]> out = new ArrayList<>();
    passes(pixels, progress)
        .each(
            batch -> {
              List<float[][][]> part = new ArrayList<>();
              for (int i = 0; i < batch.size(); i++) {
                try (Contributions c = new Contributions(clip, batch.trace(), i)) {
                  part.add(of.stream().map(c::heads).toArray(float[][][]::new));
                }
              }
              return part;
            },
            (from, part) -> out.addAll(part));
    return out;
  }

  private Traces passes(List<float[]> pixels, Progress progress) {
    return clip.traces(pixels, Contributions.request(clip)).telling("splitting images", progress);
  }

  private Split split(Contributions c, float[] embedding) {
    float[][][] heads = new float[layers][][];
    float[] ffn = new float[embedding.length];
    float[] rest = c.beta().clone();
    add(rest, c.initial());
    for (int l = 0; l < layers; l++) {
      heads[l] = c.heads(l);
      add(ffn, c.ffn(l));
      for (Neuron.Block block : Neuron.Block.values()) {
        add(rest, c.bias(block, l));
      }
    }
    for (float[] neuron : c.head()) {
      add(ffn, neuron);
    }
    return new Split(heads, ffn, rest, embedding);
  }

  private static void add(float[] sum, float[] part) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += part[i];
    }
  }
}
