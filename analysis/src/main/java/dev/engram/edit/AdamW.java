package dev.engram.edit;

import dev.engram.EngramException;
import java.util.HashMap;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter, 2019) as PyTorch computes it: weight decay apart from the gradient,
 * moments corrected for their start at 0. In float64, since a step of 5e-6 is close to float32's
 * rounding of a weight.
 */
final class AdamW {
  /**
   * The settings.
   *
   * @param learningRate above 0
   * @param beta1 of the mean of gradients
   * @param beta2 of the mean of their squares
   * @param epsilon added to the root
   * @param weightDecay in units of the learning rate
   */
  public record Settings(
      double learningRate, double beta1, double beta2, double epsilon, double weightDecay) {
    /** Refuses what cannot train. */
    public Settings {
      if (!(learningRate > 0) || !(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
        throw new EngramException(
            "AdamW needs a learning rate above 0 and betas from 0 to below 1, got %s, %s and %s."
                .formatted(learningRate, beta1, beta2));
      }
    }
  }

  /** Of one array of parameters. */
  private record Moments(float[] mean, float[] squares) {}

  private final Settings settings;
  private final Map<Object, Moments> moments = new HashMap<>();
  private int steps;

  AdamW(Settings settings) {
    this.settings = settings;
  }

  /** Begins the next step; then {@link #update} is called for each array. */
  void next() {
    steps++;
  }

  /**
   * @param key which array
   * @param values changed in place
   * @param gradient of the same length
   */
  void update(Object key, double[] values, float[] gradient) {
    Moments m =
        moments.computeIfAbsent(
            key, k -> new Moments(new float[values.length], new float[values.length]));
    double meanScale = settings.learningRate / (1 - Math.pow(settings.beta1, steps));
    double rootScale = 1 / Math.sqrt(1 - Math.pow(settings.beta2, steps));
    double keep = 1 - settings.learningRate * settings.weightDecay;
    for (int i = 0; i < values.length; i++) {
      double g = gradient[i];
      double mean = settings.beta1 * m.mean[i] + (1 - settings.beta1) * g;
      double squares = settings.beta2 * m.squares[i] + (1 - settings.beta2) * g * g;
      m.mean[i] = (float) mean;
      m.squares[i] = (float) squares;
      values[i] =
          values[i] * keep - meanScale * mean / (Math.sqrt(squares) * rootScale + settings.epsilon);
    }
  }
}
