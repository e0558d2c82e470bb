package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;

/**
 * The embedding of an image as an exact sum (the additive form of Eq. 8 and 9): one vector for each
 * neuron, the biases, the initial embedding and P β. C(v) = P(γ (v − mean v))/s with the statistics
 * s of the last residual stream, so the parts sum to z = M_image.
 */
public final class Contributions implements AutoCloseable {
  private final VisionTower tower;
  private final NDManager manager;
  private final Trace trace;
  private final int image;
  private final int width;
  private final NDArray toSpace; // v ↦ C(v) as a matrix, (d, D)

  /**
   * @param clip the model
   * @param trace made with {@link dev.engram.trace.TraceRequest#classToken()} or more; must outlive
   *     this
   * @param image index in the batch
   */
  public Contributions(Clip clip, Trace trace, int image) {
    this.tower = clip.vision();
    this.trace = trace;
    this.image = image;
    this.width = clip.config().vision().width();
    manager = clip.manager().newSubManager();
    float[] h = trace.get(Site.H, trace.layers()).toFloatArray();
    double mean = 0;
    double squares = 0;
    for (int i = 0; i < width; i++) {
      mean += h[image * width + i] / (double) width;
    }
    for (int i = 0; i < width; i++) {
      squares += Math.pow(h[image * width + i] - mean, 2);
    }
    double s = Math.sqrt(squares / width + clip.config().vision().layerNormEps());
    NDArray g = tower.projection().mul(tower.postNormWeight());
    g.attach(manager);
    toSpace = g.sub(g.mean(new int[] {1}, true)).div(s).transpose();
  }

  /**
   * @return C(m_c w_c) of every neuron c of a block, (n, D); 0 for those that the model suppresses
   */
  public float[][] neurons(Neuron.Block block, int layer) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray m = trace.get(Site.coefficients(block), layer).get(image).reshape(-1, 1); // (n, 1)
      m.attach(scope);
      NDArray values = tower.values(block, layer).transpose(); // (n, d)
      values.attach(scope);
      float[][] rows = rows(values.mul(m).matMul(toSpace));
      for (Neuron n : tower.suppressed()) {
        if (n.block() == block && n.layer() == layer) {
          java.util.Arrays.fill(rows[n.column(tower.config().headWidth())], 0);
        }
      }
      return rows;
    }
  }

  /**
   * @return C of the block's output bias, b_2 or b_o (D)
   */
  public float[] bias(Neuron.Block block, int layer) {
    return of(tower.outputBias(block, layer));
  }

  /**
   * @return C of the class token's initial embedding h[0][0] (D)
   */
  public float[] initial() {
    return of(trace.get(Site.H, 0).get(image));
  }

  /**
   * @return P β of LN_post (D)
   */
  public float[] beta() {
    try (NDManager scope = manager.newSubManager()) {
      NDArray b = tower.postNormBias().reshape(1, width);
      b.attach(scope);
      NDArray pt = tower.projection().transpose();
      pt.attach(scope);
      return b.matMul(pt).toFloatArray();
    }
  }

  private float[] of(NDArray v) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray row = v.reshape(new Shape(1, width));
      row.attach(scope);
      return row.matMul(toSpace).toFloatArray();
    }
  }

  private static float[][] rows(NDArray a) {
    int n = (int) a.getShape().get(0);
    int d = (int) a.getShape().get(1);
    float[] flat = a.toFloatArray();
    float[][] out = new float[n][];
    for (int i = 0; i < n; i++) {
      out[i] = java.util.Arrays.copyOfRange(flat, i * d, (i + 1) * d);
    }
    return out;
  }

  @Override
  public void close() {
    manager.close();
  }
}
