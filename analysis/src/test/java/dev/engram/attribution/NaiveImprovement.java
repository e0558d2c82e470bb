package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import dev.engram.model.Clip;
import dev.engram.model.VisionTower;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;

/**
 * The alignment improvement of one neuron, written as the equations are: the reference of {@link
 * Improvement}, in float64, with no regard to speed. A test holds the two together.
 */
public final class NaiveImprovement {
  private final VisionTower tower;
  private final int d;
  private final double eps;
  private final double[] projection; // (D, d)
  private final double[] bias; // b after P (D)
  private final int embedding;

  /**
   * @param clip the model; must outlive this
   */
  public NaiveImprovement(Clip clip) {
    tower = clip.vision();
    d = clip.config().vision().width();
    eps = clip.config().vision().layerNormEps();
    projection = doubles(tower.projection().toFloatArray());
    bias = doubles(tower.projectionBias().toFloatArray());
    embedding = clip.config().projectionWidth();
  }

  /**
   * @param trace made with {@link dev.engram.trace.TraceRequest#classToken()} or more
   * @param image index in the batch
   * @param text t (D)
   * @return Imp of the neuron (Eq. 11, 12)
   */
  public double score(Trace trace, int image, float[] text, Neuron neuron, Reading reading) {
    Neuron.Block block = neuron.block();
    int l = neuron.layer();
    int column = neuron.column(headWidth());
    double[] x =
        row(trace.get(block == Neuron.Block.FFN ? Site.MID : Site.H, l).toFloatArray(), image, d);
    float[] w = tower.valueVector(neuron);
    NDArray coefficients = trace.get(Site.coefficients(block), l); // (B, n)
    int n = (int) coefficients.getShape().get(1);
    double m = coefficients.toFloatArray()[image * n + column];
    double[] mw = new double[d];
    for (int i = 0; i < d; i++) {
      mw[i] = m * w[i];
    }
    double[] t = doubles(text);
    double[] gammaIn = doubles(tower.inputNormWeight(block, l).toFloatArray());
    double[] betaIn = doubles(tower.inputNormBias(block, l).toFloatArray());
    double[] gamma = doubles(tower.postNormWeight().toFloatArray());
    double[] beta = doubles(tower.postNormBias().toFloatArray());
    switch (reading) {
      case LITERAL:
        {
          double[] y = layerNorm(x, std(x), gammaIn, betaIn);
          return cos(project(plus(y, mw)), t) - cos(project(y), t);
        }
      case LITERAL_POST:
        {
          double[] y = layerNorm(x, std(x), gammaIn, betaIn);
          double[] with = plus(y, mw);
          return cos(project(layerNorm(with, std(with), gamma, beta)), t)
              - cos(project(layerNorm(y, std(y), gamma, beta)), t);
        }
      case LENS:
        {
          double[] with = plus(x, mw);
          return cos(project(layerNorm(with, std(with), gamma, beta)), t)
              - cos(project(layerNorm(x, std(x), gamma, beta)), t);
        }
      case FROZEN:
        return cos(project(layerNorm(plus(x, mw), std(x), gamma, beta)), t)
            - cos(project(layerNorm(x, std(x), gamma, beta)), t);
      case DIRECT:
        {
          double[] h = row(trace.get(Site.H, trace.layers()).toFloatArray(), image, d);
          double[] z = row(trace.embedding().toFloatArray(), image, embedding);
          if (tower.suppressed().contains(neuron)) {
            return 0; // its part is not in h[L]
          }
          double[] share = linear(layerNorm(mw, std(h), gamma, new double[d]));
          return dot(share, t) / Math.sqrt(dot(t, t) * dot(z, z));
        }
    }
    throw new IllegalArgumentException("no such reading: " + reading);
  }

  private int headWidth() {
    return tower.config().headWidth();
  }

  /** γ (x − mean x)/s + β. */
  private double[] layerNorm(double[] x, double s, double[] gamma, double[] beta) {
    double mean = mean(x);
    double[] y = new double[d];
    for (int i = 0; i < d; i++) {
      y[i] = gamma[i] * (x[i] - mean) / s + beta[i];
    }
    return y;
  }

  private double std(double[] x) {
    double mean = mean(x);
    double v = 0;
    for (double xi : x) {
      v += (xi - mean) * (xi - mean);
    }
    return Math.sqrt(v / x.length + eps);
  }

  /** P x + b. */
  private double[] project(double[] x) {
    return plus(linear(x), bias);
  }

  private double[] linear(double[] x) {
    double[] z = new double[embedding];
    for (int i = 0; i < embedding; i++) {
      for (int j = 0; j < d; j++) {
        z[i] += projection[i * d + j] * x[j];
      }
    }
    return z;
  }

  private static double mean(double[] x) {
    double s = 0;
    for (double xi : x) {
      s += xi;
    }
    return s / x.length;
  }

  private static double dot(double[] a, double[] b) {
    double s = 0;
    for (int i = 0; i < a.length; i++) {
      s += a[i] * b[i];
    }
    return s;
  }

  private static double cos(double[] a, double[] b) {
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  }

  private static double[] plus(double[] a, double[] b) {
    double[] s = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      s[i] = a[i] + b[i];
    }
    return s;
  }

  private static double[] row(float[] a, int row, int width) {
    double[] r = new double[width];
    for (int i = 0; i < width; i++) {
      r[i] = a[row * width + i];
    }
    return r;
  }

  private static double[] doubles(float[] a) {
    return row(a, 0, a.length);
  }
}
