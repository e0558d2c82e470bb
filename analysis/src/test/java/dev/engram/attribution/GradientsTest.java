package dev.engram.attribution;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.Vectors;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The gradient baseline is a gradient, and the same one every time. */
class GradientsTest {
  @Test
  void agreesWithDifferencesAndIsTheSameInFiftyRuns() {
    Random random = new Random(7);
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      int side = clip.config().imageSize();
      float[] p = new float[3 * side * side];
      for (int i = 0; i < p.length; i++) {
        p[i] = (float) random.nextGaussian();
      }
      float[] text = clip.embedTexts(List.of("a picture of Santa Claus"), Progress.NONE)[0];
      Gradients gradients = new Gradients(clip);
      float[] first = gradients.scores(List.of(p), text)[0];

      NeuronSpace space = clip.config().vision().space();
      for (int i = 0; i < 20; i++) {
        Neuron n = space.neuron(random.nextInt(space.count()));
        double h = 0.05;
        double difference = (cosine(clip, p, text, n, h) - cosine(clip, p, text, n, -h)) / (2 * h);
        assertEquals(difference, first[space.index(n)], 1e-4, n::toString);
      }

      for (int run = 0; run < 50; run++) {
        if (run % 10 == 0) {
          System.gc(); // what autograd holds must not hang on Java objects
        }
        assertArrayEquals(first, gradients.scores(List.of(p), text)[0], 1e-6f, "run " + run);
      }
    }
  }

  /** cos(z, t) with h added to one coefficient at the class token. */
  private static double cosine(Clip clip, float[] pixels, float[] text, Neuron n, double h) {
    NeuronSpace space = clip.config().vision().space();
    float[] add = new float[space.size(n.block())];
    add[n.column(space.headWidth())] = (float) h;
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray delta = scope.create(add, new Shape(1, add.length));
      try (Trace t =
          clip.trace(
              List.of(pixels),
              TraceRequest.none(),
              List.of(Intervention.addToCoefficients(n.block(), n.layer(), delta)))) {
        float[] z = t.embedding().toFloatArray();
        return Vectors.dot(z, 0, text)
            / Math.sqrt(Vectors.squares(z, 0, z.length) * Vectors.squares(text, 0, text.length));
      }
    }
  }
}
