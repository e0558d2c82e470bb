package dev.engram.attribution;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks a model which of its neurons bring images closest to a text (Sec. 3.2). Keep one for a
 * model: it holds what depends on the model alone, until it or the model is closed.
 */
public final class Attributor implements AutoCloseable {
  /** Images that are traced at once. */
  private static final int BATCH = 16;

  private final Clip clip;
  private final NeuronSpace space;
  private final Improvement improvement;
  private final Gradients gradients;

  /**
   * @param clip the model; must outlive this
   */
  public Attributor(Clip clip) {
    this.clip = clip;
    space = NeuronSpace.of(clip.config().vision());
    improvement = new Improvement(clip);
    gradients = new Gradients(clip);
  }

  /**
   * Scores every neuron for images of one entity and a text.
   *
   * @param images at least one
   * @param label the text, e.g. the entity's caption
   * @throws EngramException if there is no image, an image cannot be read, or the label is empty or
   *     too long
   */
  public Attribution attribute(
      List<LabelledImage> images, String label, Method method, Reading reading, Progress progress) {
    float[] text = clip.embedTexts(List.of(label), Progress.NONE)[0];
    List<float[]> pixels = new ArrayList<>();
    for (LabelledImage image : images) {
      progress.step("reading images", pixels.size(), images.size());
      pixels.add(clip.processor().process(image.file()));
    }
    Provenance provenance =
        Provenance.of(
            "model",
            clip.name() + " " + clip.hash().substring(0, 12),
            "images",
            images.size() == 1
                ? images.get(0).name()
                : images.size()
                    + " of "
                    + String.join(
                        ", ", images.stream().map(LabelledImage::entity).distinct().toList()),
            "label",
            "\"" + label + "\"",
            "method",
            method.toString());
    if (method == Method.IMPROVEMENT) {
      provenance = provenance.with("reading", reading + " (" + reading.title() + ")");
    }
    return attribute(
        pixels,
        images.stream().map(LabelledImage::name).toList(),
        label,
        text,
        method,
        reading,
        provenance,
        progress);
  }

  /**
   * The same for images and a text that are embedded or processed already.
   *
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param names of the images
   * @param label for the result
   * @param text M_text of the label (D)
   */
  public Attribution attribute(
      List<float[]> pixels,
      List<String> names,
      String label,
      float[] text,
      Method method,
      Reading reading,
      Provenance provenance,
      Progress progress) {
    if (pixels.isEmpty()) {
      throw new EngramException("There is no image to attribute; give an image or an entity.");
    }
    int n = pixels.size();
    float[][] scores = new float[n][];
    float[][] coefficients = new float[n][];
    double[] cosines = new double[n];
    clip.batches()
        .each(
            n,
            BATCH,
            clip.bytesPerImage(),
            (from, to) -> {
              progress.step("attributing images", from, n);
              List<float[]> part = pixels.subList(from, to);
              try (Trace trace = clip.trace(part, TraceRequest.classToken(), List.of())) {
                float[][] m = coefficients(trace);
                float[][] s = scores(trace, part, text, method, reading);
                double[] c = Cosine.ofRows(trace.embedding().toFloatArray(), text);
                System.arraycopy(s, 0, scores, from, part.size());
                System.arraycopy(m, 0, coefficients, from, part.size());
                System.arraycopy(c, 0, cosines, from, part.size());
              }
            });
    progress.step("attributing images", n, n);
    return new Attribution(
        label,
        List.copyOf(names),
        method,
        reading,
        space,
        scores,
        coefficients,
        cosines,
        provenance);
  }

  /**
   * The scores of images that have been traced already, for whoever asks more than one question of
   * a trace.
   *
   * @param trace made with {@link TraceRequest#classToken()} or more
   * @param pixels the images of the trace; read for gradients alone
   * @param text M_text of the label (D)
   * @return (B, neurons) in the order of {@link #space()}
   */
  public float[][] scores(
      Trace trace, List<float[]> pixels, float[] text, Method method, Reading reading) {
    return switch (method) {
      case IMPROVEMENT -> improvement.scores(trace, text, reading);
      case ACTIVATION -> coefficients(trace);
      case GRADIENT -> gradients.scores(pixels, text);
      case COMBINED -> product(coefficients(trace), gradients.scores(pixels, text));
    };
  }

  /**
   * @return the order of the neurons in the scores
   */
  public NeuronSpace space() {
    return space;
  }

  /**
   * @param trace made with {@link TraceRequest#classToken()} or more
   * @return m of every neuron at the class token, (B, neurons)
   */
  public float[][] coefficients(Trace trace) {
    float[][] out = new float[trace.batch()][space.count()];
    for (int l = 0; l < space.layers(); l++) {
      for (Neuron.Block block : Neuron.Block.values()) {
        float[] m = trace.get(Site.coefficients(block), l).toFloatArray();
        int n = space.size(block);
        for (int b = 0; b < out.length; b++) {
          System.arraycopy(m, b * n, out[b], space.offset(block, l), n);
        }
      }
    }
    return out;
  }

  private static float[][] product(float[][] a, float[][] b) {
    float[][] p = new float[a.length][a[0].length];
    for (int i = 0; i < p.length; i++) {
      for (int j = 0; j < p[i].length; j++) {
        p[i][j] = a[i][j] * b[i][j];
      }
    }
    return p;
  }

  @Override
  public void close() {
    improvement.close();
  }
}
