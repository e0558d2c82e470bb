package dev.engram.edit;

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
import java.util.Collection;
import java.util.List;

/**
 * The two ways of A.6 to silence neurons. Residual suppression takes their direct part out of the
 * last residual stream and leaves every later layer as it was; complete removal sets their
 * coefficients to 0, so that later layers answer.
 */
public final class Suppression {
  private final Clip clip;

  /**
   * @param clip the model; must outlive this
   */
  public Suppression(Clip clip) {
    this.clip = clip;
  }

  /**
   * P LN_post(h[L][0] − Σ m w), each image with its own m, the statistics recomputed. What the
   * model suppresses already is not taken out twice.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return embeddings, not normalised (B, D)
   */
  public float[][] residual(List<float[]> pixels, Collection<Neuron> neurons) {
    float[][] out = new float[pixels.size()][];
    clip.traces(pixels, TraceRequest.classToken())
        .each(b -> System.arraycopy(residual(b.trace(), neurons), 0, out, b.from(), b.size()));
    return out;
  }

  /**
   * The same for images that have been traced already: it needs no other forward pass.
   *
   * @param trace made with {@link TraceRequest#classToken()} or more
   * @return embeddings, not normalised (B, D)
   */
  public float[][] residual(Trace trace, Collection<Neuron> neurons) {
    VisionTower tower = clip.vision();
    int layers = tower.config().layers();
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray h = trace.get(Site.H, layers).duplicate(); // (B, d)
      h.attach(scope);
      for (Neuron n : neurons) {
        if (tower.suppressed().contains(n)) {
          continue;
        }
        int column = n.column(tower.config().headWidth());
        NDArray m =
            trace
                .get(Site.coefficients(n.block()), n.layer())
                .get(":, " + column + ":" + (column + 1));
        float[] w = tower.valueVector(n);
        m.attach(scope);
        h = h.sub(m.matMul(scope.create(w, new Shape(1, w.length))));
      }
      return Trace.rows(tower.project(h));
    }
  }

  /**
   * The forward pass with the neurons' coefficients set to 0, at all tokens ("complete removal") or
   * at the class token.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @return embeddings, not normalised (B, D)
   */
  public float[][] complete(List<float[]> pixels, Collection<Neuron> neurons, Tokens tokens) {
    if (tokens == Tokens.CLASS) {
      clip.vision().requireClassToken("removal at the class token");
    }
    int headWidth = clip.config().vision().headWidth();
    float[][] out = new float[pixels.size()][];
    clip.traces(pixels, TraceRequest.none())
        .intervening(Intervention.zero(neurons, headWidth, tokens))
        .each(b -> System.arraycopy(b.trace().embeddings(), 0, out, b.from(), b.size()));
    return out;
  }
}
