package dev.engram.attribution;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a model which of its neurons bring images closest to a text (Sec. 3.2). Keep one for a
 * model: it holds what depends on the model alone, until it or the model is closed.
 */
public final class Attributor implements AutoCloseable {
  private final Clip clip;
  private final NeuronSpace space;
  private final Improvement improvement;
  private final Gradients gradients;

  /**
   * @param clip the model; must outlive this
   */
  public Attributor(Clip clip) {
    this.clip = clip;
    space = clip.config().vision().space();
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
      List<LabelledImage> images, String label, Score by, Progress progress) {
    return attribute(images, label, List.of(by), progress).get(0);
  }

  /**
   * Several scores of the same images, from one forward pass of each.
   *
   * @param images at least one
   * @param label the text, e.g. the entity's caption
   * @return one attribution for each score, in their order
   * @throws EngramException as {@link #attribute(List, String, Score, Progress)} of any of them
   */
  public List<Attribution> attribute(
      List<LabelledImage> images, String label, List<Score> by, Progress progress) {
    float[] text = clip.embedTexts(List.of(label), Progress.NONE)[0];
    List<float[]> pixels = new ArrayList<>();
    for (LabelledImage image : images) {
      progress.step("reading images", pixels.size(), images.size());
      pixels.add(clip.processor().process(image.file()));
    }
    Provenance provenance =
        Provenance.of(
            clip,
            "images",
            images.size() == 1
                ? images.get(0).name()
                : images.size()
                    + " of "
                    + String.join(
                        ", ", images.stream().map(LabelledImage::entity).distinct().toList()),
            "label",
            "\"" + label + "\"");
    List<String> names = images.stream().map(LabelledImage::name).toList();
    return attribute(
        pixels, names, label, text, by, score -> provenanceOf(score, provenance), progress);
  }

  private static Provenance provenanceOf(Score by, Provenance images) {
    Provenance method = images.with("method", by.method());
    return by.match(
        reading -> method.with("reading", reading + " (" + reading.title() + ")"),
        baseline -> method);
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
      Score by,
      Provenance provenance,
      Progress progress) {
    return attribute(pixels, names, label, text, List.of(by), score -> provenance, progress).get(0);
  }

  private List<Attribution> attribute(
      List<float[]> pixels,
      List<String> names,
      String label,
      float[] text,
      List<Score> by,
      Function<Score, Provenance> provenance,
      Progress progress) {
    if (pixels.isEmpty()) {
      throw new EngramException("There is no image to attribute; give an image or an entity.");
    }
    by.forEach(this::checkDefined);
    int n = pixels.size();
    float[][][] scores = new float[by.size()][n][];
    float[][] coefficients = new float[n][];
    double[] cosines = new double[n];
    // without a class token the coefficients of all tokens are kept: 0.4 GB an image of a So400m
    clip.traces(pixels, Contributions.request(clip))
        .atOnce(clip.config().family().hasClassToken() ? Traces.usual(clip) : 1)
        .telling("attributing images", progress)
        .each(
            batch -> {
              float[][] m = coefficients(batch.trace());
              List<float[][]> s = scores(batch.trace(), batch.pixels(), text, by);
              double[] c = Cosine.ofRows(batch.trace().embedding().toFloatArray(), text);
              for (int i = 0; i < scores.length; i++) {
                System.arraycopy(s.get(i), 0, scores[i], batch.from(), batch.size());
              }
              System.arraycopy(m, 0, coefficients, batch.from(), batch.size());
              System.arraycopy(c, 0, cosines, batch.from(), batch.size());
            });
    return IntStream.range(0, scores.length)
        .mapToObj(
            i ->
                new Attribution(
                    n == 1 ? names.get(0) : n + " images",
                    label,
                    List.copyOf(names),
                    by.get(i),
                    space,
                    scores[i],
                    coefficients,
                    cosines,
                    provenance.apply(by.get(i))))
        .toList();
  }

