package dev.engram.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.FeatureAttribution;
import dev.engram.attribution.Improvement;
import dev.engram.attribution.Improvement.Additions;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks which features of an autoencoder bring images closest to a text, by the paper's score (Sec.
 * 3.2, Eq. 11 and 12): a feature has a coefficient and a value vector, as a neuron has.
 *
 * <p>A feature of a block's output is scored as a neuron of that block is. A feature of the
 * residual stream is in the stream already, and no block's input norm is its own: it has the
 * readings {@code lens}, {@code frozen} and {@code direct}, as what taking it out of the stream
 * costs.
 */
public final class FeatureAttributor implements AutoCloseable {
  private final Clip clip;
  private final SparseAutoencoder sae;
  private final Improvement improvement;

  /**
   * @param clip the model; must outlive this
   * @param sae of the model; must outlive this
   */
  public FeatureAttributor(Clip clip, SparseAutoencoder sae) {
    this.clip = clip;
    this.sae = sae;
    this.improvement = new Improvement(clip);
  }

  /** What features are scored by if nobody says it: the paper's score, as far as they have it. */
  public static Reading usual(SaeHook hook) {
    return hook.block().isPresent() ? Reading.LITERAL : Reading.LENS;
  }

  /** Whether features of this place have a score. */
  public static boolean isDefined(SaeHook hook, Score by) {
    return by.match(
        reading ->
            hook.block().isPresent()
                || (reading != Reading.LITERAL && reading != Reading.LITERAL_POST),
        baseline -> baseline == Baseline.ACTIVATION);
  }

  /**
   * Refuses at once what {@link #attribute} would refuse.
   *
   * @throws EngramException for a score that features of this place have not
   */
  public static void requireDefined(SaeHook hook, Score by) {
    if (!isDefined(hook, by)) {
      throw new EngramException(
          by.match(
              reading ->
                  "The reading %s normalises what a block reads, and features of %s belong to no block; take lens, frozen or direct."
                      .formatted(reading, hook),
              baseline ->
                  "The method %s is not defined for features of an autoencoder; take improvement or activation."
                      .formatted(baseline)));
    }
  }

  /**
   * Scores every feature.
   *
   * @param images at least one
   * @param label the text
   * @throws EngramException if there is no image, one cannot be read, the label is empty or too
   *     long, or features have no such score
   */
  public FeatureAttribution attribute(
      List<LabelledImage> images, String label, Score by, Progress progress) {
    return attribute(images, label, List.of(by), progress).get(0);
  }

  /**
   * Scores every feature in several ways, in one pass of the images.
   *
   * @param images at least one
   * @param label the text
   * @return one for each score, in their order
   * @throws EngramException as {@link #attribute(List, String, Score, Progress)}
   */
  public List<FeatureAttribution> attribute(
      List<LabelledImage> images, String label, List<Score> scores, Progress progress) {
    if (images.isEmpty()) {
      throw new EngramException("There is no image to attribute; give an image or an entity.");
    }
    scores.forEach(by -> requireDefined(sae.hook(), by));
    float[] text = clip.embedTexts(List.of(label), Progress.NONE)[0];
    List<float[]> pixels = new ArrayList<>();
    for (LabelledImage image : images) {
      progress.step("reading images", pixels.size(), images.size());
      pixels.add(clip.processor().process(image.file()));
    }
    int n = images.size();
    float[][][] scored = new float[scores.size()][n][];
    float[][] coefficients = new float[n][];
    double[] cosines = new double[n];
    clip.traces(pixels, request())
        .telling("attributing images", progress)
        .each(
            batch -> {
              List<Scored> each = scored(batch.trace(), text, scores);
              for (int s = 0; s < scored.length; s++) {
                System.arraycopy(each.get(s).scores(), 0, scored[s], batch.from(), batch.size());
              }
              double[] c = Cosine.ofRows(batch.trace().embedding().toFloatArray(), text);
              System.arraycopy(
                  each.get(0).coefficients(), 0, coefficients, batch.from(), batch.size());
              System.arraycopy(c, 0, cosines, batch.from(), batch.size());
            });
    String title = n == 1 ? images.get(0).name() : n + " images";
    List<String> names = images.stream().map(LabelledImage::name).toList();
    Provenance provenance =
        provenance(clip, sae).with("images", String.valueOf(n), "label", "\"" + label + "\"");
    return IntStream.range(0, scored.length)
        .mapToObj(
            s ->
                new FeatureAttribution(
                    title,
                    label,
                    names,
                    scores.get(s),
                    sae.hook().layer(),
                    scored[s],
                    coefficients,
                    cosines,
                    provenanceOf(scores.get(s), provenance.with("method", scores.get(s).method()))))
        .toList();
  }

  private static Provenance provenanceOf(Score by, Provenance method) {
    return by.match(
        reading -> method.with("reading", reading + " (" + reading.title() + ")"),
        baseline -> method);
  }

  /** The model, and the autoencoder by its name, its hash and what it reads. */
  public static Provenance provenance(Clip clip, SparseAutoencoder sae) {
    return Provenance.of(
        clip,
        "autoencoder",
        sae.name() + " " + Sha256.brief(sae.hash()),
        "hook",
        sae.hook().toString());
  }

  /** What a trace must keep for {@link #scored}. */
  public TraceRequest request() {
    return TraceRequest.none()
        .with(sae.hook().site(), Tokens.CLASS)
        .with(Site.H, Tokens.CLASS)
        .with(Site.MID, Tokens.CLASS);
  }

  /**
   * Scores and coefficients of the images of a trace.
   *
   * @param scores (B, features)
   * @param coefficients m at the class token (B, features)
   */
  public record Scored(float[][] scores, float[][] coefficients) {}

  /** Scores the images of a trace by all features; they are encoded once. */
  List<Scored> scored(Trace trace, float[] text, List<? extends Score> scores) {
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray m = sae.encode(read(trace, scope)).coefficients();
      NDArray values = sae.values(clip, scope);
      return scores.stream().<Scored>map(by -> scored(trace, text, by, m, values)).toList();
    }
  }

  private NDArray read(Trace trace, NDManager scope) {
    NDArray read = trace.get(sae.hook().site(), sae.hook().siteLayer()).duplicate();
    read.attach(scope);
    return read;
  }

  private Scored scored(Trace trace, float[] text, Score by, NDArray m, NDArray values) {
    float[][] coefficients = Trace.rows(m);
    Neuron.@Nullable Block block = sae.hook().block().orElse(null);
    return new Scored(
        by.match(
            reading ->
                improvement.scores(
                    trace,
                    new Additions(values, m, block, sae.hook().layer(), stream(trace)),
                    text,
                    reading),
            baseline -> coefficients),
        coefficients);
  }

  /** What the block reads whose output is read, or what is read itself (B, d). */
  private NDArray stream(Trace trace) {
    SaeHook hook = sae.hook();
    return hook.block().isEmpty()
        ? trace.get(hook.site(), hook.siteLayer())
        : trace.get(hook.block().get() == Neuron.Block.FFN ? Site.MID : Site.H, hook.layer());
  }

  @Override
  public void close() {
    improvement.close();
  }
}
