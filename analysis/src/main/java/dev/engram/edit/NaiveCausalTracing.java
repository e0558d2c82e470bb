package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import dev.engram.model.Clip;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;

/**
 * Causal tracing as A.7 describes it: a whole forward pass for every block. The reference of {@link
 * CausalTracing}, and its way where a pass cannot begin in the middle.
 */
final class NaiveCausalTracing {
  private final Clip clip;

  NaiveCausalTracing(Clip clip) {
    this.clip = clip;
  }

  /**
   * @param pixels (B, 3, S, S)
   * @param guide holds the outputs of the guides' blocks
   * @return the pass with one output replaced; the caller closes it
   */
  Trace pass(NDArray pixels, Trace guide, Neuron.Block block, int layer, Tokens tokens) {
    NDArray output = guide.get(Site.output(block), layer);
    return clip.vision()
        .forward(
            pixels,
            TraceRequest.none(),
            List.of(Intervention.replaceOutput(block, layer, output, tokens)));
  }
}