  /** Eq. 11 and 12 and the gradient are of the class token. */
  private void checkDefined(Score by) {
    String what = by.match(reading -> "the reading " + reading, b -> "the method " + b);
    if (by.needsGradients()) {
      clip.requireFloat32("The method " + by);
    }
    if (by.isOfClassToken() && !clip.config().family().hasClassToken()) {
      throw new EngramException(
          "A %s has no class token, of which %s speaks; use the reading direct (--reading direct), which goes through its attention pool."
              .formatted(clip.config().family().title(), what));
    }
  }

  /**
   * The scores of images that have been traced already, for whoever asks more than one question of
   * a trace.
   *
   * @param trace made with {@link Contributions#request}
   * @param pixels the images of the trace; read for gradients alone
   * @param text M_text of the label (D)
   * @return (B, neurons) in the order of {@link #space()}
   */
  public float[][] scores(Trace trace, List<float[]> pixels, float[] text, Score by) {
    return scores(trace, pixels, text, List.of(by)).get(0);
  }

  /**
   * The improvement of images that have been traced already, each under a text of its own.
   *
   * @param trace made with {@link Contributions#request}
   * @param texts M_text of any length (texts, D), at least one
   * @param of which of them each image has (B)
   * @param reading any but {@link Reading#DIRECT}
   * @return (B, neurons) in the order of {@link #space()}
   */
  public float[][] improvements(Trace trace, float[][] texts, int[] of, Reading reading) {
    return improvement.scores(trace, texts, of, reading);
  }

  /** One for each score; the gradients, which take longest, are computed once. */
  private List<float[][]> scores(Trace trace, List<float[]> pixels, float[] text, List<Score> all) {
    float[][] gradient =
        all.stream().anyMatch(Score::needsGradients)
            ? gradients.scores(pixels, text)
            : new float[0][];
    return all.stream()
        .map(
            by ->
                by.<float[][]>match(
                    reading -> improvement.scores(trace, text, reading),
                    baseline ->
                        switch (baseline) {
                          case ACTIVATION -> coefficients(trace);
                          case GRADIENT -> gradient;
                          case COMBINED -> product(coefficients(trace), gradient);
                        }))
        .toList();
  }

  /** The order of the neurons in the scores. */
  public NeuronSpace space() {
    return space;
  }

  /**
   * @param trace made with {@link Contributions#request}
   * @return m of every neuron at the class token, (B, neurons); where there is none the mean over
   *     the tokens, weighted by the attention of the pool, averaged over its heads
   */
  public float[][] coefficients(Trace trace) {
    float[][] out = new float[trace.batch()][space.count()];
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray attention = attention(trace, scope);
      for (int l = 0; l < space.layers(); l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          float[] m = atReadOut(trace.get(Site.coefficients(block), l), attention);
          int n = space.size(block);
          for (int b = 0; b < out.length; b++) {
            System.arraycopy(m, b * n, out[b], space.offset(block, l), n);
          }
        }
      }
    }
    return out;
  }

  /**
   * @param trace made with the patch maxima of {@link Site#M_A} and {@link Site#M_F}
   * @return the largest m of every neuron over the patches, (B, neurons)
   */
  public float[][] patchMaxima(Trace trace) {
    float[][] out = new float[trace.batch()][space.count()];
    for (int l = 0; l < space.layers(); l++) {
      for (Neuron.Block block : Neuron.Block.values()) {
        float[] m = trace.patchMaximum(Site.coefficients(block), l).toFloatArray();
        int n = space.size(block);
        for (int b = 0; b < out.length; b++) {
          System.arraycopy(m, b * n, out[b], space.offset(block, l), n);
        }
      }
    }
    return out;
  }

  /** What the pool's heads look at on average (B, 1, T); null where a class token is read. */
  private @Nullable NDArray attention(Trace trace, NDManager scope) {
    if (clip.config().family().hasClassToken()) {
      return null;
    }
    NDArray h = trace.get(Site.H, trace.layers()).duplicate();
    h.attach(scope);
    return clip.vision().head().attention(h).mean(new int[] {1}, true);
  }

  private static float[] atReadOut(NDArray m, @Nullable NDArray attention) {
    if (attention == null) {
      return m.toFloatArray();
    }
    try (NDArray pooled = attention.matMul(m)) {
      return pooled.toFloatArray();
    }
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
