package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How strongly the images of a set drive neurons: m at the class token, for each image. The first
 * question passes the images through the model; what it learns of all neurons is kept if it is
 * small enough to keep.
 */
public final class Activations {
  private static final int BATCH = 16;

  /** Coefficients that are kept: 256 MB. */
  private static final long MOST_KEPT = 1L << 26;

  private final Clip clip;
  private final List<LabelledImage> images;
  private final NeuronSpace space;
  private final Map<Integer, float[][]> blocks = new HashMap<>();

  /**
   * @param clip the model; must outlive this
   * @param images of which
   */
  public Activations(Clip clip, List<LabelledImage> images) {
    this.clip = clip;
    this.images = List.copyOf(images);
    this.space = NeuronSpace.of(clip.config().vision());
  }

  /**
   * @return the images, in the order of the coefficients
   */
  public List<LabelledImage> images() {
    return images;
  }

  /**
   * @return m of the neuron at the class token, for each image; empty if there is none
   */
  public float[] coefficients(Neuron neuron, Progress progress) {
    if (images.isEmpty()) {
      return new float[0];
    }
    int block = space.offset(neuron.block(), neuron.layer());
    float[][] kept = blocks.get(block);
    if (kept == null) {
      boolean all = (long) images.size() * space.count() <= MOST_KEPT;
      Map<Integer, float[][]> found = compute(neuron, all, progress);
      if (all) {
        blocks.putAll(found);
      }
      kept = java.util.Objects.requireNonNull(found.get(block));
    }
    int column = neuron.column(space.headWidth());
    float[] out = new float[images.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = kept[i][column];
    }
    return out;
  }

  /** m of every block, or of the neuron's block alone, (images, n) each. */
  private Map<Integer, float[][]> compute(Neuron neuron, boolean all, Progress progress) {
    TraceRequest request =
        TraceRequest.none().with(Site.M_A, Tokens.CLASS).with(Site.M_F, Tokens.CLASS);
    Map<Integer, float[][]> out = new HashMap<>();
    for (int i = 0; i < images.size(); i += BATCH) {
      List<float[]> pixels = new ArrayList<>();
      for (LabelledImage image : images.subList(i, Math.min(images.size(), i + BATCH))) {
        progress.step("looking through images", i + pixels.size(), images.size());
        pixels.add(clip.processor().process(image.file()));
      }
      try (Trace trace = clip.trace(pixels, request, List.of())) {
        for (int l = 0; l < space.layers(); l++) {
          for (Neuron.Block block : Neuron.Block.values()) {
            if (!all && (l != neuron.layer() || block != neuron.block())) {
              continue;
            }
            int n = space.size(block);
            float[][] rows =
                out.computeIfAbsent(space.offset(block, l), k -> new float[images.size()][]);
            float[] m = trace.get(Site.coefficients(block), l).toFloatArray();
            for (int b = 0; b < pixels.size(); b++) {
              rows[i + b] = java.util.Arrays.copyOfRange(m, b * n, (b + 1) * n);
            }
          }
        }
      }
    }
    progress.step("looking through images", images.size(), images.size());
    return out;
  }
}
