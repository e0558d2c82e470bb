package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.Vectors;
import dev.engram.attribution.ClosedForm.Constants;
import dev.engram.attribution.ClosedForm.Part;
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
import org.jspecify.annotations.Nullable;

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
  private final ClosedForm form;
  private final Map<String, Constants> constants = new ConcurrentHashMap<>();

  /**
   * @param clip the model; must outlive this
   */
  public Improvement(Clip clip) {
    tower = clip.vision();
    manager = clip.manager().newSubManager();
    space = clip.config().vision().space();
    form = new ClosedForm(tower, manager);
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
          form.scores(
              new Part(
                  stream.get(block == Neuron.Block.FFN ? Site.MID : Site.H, l),
                  coefficients.get(Site.coefficients(block), l).toFloatArray(),
                  tower.values(block, l, scope),
                  constants(block, l),
                  tower.inputNormWeight(block, l),
                  tower.inputNormBias(block, l),
                  1,
                  space.offset(block, l),
                  texts,
                  of,
                  out,
                  scope),
              reading);
        }
      }
    }
    return out;
  }

  /**
   * What is no neuron, and adds m w to the residual stream as neurons do.
   *
   * @param values w of each (d, n); the caller's
   * @param coefficients m of each image (B, n); the caller's
   * @param block of whose output they are parts, with the residual stream that it reads; null for
   *     parts of a residual stream itself
   * @param layer of the block
   * @param stream x: what the block reads, or of which they are parts (B, d); the caller's
   */
  public record Additions(
      NDArray values,
      NDArray coefficients,
      Neuron.@Nullable Block block,
      int layer,
      NDArray stream) {
    /** Whether a reading has a meaning for them. */
    public boolean has(Reading reading) {
      return block != null || (reading != Reading.LITERAL && reading != Reading.LITERAL_POST);
    }
  }

  /**
   * Scores additions for each image of a trace. What is a part of the stream itself is in x
   * already, so that its score is what taking it out costs: cos(x) − cos(x − m w).
   *
   * @param trace for {@link Reading#DIRECT} with the last residual stream of the class token
   * @param text t, of any length (D)
   * @param reading one that they have
   * @return Imp, (B, n)
   */
  public float[][] scores(Trace trace, Additions of, float[] text, Reading reading) {
    if (!of.has(reading)) {
      throw new IllegalArgumentException("the reading " + reading + " is that of a block");
    }
    float[] t = Vectors.unit(text);
    int n = (int) of.values.getShape().get(1);
    float[][] out = new float[trace.batch()][n];
    try (NDManager scope = manager.newSubManager()) {
      if (reading == Reading.DIRECT) {
        NDArray shares = tower.head().shares(byToken(trace.get(Site.H, space.layers()), scope));
        direct(
            shares, textRows(t, scope), byToken(of.coefficients, scope), of.values, out, 0, scope);
        perLength(trace, t.length, out);
        return out;
      }
      Neuron.Block block = of.block == null ? Neuron.Block.FFN : of.block; // its norm is not read
      form.scores(
          new Part(
              of.stream,
              of.coefficients.toFloatArray(),
              of.values,
              form.constants(of.values),
              tower.inputNormWeight(block, of.layer),
              tower.inputNormBias(block, of.layer),
              of.block == null ? -1 : 1,
              0,
              new float[][] {t},
              new int[trace.batch()],
              out,
              scope),
          reading);
    }
    return out;
  }

  /**
   * m (G w_c · t) / (s ‖z‖), s of the last residual stream: the neuron's share of cos(z, t). With
   * an attention pool Σ_j (G_j w · t) Σ_p s_jp m_p / ‖z‖, see {@link Head}.
   */
  private void direct(Trace stream, Trace coefficients, float[] t, float[][] out) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray shares = tower.head().shares(byToken(stream.get(Site.H, space.layers()), scope));
      NDArray rows = textRows(t, scope); // G_jᵀ t  (J, d)
      for (int l = 0; l < space.layers(); l++) {
        Progress.checkInterrupt();
        for (Neuron.Block block : Neuron.Block.values()) {
          try (NDManager blockScope = scope.newSubManager()) {
            NDArray m = byToken(coefficients.get(Site.coefficients(block), l), blockScope);
            NDArray values = tower.values(block, l, blockScope);
            direct(shares, rows, m, values, out, space.offset(block, l), blockScope);
          }
        }
      }
    }
    perLength(stream, t.length, out);
    for (Neuron neuron : tower.suppressed()) { // their part is not in h[L]
      for (float[] scores : out) {
        scores[space.index(neuron)] = 0;
      }
    }
  }

  /** Those of one block, still of the length of z. */
  private static void direct(
      NDArray shares,
      NDArray rows,
      NDArray m,
      NDArray values,
      float[][] out,
      int offset,
      NDManager scope) {
    NDArray read = shares.matMul(m); // Σ_p s_jp m_p  (B, J, n)
    read.attach(scope);
    NDArray dots = rows.matMul(values); // G_j w · t  (J, n)
    dots.attach(scope);
    float[] scores = read.mul(dots).sum(new int[] {1}).toFloatArray();
    int n = scores.length / out.length;
    for (int i = 0; i < scores.length; i++) {
      out[i / n][offset + i % n] = scores[i];
    }
  }

  private static void perLength(Trace stream, int width, float[][] out) {
    float[] z = stream.embedding().toFloatArray();
    for (int b = 0; b < out.length; b++) {
      double length = Math.sqrt(Vectors.squares(z, b * width, width));
      for (int k = 0; k < out[b].length; k++) {
        out[b][k] = (float) (out[b][k] / length);
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

  /** A copy that belongs to the scope: results go to the owner of their first operand. */
  private static NDArray owned(NDArray a, NDManager scope) {
    NDArray copy = a.duplicate();
    copy.attach(scope);
    return copy;
  }

  private Constants constants(Neuron.Block block, int layer) {
    return constants.computeIfAbsent(
        block.name() + layer,
        k -> {
          try (NDManager scope = manager.newSubManager()) {
            return form.constants(tower.values(block, layer, scope));
          }
        });
  }

  /** Frees what depends on the model alone; without this the model frees it. */
  @Override
  public void close() {
    manager.close();
  }
}
