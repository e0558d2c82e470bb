package dev.engram.model;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/** Upper layers that know nothing: weights drawn with the mean and the deviation of the model's. */
final class RandomLayers {
  private RandomLayers() {}

  /**
   * @param firstLayer the lowest layer of the vision tower that is drawn, from 0
   * @return values of all weights of the drawn layers
   * @throws EngramException if there is no such layer
   */
  static Map<Weight, float[]> draw(Clip clip, int firstLayer, long seed) {
    ClipConfig.Tower tower = clip.config().vision();
    if (firstLayer < 0 || firstLayer >= tower.layers()) {
      throw new EngramException(
          "The layers of %s count from 0 to %d; got %d."
              .formatted(clip.name(), tower.layers() - 1, firstLayer));
    }
    Map<Weight, float[]> values = new HashMap<>();
    for (int l = firstLayer; l < tower.layers(); l++) {
      Progress.checkInterrupt();
      Random random = new Random(31 * seed + l);
      for (Weight.Kind kind : Weight.Kind.of(tower)) {
        Weight weight = new Weight(l, kind);
        values.put(weight, drawn(clip.values(weight), random));
      }
    }
    return values;
  }

  /** As many values from a normal distribution with the same mean and deviation. */
  private static float[] drawn(float[] like, Random random) {
    double mean = 0;
    for (float x : like) {
      mean += x / (double) like.length;
    }
    double variance = 0;
    for (float x : like) {
      variance += (x - mean) * (x - mean) / like.length;
    }
    double deviation = Math.sqrt(variance);
    float[] out = new float[like.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return out;
  }
}
