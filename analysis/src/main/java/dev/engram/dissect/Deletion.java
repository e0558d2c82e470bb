package dev.engram.dissect;

import dev.engram.Cosine;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The deletion experiment of Table 2: masks the pixels that a map calls important, and measures
 * what is left of the neuron's coefficient and of the cosine with the label.
 */
public final class Deletion {
  private final Clip clip;

  /**
   * @param clip the model; must outlive this
   */
  public Deletion(Clip clip) {
    this.clip = clip;
  }

  /**
   * What is left.
   *
   * @param coefficients m at the class token, for each mask
   * @param before the same before σ; m itself for an MSA neuron, which has no σ
   * @param cosines cos(z, t), for each mask
   */
  public record Curve(double[] coefficients, double[] before, double[] cosines) {}

  /**
   * @param pixels an image as the processor makes it (3, S, S)
   * @param masks pixels to set to 0 in normalised space, (S²) each
   * @param text M_text of the label (D)
   */
  public Curve measure(float[] pixels, List<boolean[]> masks, Neuron neuron, float[] text) {
    List<float[]> masked = new ArrayList<>();
    for (boolean[] mask : masks) {
      float[] p = pixels.clone();
      for (int i = 0; i < p.length; i++) {
        if (mask[i % mask.length]) {
          p[i] = 0;
        }
      }
      masked.add(p);
    }
    Site site = Site.coefficients(neuron.block());
    Site siteBefore = neuron.block() == Neuron.Block.FFN ? Site.PRE : site;
    TraceRequest request =
        TraceRequest.none()
            .with(site, Tokens.CLASS)
            .with(siteBefore, Tokens.CLASS)
            .layers(neuron.layer(), neuron.layer());
    int n = masks.size();
    double[] coefficients = new double[n];
    double[] before = new double[n];
    double[] cosines = new double[n];
    int column = neuron.column(clip.config().vision().headWidth());
    clip.traces(masked, request)
        .each(
            batch -> {
              float[] m = batch.trace().get(site, neuron.layer()).toFloatArray();
              float[] b = batch.trace().get(siteBefore, neuron.layer()).toFloatArray();
              double[] c = Cosine.ofRows(batch.trace().embedding().toFloatArray(), text);
              for (int i = 0; i < batch.size(); i++) {
                int at = i * (m.length / batch.size()) + column;
                coefficients[batch.from() + i] = m[at];
                before[batch.from() + i] = b[at];
                cosines[batch.from() + i] = c[i];
              }
            });
    return new Curve(coefficients, before, cosines);
  }
}
