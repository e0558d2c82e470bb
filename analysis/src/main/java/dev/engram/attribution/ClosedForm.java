package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import dev.engram.Vectors;
import dev.engram.model.VisionTower;

/**
 * The alignment improvement (Eq. 11, 12) in closed form, of whatever adds m w to a residual stream.
 * cos(P(y + m w), t) needs of each value vector w only inner products with a few vectors of the
 * image, and squared norms that belong to the model: three matrix-vector products a block instead
 * of a projection for each neuron.
 */
final class ClosedForm {
  private final VisionTower tower;
  private final NDManager manager;
  private final int d;
  private final double eps;

  // The model's own vectors, in a manager below the model's.
  private final NDArray projectionT; // Pᵀ (d, D)
  private final NDArray
      centred; // G_c = P diag(γ)(I − 11ᵀ/d), so that G_c w = G(w − mean w); (D, d)
  private final NDArray centredT; // (d, D)
  private final float[] beta; // P β + b, (D)

  /**
   * @param tower of the model
   * @param manager owner of what depends on the model alone
   */
  ClosedForm(VisionTower tower, NDManager manager) {
    this.tower = tower;
    this.manager = manager;
    d = tower.config().width();
    eps = tower.config().layerNormEps();
    projectionT = tower.projection().transpose();
    projectionT.attach(manager);
    try (NDManager scope = manager.newSubManager()) {
      NDArray g = tower.projection().mul(tower.postNormWeight());
      g.attach(scope);
      centred = g.sub(g.mean(new int[] {1}, true));
      centred.attach(manager);
      centredT = centred.transpose();
      NDArray b = tower.postNormBias().reshape(1, d);
      b.attach(scope);
      beta = b.matMul(projectionT).add(tower.projectionBias()).toFloatArray();
    }
  }

  /**
   * What belongs to the value vectors of a block, whatever the image: squared norms in the shared
   * space and what LN_post needs. 4 numbers a neuron.
   *
   * @param pw ‖P w‖²
   * @param gw ‖G w_c‖²
   * @param gwBeta G w_c · P β
   * @param variance of w
   */
  record Constants(float[] pw, float[] gw, float[] gwBeta, float[] variance) {}

  /**
   * The units of one block, or other additions: what they read and write, and where their scores
   * go.
   *
   * @param stream x (B, d)
   * @param coefficients m of each image, (B·n) row-major
   * @param values w (d, n)
   * @param normWeight γ of LN_in (d)
   * @param normBias β of LN_in (d)
   * @param sign 1 for what is added to x, −1 for what is taken out of it
   * @param offset of the first in the scores of an image
   */
  record Part(
      NDArray stream,
      float[] coefficients,
      NDArray values,
      Constants constants,
      NDArray normWeight,
      NDArray normBias,
      int sign,
      int offset,
      float[][] texts,
      int[] of,
      float[][] out,
      NDManager scope) {
    /** The text of an image. */
    float[] text(int image) {
      return texts[of[image]];
    }

    /** All texts (texts, D). */
    NDArray textRows() {
      return scope.create(texts);
    }
  }

  /**
   * Writes the scores of a part for each image.
   *
   * @param reading any but {@link Reading#DIRECT}
   */
  void scores(Part part, Reading reading) {
    if (reading == Reading.LITERAL) {
      literal(part);
    } else {
      throughPostNorm(part, reading);
    }
  }

  /** cos(P(y + m w), t) − cos(P y, t), y = LN_in(x). */
  private void literal(Part p) {
    NDArray y = inputNorm(p);
    NDArray py = y.matMul(projectionT).add(tower.projectionBias()); // (B, D)
    NDArray rows = p.textRows().concat(py, 0).matMul(tower.projection()); // Pᵀt; PᵀP y (J + B, d)
    float[] r = rows.matMul(p.values).toFloatArray(); // · w  (J + B, n)
    float[] pw = p.constants.pw;
    float[] pyValues = py.toFloatArray();
    float[] m = p.coefficients;
    int n = pw.length;
    int texts = p.texts.length;
    int width = p.texts[0].length;
    for (int b = 0; b < p.out.length; b++) {
      double dot = Vectors.dot(pyValues, b * width, p.text(b));
      double norm2 = Vectors.squares(pyValues, b * width, width);
      double base = dot / Math.sqrt(norm2);
      float[] o = p.out[b];
      for (int k = 0; k < n; k++) {
        double mk = p.sign * m[b * n + k];
        double dotK = dot + mk * r[p.of[b] * n + k];
        double normK = norm2 + mk * (2.0 * r[(texts + b) * n + k] + mk * pw[k]);
        o[p.offset + k] = (float) (p.sign * (dotK / Math.sqrt(normK) - base));
      }
    }
  }

