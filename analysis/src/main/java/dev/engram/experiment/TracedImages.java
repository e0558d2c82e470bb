package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Suppression;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Images with one label after their pass through the model, which every ranking and every residual
 * suppression reads without passing them again. Owns native memory: close it.
 */
final class TracedImages implements AutoCloseable {
  private final Attributor attributor;
  private final String label;
  private final float[] text;
  private final List<String> names = new ArrayList<>();
  private final List<List<float[]>> pixels = new ArrayList<>();
  private final List<Trace> traces = new ArrayList<>();
  private final Map<Score, Attribution> attributions = new HashMap<>();
  private float @Nullable [][] coefficients;

  /**
   * @param attributor of the model
   * @param label embedded on its own, so that nothing here depends on other labels
   */
  TracedImages(Clip clip, Attributor attributor, List<LabelledImage> images, String label) {
    this.attributor = attributor;
    this.label = label;
    this.text = text(clip, label);
    images.forEach(i -> names.add(i.name()));
    try {
      clip.batches()
          .each(
              images.size(),
              Traces.USUAL,
              clip.traces(List.of(), TraceRequest.classToken()).bytesPerImage(),
              (from, to) -> traced(clip, images.subList(from, to)),
              (from, batch) -> {
                pixels.add(batch.pixels);
                traces.add(batch.trace);
              });
    } catch (Throwable t) {
      close();
      throw t;
    }
  }

  private record Traced(List<float[]> pixels, Trace trace) {}

  private static Traced traced(Clip clip, List<LabelledImage> images) {
    Progress.checkInterrupt();
    List<float[]> pixels =
        images.stream().map(image -> clip.processor().process(image.file())).toList();
    return new Traced(pixels, clip.trace(pixels, TraceRequest.classToken(), List.of()));
  }

  /** The entities of a set, refused if there are none. */
  static List<Entity> entities(ImageSet set) {
    if (set.entities().isEmpty()) {
      throw new EngramException(
          "This experiment needs entities; the image set "
              + set.name()
              + " has none. Open a folder entity/*.png or category/entity/*.png.");
    }
    return set.entities();
  }

  /** The background images that say what they show: the stand-in for general objects. */
  static List<LabelledImage> generalObjects(ImageSet set) {
    return set.background().stream().filter(i -> !i.label().isEmpty()).toList();
  }

  /** Every second one, from the first (0) or the second (1) on. */
  static <T> List<T> half(List<T> all, int first) {
    return IntStream.range(0, all.size()).filter(i -> i % 2 == first).mapToObj(all::get).toList();
  }

  /** M_text of one text (D). */
  static float[] text(Clip clip, String label) {
    return clip.embedTexts(List.of(label), Progress.NONE)[0];
  }

  /** What every experiment says of itself first. */
  static Provenance provenance(ExperimentSettings<?> settings, Study study) {
    ImageSet set = study.set();
    Provenance first =
        Provenance.of("experiment", settings.experiment().name())
            .with(study.clip())
            .with("images", set + " (" + Sha256.brief(set.hash()) + ")");
    List<Change> changes = Settings.changes(settings);
    return changes.isEmpty()
        ? first
        : first.with(
            "settings", changes.stream().map(Change::toString).collect(Collectors.joining(", ")));
  }

  /** The scores of all neurons, computed at the first question. */
  Attribution attribution(Score ranking) {
    Attribution known = attributions.get(ranking);
    if (known == null) {
      known =
          new Attribution(
              names.size() + " images",
              label,
              names,
              ranking,
              attributor.space(),
              scores(ranking, text),
              coefficients(),
              cosines(),
              Provenance.of("ranking", ranking.toString()));
      attributions.put(ranking, known);
    }
    return known;
  }

