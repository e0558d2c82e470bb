package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The residual stream of images after the blocks of some neurons, and what each of these neurons
 * has added to it. Complete removal of one (A.6, m = 0 at all tokens) takes m w out of that stream,
 * so that nothing up to its block is computed again.
 */
final class BlockOutputs implements AutoCloseable {
  private final VisionTower tower;
  private final NDManager scope;
  private final Map<Neuron, NDArray> coefficients = new HashMap<>(); // (B, T, 1)
  private final Trace trace;

  /**
   * Passes images once.
   *
   * @param clip a model that suppresses no neurons; must outlive this
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param neurons those that can be removed
   */
  BlockOutputs(Clip clip, List<float[]> pixels, List<Neuron> neurons) {
    tower = clip.vision();
    TraceRequest streams =
        TraceRequest.none()
            .layers(
                neurons.stream().mapToInt(Neuron::layer).min().orElse(0),
                neurons.stream().mapToInt(n -> n.layer() + 1).max().orElse(0));
    for (Neuron n : neurons) {
      streams = streams.with(after(n), Tokens.ALL);
    }
    scope = clip.manager().newSubManager();
    try {
      trace = clip.trace(pixels, streams, readers(neurons));
    } catch (Throwable t) {
      scope.close();
      throw t;
    }
  }

  /** Where the residual stream after the neuron's block is kept; for H, in the next layer. */
  private static Site after(Neuron n) {
    return n.block() == Neuron.Block.FFN ? Site.H : Site.MID;
  }

  /** Keep the neurons' own columns: all of m_F at all tokens would be 400 MB a batch and layer. */
  private List<Intervention> readers(List<Neuron> neurons) {
    List<Intervention> readers = new ArrayList<>();
    for (Neuron n : neurons.stream().distinct().toList()) {
      int column = n.column(tower.config().headWidth());
      readers.add(
          new Intervention(
              Site.coefficients(n.block()),
              n.layer(),
              n + " read",
              m -> {
                NDArray own = m.get(":, :, " + column + ":" + (column + 1)).duplicate();
                own.attach(scope);
                coefficients.put(n, own);
                return m;
              }));
    }
    return readers;
  }

  /**
   * The embeddings of the images as if the neuron's coefficients were 0 at all tokens.
   *
   * @param neuron one of those that can be removed
   * @return not normalised (B, D)
   */
  float[][] without(Neuron neuron) {
    boolean ffn = neuron.block() == Neuron.Block.FFN;
    int layer = neuron.layer() + (ffn ? 1 : 0);
    float[] w = tower.valueVector(neuron);
    try (NDManager own = scope.newSubManager()) {
      NDArray m = Objects.requireNonNull(coefficients.get(neuron)).duplicate();
      m.attach(own);
      NDArray stream = trace.get(after(neuron), layer).duplicate();
      stream.attach(own);
      NDArray rest = stream.sub(m.matMul(own.create(w, new Shape(1, w.length))));
      try (Trace pass =
          ffn
              ? tower.resume(rest, layer, TraceRequest.none())
              : tower.resumeFfn(rest, layer, TraceRequest.none())) {
        return pass.embeddings();
      }
    }
  }

  @Override
  public void close() {
    trace.close();
    scope.close();
  }
}
