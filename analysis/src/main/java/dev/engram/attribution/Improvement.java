package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.norm.LayerNorm;
import dev.engram.Progress;
import dev.engram.Vectors;
import dev.engram.model.Clip;
import dev.engram.model.Head;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The alignment improvement of every neuron (Eq. 11, 12) in closed form. cos(P(y + m w), t) needs
 * of each value vector w only inner products with a few vectors of the image, and squared norms
 * that belong to the model: three matrix-vector products a block instead of a projection for each
 * neuron.
 */
public final class Improvement implements AutoCloseable {
  private final VisionTower tower;
  private final NDManager manager;
  private final NeuronSpace space;
  private final int d;
  private final double eps;
  private final Map<String, Constants> constants = new ConcurrentHashMap<>();

  // The model's own vectors, in a manager below the model's.
  private final NDArray projectionT; // Pᵀ (d, D)
  private final NDArray
      centred; // G_c = P diag(γ)(I − 11ᵀ/d), so that G_c w = G(w − mean w); (D, d)
  private final NDArray centredT; // (d, D)
  private final float[] beta; // P β + b, (D)

  /**
   * What belongs to the value vectors of a block, whatever the image: squared norms in the shared
   * space and what LN_post needs. 4 numbers a neuron.
   *
   * @param pw ‖P w‖²
   * @param gw ‖G w_c‖²
   * @param gwBeta G w_c · P β
   * @param variance of w
   */
  private record Constants(float[] pw, float[] gw, float[] gwBeta, float[] variance) {}

