package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.engram.Vectors;
import dev.engram.model.Clip;
import dev.engram.model.GradientMode;
import dev.engram.model.Traces;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The gradient baseline of Table 1: d cos(z, t)/d m of every neuron at the class token, through all
 * later layers. A zero that asks for a gradient is added to the coefficients of each block.
 */
final class Gradients {
  /** What the images of one pass on a CPU keep for the way back: two of a ViT-L/14. */
  private static final long BYTES_AT_ONCE = 3L << 29;

  private final Clip clip;
  private final NeuronSpace space;

  Gradients(Clip clip) {
    this.clip = clip;
    this.space = clip.config().vision().space();
  }

  /**
   * @param pixels B images, each (3, S, S)
   * @param text t (D)
   * @return d cos(z, t)/d m, (B, neurons)
   */
  float[][] scores(List<float[]> pixels, float[] text) {
    clip.vision().requireClassToken("the gradient of its coefficients");
    clip.requireFloat32("The gradient of its coefficients");
    float[][] out = new float[pixels.size()][];
    long bytesPerImage = space.layers() * clip.bytesPerImage();
    clip.batches()
        .each(
            out.length,
            (int) Math.max(2, Math.min(Traces.USUAL, BYTES_AT_ONCE / bytesPerImage)),
            bytesPerImage,
            (from, to) -> {
              float[][] part = pass(pixels.subList(from, to), text);
              System.arraycopy(part, 0, out, from, part.length);
            });
    return out;
  }

  private float[][] pass(List<float[]> pixels, float[] text) {
    int batch = pixels.size();
    float[][] out = new float[batch][space.count()];
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray images = clip.batch(scope, pixels);
      NDArray t = scope.create(Vectors.unit(text), new Shape(1, text.length));
      List<NDArray> deltas = new ArrayList<>();
      List<Intervention> interventions = new ArrayList<>();
      for (int l = 0; l < space.layers(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          NDArray delta = scope.zeros(new Shape(batch, space.size(block)));
          delta.setRequiresGradient(true);
          deltas.add(delta);
          interventions.add(Intervention.addToCoefficients(block, l, delta));
        }
      }
      try (GradientCollector collector = GradientMode.collector();
          Trace trace = clip.vision().forward(images, TraceRequest.none(), interventions)) {
        NDArray z = trace.embedding();
        NDArray norm = z.mul(z).sum(new int[] {1}).sqrt();
        collector.backward(z.mul(t).sum(new int[] {1}).div(norm).sum()); // Σ_b cos(z_b, t)
      }
      for (int i = 0; i < deltas.size(); i++) {
        Neuron.Block block = Neuron.Block.values()[i % 2];
        int n = space.size(block);
        try (NDArray gradient = deltas.get(i).getGradient()) {
          float[] g = gradient.toFloatArray();
          for (int b = 0; b < batch; b++) {
            System.arraycopy(g, b * n, out[b], space.offset(block, i / 2), n);
          }
        }
      }
    }
    return out;
  }
}