  /**
   * The scores of the same images under another label.
   *
   * @param other M_text of it (D)
   * @return (images, neurons)
   */
  float[][] scores(Score ranking, float[] other) {
    if (ranking == Baseline.ACTIVATION) {
      return coefficients();
    }
    if (ranking == Baseline.COMBINED) { // from the gradient, which is expensive
      float[][] m = coefficients();
      float[][] gradient =
          other == text
              ? attribution(Baseline.GRADIENT).scores()
              : scores(Baseline.GRADIENT, other);
      float[][] out = new float[m.length][];
      for (int b = 0; b < out.length; b++) {
        out[b] = gradient[b].clone();
        for (int i = 0; i < out[b].length; i++) {
          out[b][i] *= m[b][i];
        }
      }
      return out;
    }
    List<float[]> rows = new ArrayList<>();
    for (int i = 0; i < traces.size(); i++) {
      rows.addAll(Arrays.asList(attributor.scores(traces.get(i), pixels.get(i), other, ranking)));
    }
    return rows.toArray(float[][]::new);
  }

  private float[][] coefficients() {
    float[][] known = coefficients;
    if (known == null) {
      List<float[]> rows = new ArrayList<>();
      for (int i = 0; i < traces.size(); i++) {
        rows.addAll(Arrays.asList(attributor.coefficients(traces.get(i))));
      }
      known = rows.toArray(float[][]::new);
      coefficients = known;
    }
    return known;
  }

  /** The best neurons of a ranking, by the mean over the images. */
  List<Neuron> top(Score ranking, int count) {
    return attribution(ranking).top(count).stream().map(Attribution.Ranked::neuron).toList();
  }

  /** The same by the mean over some of the images. */
  List<Neuron> top(Score ranking, int count, int[] some) {
    Attribution all = attribution(ranking);
    return new Attribution(
            some.length + " images",
            label,
            IntStream.of(some).mapToObj(names::get).toList(),
            all.by(),
            all.space(),
            rows(all.scores(), some),
            rows(all.coefficients(), some),
            Judging.pick(all.cosines(), some),
            all.provenance())
        .top(count).stream().map(Attribution.Ranked::neuron).toList();
  }

  private static float[][] rows(float[][] all, int[] some) {
    return IntStream.of(some).mapToObj(i -> all[i]).toArray(float[][]::new);
  }

  /** cos(z, t) of each image. */
  double[] cosines() {
    return cosines(Arrays.asList(embeddings()));
  }

  /** M_image of each image, not normalised (images, D). */
  float[][] embeddings() {
    return traces.stream().flatMap(t -> Arrays.stream(t.embeddings())).toArray(float[][]::new);
  }

  /** cos(z, t) of each image after residual suppression. */
  double[] residual(Suppression suppression, Collection<Neuron> neurons) {
    return cosines(Arrays.asList(residualEmbeddings(suppression, neurons)));
  }

  /** M_image of each image after residual suppression, not normalised (images, D). */
  float[][] residualEmbeddings(Suppression suppression, Collection<Neuron> neurons) {
    List<float[]> rows = new ArrayList<>();
    traces.forEach(t -> rows.addAll(Arrays.asList(suppression.residual(t, neurons))));
    return rows.toArray(float[][]::new);
  }

  /** cos(z, t) of each image after complete removal: one more forward pass. */
  double[] complete(Suppression suppression, Collection<Neuron> neurons) {
    List<float[]> rows = new ArrayList<>();
    pixels.forEach(
        batch -> rows.addAll(Arrays.asList(suppression.complete(batch, neurons, Tokens.ALL))));
    return cosines(rows);
  }

  /** The text under which the images are looked at. */
  String label() {
    return label;
  }

  /** M_text of the label (D). */
  float[] text() {
    return text;
  }

  /** The images as the processor makes them. */
  List<float[]> pixels() {
    return pixels.stream().flatMap(List::stream).toList();
  }

  /** cos(z, t) of embeddings with the label. */
  double[] cosines(List<float[]> embeddings) {
    return embeddings.stream().mapToDouble(z -> Cosine.of(z, text)).toArray();
  }

  @Override
  public void close() {
    traces.forEach(Trace::close);
  }
}