  /**
   * @param clip the model; must outlive this
   */
  public Improvement(Clip clip) {
    tower = clip.vision();
    manager = clip.manager().newSubManager();
    space = clip.config().vision().space();
    d = space.width();
    eps = clip.config().vision().layerNormEps();
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
   * Scores every neuron for each image of a trace.
   *
   * @param trace made with {@link Contributions#request}
   * @param text t, of any length (D)
   * @param reading how the layer norms are read
   * @return Imp, (B, neurons) in the order of {@link NeuronSpace}
   */
  public float[][] scores(Trace trace, float[] text, Reading reading) {
    return scores(trace, trace, text, reading);
  }

  /**
   * The same with the coefficients of another forward pass, the residual stream kept (Eq. 21).
   *
   * @param stream where x is read
   * @param coefficients where m is read; of the same images
   * @param text t, of any length (D)
   * @return Imp, (B, neurons)
   */
  public float[][] scores(Trace stream, Trace coefficients, float[] text, Reading reading) {
    float[] t = Vectors.unit(text);
    if (reading == Reading.DIRECT) {
      float[][] out = new float[stream.batch()][space.count()];
      direct(stream, coefficients, t, out);
      return out;
    }
    return eachBlock(stream, coefficients, new float[][] {t}, new int[stream.batch()], reading);
  }

  /**
   * Scores every neuron for each image under a text of its own.
   *
   * @param trace made with {@link Contributions#request}
   * @param texts of any length (texts, D), at least one
   * @param of which of them each image has (B)
   * @param reading any but {@link Reading#DIRECT}
   * @return Imp, (B, neurons) in the order of {@link NeuronSpace}
   */
  float[][] scores(Trace trace, float[][] texts, int[] of, Reading reading) {
    if (reading == Reading.DIRECT) {
      throw new IllegalArgumentException("the reading direct takes one text for all images");
    }
    float[][] units = Arrays.stream(texts).map(Vectors::unit).toArray(float[][]::new);
    return eachBlock(trace, trace, units, of, reading);
  }

  private float[][] eachBlock(
      Trace stream, Trace coefficients, float[][] texts, int[] of, Reading reading) {
    float[][] out = new float[stream.batch()][space.count()];
    for (int l = 0; l < space.layers(); l++) {
      Progress.checkInterrupt();
      for (Neuron.Block block : Neuron.Block.values()) {
        try (NDManager scope = manager.newSubManager()) {
          Part part = new Part(stream, coefficients, block, l, texts, of, out, scope);
          if (reading == Reading.LITERAL) {
            literal(part);
          } else {
            throughPostNorm(part, reading);
          }
        }
      }
    }
    return out;
  }

  /** One block of one layer: where it reads, and where its scores go. */
  private record Part(
      Trace trace,
      Trace coefficientTrace,
      Neuron.Block block,
      int layer,
      float[][] texts,
      int[] of,
      float[][] out,
      NDManager scope) {
    /** The residual stream that the block reads (B, d). */
    NDArray stream() {
      return trace.get(block == Neuron.Block.FFN ? Site.MID : Site.H, layer);
    }

    /** m of each image, (B·n) row-major. */
    float[] coefficients() {
      return coefficientTrace.get(Site.coefficients(block), layer).toFloatArray();
    }

    /** The text of an image. */
    float[] text(int image) {
      return texts[of[image]];
    }

    /** All texts (texts, D). */
    NDArray textRows() {
      return scope.create(texts);
    }
  }

  /** cos(P(y + m w), t) − cos(P y, t), y = LN_in(x). */
  private void literal(Part p) {
    NDArray y = inputNorm(p);
    NDArray py = y.matMul(projectionT).add(tower.projectionBias()); // (B, D)
    NDArray rows = p.textRows().concat(py, 0).matMul(tower.projection()); // Pᵀt; PᵀP y (J + B, d)
    float[] r =
        rows.matMul(tower.values(p.block, p.layer, p.scope)).toFloatArray(); // · w  (J + B, n)
    float[] pw = constants(p.block, p.layer).pw;
    float[] pyValues = py.toFloatArray();
    float[] m = p.coefficients();
    int n = pw.length;
    int texts = p.texts.length;
    int width = p.texts[0].length;
    for (int b = 0; b < p.out.length; b++) {
      double dot = Vectors.dot(pyValues, b * width, p.text(b));
      double norm2 = Vectors.squares(pyValues, b * width, width);
      double base = dot / Math.sqrt(norm2);
      float[] o = p.out[b];
      int offset = space.offset(p.block, p.layer);
      for (int k = 0; k < n; k++) {
        double mk = m[b * n + k];
        double dotK = dot + mk * r[p.of[b] * n + k];
        double normK = norm2 + mk * (2.0 * r[(texts + b) * n + k] + mk * pw[k]);
        o[offset + k] = (float) (dotK / Math.sqrt(normK) - base);
      }
    }
  }

  /**
   * cos(P LN_post(x + m w), t) − cos(P LN_post(x), t), with LN_post(x) = γ (x − mean x)/s + β:
   * numerator and norm are those of G x_c / s + P β. The readings differ in x and in s.
   */
  private void throughPostNorm(Part p, Reading reading) {
    NDArray x = reading == Reading.LITERAL_POST ? inputNorm(p) : owned(p.stream(), p.scope);
    NDArray xc = x.sub(x.mean(new int[] {1}, true));
    NDArray gx = xc.matMul(centredT); // G x_c  (B, D)
    NDArray rows =
        p.textRows().concat(gx, 0).matMul(centred).concat(xc, 0); // G_cᵀt; G_cᵀG x_c; x_c
    float[] r =
        rows.matMul(tower.values(p.block, p.layer, p.scope)).toFloatArray(); // · w  (J + 2B, n)
    Constants c = constants(p.block, p.layer);
    float[] gxValues = gx.toFloatArray();
    float[] xcValues = xc.toFloatArray();
    float[] m = p.coefficients();
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
      int offset = space.offset(p.block, p.layer);
      for (int k = 0; k < n; k++) {
        double mk = m[b * n + k];
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
        o[offset + k] = (float) (dotK / Math.sqrt(normK) - base);
      }
    }
  }

  /**
   * m (G w_c · t) / (s ‖z‖), s of the last residual stream: the neuron's share of cos(z, t). With
   * an attention pool Σ_j (G_j w · t) Σ_p s_jp m_p / ‖z‖, see {@link Head}.
   */
  private void direct(Trace stream, Trace coefficients, float[] t, float[][] out) {
    int batch = out.length;
    float[] z = stream.embedding().toFloatArray();
    double[] lengths = new double[batch];
    for (int b = 0; b < batch; b++) {
      lengths[b] = Math.sqrt(Vectors.squares(z, b * t.length, t.length));
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray shares = tower.head().shares(byToken(stream.get(Site.H, space.layers()), scope));
      NDArray rows = textRows(t, scope); // G_jᵀ t  (J, d)
      for (int l = 0; l < space.layers(); l++) {
        Progress.checkInterrupt();
        for (Neuron.Block block : Neuron.Block.values()) {
          try (NDManager blockScope = scope.newSubManager()) {
            NDArray m = byToken(coefficients.get(Site.coefficients(block), l), blockScope);
            NDArray read = shares.matMul(m); // Σ_p s_jp m_p  (B, J, n)
            read.attach(blockScope);
            NDArray dots = rows.matMul(tower.values(block, l, blockScope)); // G_j w · t  (J, n)
            dots.attach(blockScope);
            float[] scores = read.mul(dots).sum(new int[] {1}).toFloatArray();
            int n = scores.length / batch;
            for (int i = 0; i < scores.length; i++) {
              out[i / n][space.offset(block, l) + i % n] = (float) (scores[i] / lengths[i / n]);
            }
          }
        }
      }
    }
    for (Neuron neuron : tower.suppressed()) { // their part is not in h[L]
      for (float[] scores : out) {
        scores[space.index(neuron)] = 0;
      }
    }
  }

  private NDArray textRows(float[] t, NDManager scope) {
    NDArray text = scope.create(t, new Shape(1, t.length));
    NDList rows = new NDList();
    for (int j = 0; j < tower.head().ways(); j++) {
      try (NDManager one = scope.newSubManager()) {
        NDArray row = text.matMul(tower.head().map(j, one));
        row.attach(scope);
        rows.add(row);
      }
    }
    return NDArrays.concat(rows, 0);
  }

  /** (B, T, n), or of the class token (B, n), as (B, T, n). */
  private static NDArray byToken(NDArray a, NDManager scope) {
    NDArray copy = owned(a, scope);
    return copy.getShape().dimension() == 2 ? copy.expandDims(1) : copy;
  }

  /** y = LN_a(x) or LN_f(x), (B, d). */
  private NDArray inputNorm(Part p) {
    NDArray gamma = tower.inputNormWeight(p.block, p.layer);
    NDArray betaIn = tower.inputNormBias(p.block, p.layer);
    return LayerNorm.layerNorm(
            owned(p.stream(), p.scope), gamma.getShape(), gamma, betaIn, (float) eps)
        .singletonOrThrow();
  }

  /** A copy that belongs to the scope: results go to the owner of their first operand. */
  private static NDArray owned(NDArray a, NDManager scope) {
    NDArray copy = a.duplicate();
    copy.attach(scope);
    return copy;
  }

  private Constants constants(Neuron.Block block, int layer) {
    return constants.computeIfAbsent(block.name() + layer, k -> compute(block, layer));
  }

  private Constants compute(Neuron.Block block, int layer) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray w = tower.values(block, layer, scope); // (d, n)
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

  /** Frees what depends on the model alone; without this the model frees it. */
  @Override
  public void close() {
    manager.close();
  }
}
