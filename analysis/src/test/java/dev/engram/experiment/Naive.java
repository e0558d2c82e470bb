package dev.engram.experiment;

import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.attribution.NaiveImprovement;
import dev.engram.attribution.Reading;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The slow way: each neuron's score by the equation written out, each image in a pass of its own,
 * sums in float64.
 */
final class Naive {
  final Clip clip;
  final NeuronSpace space;
  final NaiveImprovement improvement;

  Naive(Clip clip) {
    this.clip = clip;
    this.space = clip.config().vision().space();
    this.improvement = new NaiveImprovement(clip);
  }

  float[] text(String label) {
    return clip.embedTexts(List.of(label), Progress.NONE)[0];
  }

  float[] pixels(LabelledImage image) {
    return clip.processor().process(image.file());
  }

  Trace trace(float[] pixels, Neuron... removed) {
    List<Intervention> zero = new ArrayList<>();
    for (Neuron n : removed) {
      float[] keep = new float[space.size(n.block())];
      Arrays.fill(keep, 1);
      keep[n.column(space.headWidth())] = 0;
      zero.add(
          new Intervention(
              Site.coefficients(n.block()),
              n.layer(),
              n + " out",
              v -> v.mul(v.getManager().create(keep, new Shape(1, 1, keep.length)))));
    }
    return clip.trace(List.of(pixels), TraceRequest.classToken(), zero);
  }

  /** Eq. 11 and 12 for every neuron of one image. */
  double[] scores(Trace trace, float[] text) {
    double[] out = new double[space.count()];
    for (int i = 0; i < out.length; i++) {
      out[i] = improvement.score(trace, 0, text, space.neuron(i), Reading.LITERAL);
    }
    return out;
  }

  double[] scores(LabelledImage image, float[] text, Neuron... removed) {
    try (Trace trace = trace(pixels(image), removed)) {
      return scores(trace, text);
    }
  }

  double[] scores(List<LabelledImage> of, String label) {
    double[] mean = new double[space.count()];
    for (LabelledImage image : of) {
      double[] s = scores(image, text(label));
      for (int i = 0; i < mean.length; i++) {
        mean[i] += s[i] / of.size();
      }
    }
    return mean;
  }

  List<Neuron> top(List<LabelledImage> of, String label, int count) {
    double[] s = scores(of, label);
    return IntStream.range(0, s.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -s[i]))
        .limit(count)
        .map(space::neuron)
        .toList();
  }

  double coefficient(Trace trace, Neuron n) {
    float[] m = trace.get(Site.coefficients(n.block()), n.layer()).toFloatArray();
    return m[n.column(space.headWidth())];
  }

  double cosine(float[] pixels, float[] text, Neuron... removed) {
    try (Trace trace = trace(pixels, removed)) {
      return cos(trace.embedding().toFloatArray(), text);
    }
  }

  /** P LN_post(h − Σ m w), every sum written out. */
  double suppressed(float[] pixels, float[] text, List<Neuron> neurons) {
    int d = space.width();
    double[] h = new double[d];
    try (Trace trace = trace(pixels)) {
      float[] last = trace.get(Site.H, space.layers()).toFloatArray();
      for (int i = 0; i < d; i++) {
        h[i] = last[i];
      }
      for (Neuron n : neurons) {
        double m = coefficient(trace, n);
        double[] w = value(n);
        for (int i = 0; i < d; i++) {
          h[i] -= m * w[i];
        }
      }
    }
    double mean = Arrays.stream(h).average().orElseThrow();
    double variance = Arrays.stream(h).map(x -> (x - mean) * (x - mean)).sum() / d;
    double std = Math.sqrt(variance + clip.config().vision().layerNormEps());
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    float[] beta = clip.vision().postNormBias().toFloatArray();
    float[] p = clip.vision().projection().toFloatArray();
    float[] z = new float[text.length];
    for (int o = 0; o < z.length; o++) {
      double sum = 0;
      for (int i = 0; i < d; i++) {
        sum += p[o * d + i] * (gamma[i] * (h[i] - mean) / std + beta[i]);
      }
      z[o] = (float) sum;
    }
    return cos(z, text);
  }

  double[] value(Neuron n) {
    float[] all = clip.values(Weight.values(n.block(), n.layer()));
    int width = space.size(n.block());
    return IntStream.range(0, space.width())
        .mapToDouble(i -> all[i * width + n.column(space.headWidth())])
        .toArray();
  }

  static double cos(float[] a, float[] b) {
    double ab = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < a.length; i++) {
      ab += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return ab / Math.sqrt(aa * bb);
  }

  static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
