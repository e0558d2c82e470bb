package dev.engram.edit;

import dev.engram.attribution.Improvement;
import dev.engram.attribution.Reading;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.model.VisionTower;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How neurons answer when another is removed (A.6): the change of their alignment improvement in
 * the network without it, and, for Figure 7, whether its value vector points against their query
 * vectors.
 */
public final class SuppressionAnalyzer implements AutoCloseable {
  private final Clip clip;
  private final VisionTower tower;
  private final NeuronSpace space;
  private final Improvement improvement;

  /**
   * @param clip the model; must outlive this
   */
  public SuppressionAnalyzer(Clip clip) {
    this.clip = clip;
    this.tower = clip.vision();
    this.space = clip.config().vision().space();
    this.improvement = new Improvement(clip);
  }

  /**
   * What the removal changes.
   *
   * @param full Imp in the network without the neuron minus Imp in the whole one (images, neurons)
   * @param fixedBase the same with the residual stream of the whole network, only the coefficients
   *     of the other (Eq. 21)
   */
  public record Change(float[][] full, float[][] fixedBase) {}

  /**
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param text M_text of the label (D)
   * @param removed set to 0 at all tokens
   */
  public Change change(List<float[]> pixels, float[] text, Neuron removed) {
    List<Intervention> zero = Intervention.zero(List.of(removed), space.headWidth(), Tokens.ALL);
    float[][] full = new float[pixels.size()][];
    float[][] fixed = new float[pixels.size()][];
    clip.batches()
        .each(
            pixels.size(),
            Traces.USUAL,
            2 * clip.traces(pixels, TraceRequest.classToken()).bytesPerImage(),
            (from, to) -> {
              Change change = change(pixels.subList(from, to), text, zero);
              System.arraycopy(change.full, 0, full, from, to - from);
              System.arraycopy(change.fixedBase, 0, fixed, from, to - from);
            });
    return new Change(full, fixed);
  }

  private Change change(List<float[]> pixels, float[] text, List<Intervention> zero) {
    try (Trace whole = clip.trace(pixels, TraceRequest.classToken(), List.of());
        Trace without = clip.trace(pixels, TraceRequest.classToken(), zero)) {
      float[][] before = improvement.scores(whole, text, Reading.LITERAL);
      float[][] full = improvement.scores(without, text, Reading.LITERAL);
      float[][] fixed = improvement.scores(whole, without, text, Reading.LITERAL);
      for (int b = 0; b < before.length; b++) {
        for (int i = 0; i < before[b].length; i++) {
          full[b][i] -= before[b][i];
          fixed[b][i] -= before[b][i];
        }
      }
      return new Change(full, fixed);
    }
  }

  /**
   * Figure 7: whether a removed FFN neuron's value vector points against the query vectors of MSA
   * neurons after it.
   *
   * @param removed whose value vector
   * @param others MSA neurons
   * @param signs −1 for those to be turned around (A.2), else +1
   * @param folded whether γ of LN_a belongs to the query vector
   * @return sign · cos(W_v[c], w)
   */
  public double[] cosines(Neuron removed, List<Neuron> others, int[] signs, boolean folded) {
    float[] value = tower.valueVector(removed);
    double[] out = new double[others.size()];
    Map<String, float[]> gammas = new HashMap<>();
    for (int i = 0; i < out.length; i++) {
      Neuron n = others.get(i);
      float[] gamma =
          gammas.computeIfAbsent(
              n.layer() + n.block().name(),
              key -> tower.inputNormWeight(n.block(), n.layer()).toFloatArray());
      float[] q = tower.queryVector(n);
      double qw = 0;
      double qq = 0;
      double ww = 0;
      for (int j = 0; j < q.length; j++) {
        double qj = folded ? (double) q[j] * gamma[j] : q[j];
        qw += qj * value[j];
        qq += qj * qj;
        ww += (double) value[j] * value[j];
      }
      out[i] = signs[i] * qw / Math.sqrt(qq * ww);
    }
    return out;
  }

  @Override
  public void close() {
    improvement.close();
  }
}