  /**
   * cos(P LN_post(x + m w), t) − cos(P LN_post(x), t), with LN_post(x) = γ (x − mean x)/s + β:
   * numerator and norm are those of G x_c / s + P β. The readings differ in x and in s.
   */
  private void throughPostNorm(Part p, Reading reading) {
    NDArray x = reading == Reading.LITERAL_POST ? inputNorm(p) : owned(p.stream, p.scope);
    NDArray xc = x.sub(x.mean(new int[] {1}, true));
    NDArray gx = xc.matMul(centredT); // G x_c  (B, D)
    NDArray rows =
        p.textRows().concat(gx, 0).matMul(centred).concat(xc, 0); // G_cᵀt; G_cᵀG x_c; x_c
    float[] r = rows.matMul(p.values).toFloatArray(); // · w  (J + 2B, n)
    Constants c = p.constants;
    float[] gxValues = gx.toFloatArray();
    float[] xcValues = xc.toFloatArray();
    float[] m = p.coefficients;
    int n = c.gw.length;
    int texts = p.texts.length;
    int width = p.texts[0].length;
    int batch = p.out.length;
    double beta2 = Vectors.squares(beta, 0, width);
    for (int b = 0; b < batch; b++) {
      double variance = Vectors.squares(xcValues, b * d, d) / d;
      double s = Math.sqrt(variance + eps);
      double betaT = Vectors.dot(beta, 0, p.text(b));
      double dot = Vectors.dot(gxValues, b * width, p.text(b));
      double norm2 = Vectors.squares(gxValues, b * width, width);
      double gxBeta = Vectors.dot(gxValues, b * width, beta);
      double base = (dot / s + betaT) / Math.sqrt(norm2 / (s * s) + 2 * gxBeta / s + beta2);
      float[] o = p.out[b];
      for (int k = 0; k < n; k++) {
        double mk = p.sign * m[b * n + k];
        double covariance = r[(texts + batch + b) * n + k] / (double) d;
        double sk =
            reading == Reading.FROZEN
                ? s
                : Math.sqrt(variance + mk * (2 * covariance + mk * c.variance[k]) + eps);
        double dotK = (dot + mk * r[p.of[b] * n + k]) / sk + betaT;
        double normK =
            (norm2 + mk * (2.0 * r[(texts + b) * n + k] + mk * c.gw[k])) / (sk * sk)
                + 2 * (gxBeta + mk * c.gwBeta[k]) / sk
                + beta2;
        o[p.offset + k] = (float) (p.sign * (dotK / Math.sqrt(normK) - base));
      }
    }
  }

  /** y = LN_a(x) or LN_f(x), (B, d). */
  private NDArray inputNorm(Part p) {
    NDArray gamma = p.normWeight;
    return LayerNorm.layerNorm(
            owned(p.stream, p.scope), gamma.getShape(), gamma, p.normBias, (float) eps)
        .singletonOrThrow();
  }

  /** A copy that belongs to the scope: results go to the owner of their first operand. */
  private static NDArray owned(NDArray a, NDManager scope) {
    NDArray copy = a.duplicate();
    copy.attach(scope);
    return copy;
  }

  /**
   * What a score needs of value vectors.
   *
   * @param w (d, n); the caller's
   */
  Constants constants(NDArray w) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray p = owned(tower.projection(), scope);
      NDArray g = owned(centred, scope);
      NDArray gw = g.matMul(w); // (D, n)
      NDArray b = scope.create(beta, new Shape(1, beta.length));
      NDArray w2 = owned(w, scope);
      NDArray wc = w2.sub(w2.mean(new int[] {0}, true));
      return new Constants(
          p.matMul(w).square().sum(new int[] {0}).toFloatArray(),
          gw.square().sum(new int[] {0}).toFloatArray(),
          b.matMul(gw).toFloatArray(),
          wc.square().mean(new int[] {0}).toFloatArray());
    }
  }
}
