package dev.engram.dissect;

import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.model.Batches;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.TraceRequest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a set of images does to every neuron: the coefficient m at the class token on each image,
 * and the improvement for each entity (Eq. 11, 12). The set passes through the model once, for all
 * neurons; only where their coefficients are too many to keep does a neuron need another pass.
 */
public final class Survey {
  /** Coefficients that are kept: 256 MB. */
  private static final long MOST_KEPT = 1L << 26;

  /** Bytes that are written at most: they are in memory twice meanwhile. */
  private static final long MOST_WRITTEN = 1L << 27;

  private final Clip clip;
  private final ImageSet set;
  private final List<LabelledImage> images;
  private final NeuronSpace space;
  private final Reading reading;
  private final double[][] improvements; // (entities, neurons), mean over the entity's images
  private final double[][] means; // m (entities, neurons), mean over the entity's images
  private final float @Nullable [][] coefficients; // (images, neurons)

  /**
   * How a neuron and an entity belong together.
   *
   * @param entity which
   * @param improvement mean over its images
   * @param rank of the neuron for this entity among all neurons, from 1
   * @param coefficient m at the class token, mean over its images
   */
  public record Effect(Entity entity, double improvement, int rank, double coefficient) {}

  private Survey(
      Clip clip,
      Attributor attributor,
      ImageSet set,
      Reading reading,
      long kept,
      Progress progress) {
    this(clip, attributor, set, reading, kept);
    List<Entity> entities = entities(clip, set);
    float[][] texts =
        entities.isEmpty()
            ? new float[0][]
            : clip.embedTexts(entities.stream().map(Entity::label).toList(), progress);
    int from = 0;
    for (int e = 0; e < texts.length; e++) {
      int entity = e;
      int to = from + entities.get(e).images().size();
      pass(
          from,
          to,
          progress,
          batch ->
              new Scored(
                  attributor.scores(batch.trace(), batch.pixels(), texts[entity], reading),
                  attributor.coefficients(batch.trace())),
          (first, part) -> {
            add(part.scores, improvements[entity]);
            add(keep(part.coefficients, first), means[entity]);
          });
      divide(improvements[e], to - from);
      divide(means[e], to - from);
      from = to;
    }
    if (coefficients != null) {
      pass(
          from,
          images.size(),
          progress,
          batch -> attributor.coefficients(batch.trace()),
          (first, m) -> keep(m, first));
    }
    progress.step("looking through images", images.size(), images.size());
  }

  /** All zeros. */
  private Survey(Clip clip, Attributor attributor, ImageSet set, Reading reading, long kept) {
    this.clip = clip;
    this.set = set;
    this.images = set.images();
    this.space = attributor.space();
    this.reading = reading;
    int entities = entities(clip, set).size();
    improvements = new double[entities][space.count()];
    means = new double[entities][space.count()];
    coefficients = (long) images.size() * space.count() <= kept ? new float[images.size()][] : null;
  }

  /** Without a text tower nothing is known of labels, but all of coefficients. */
  private static List<Entity> entities(Clip clip, ImageSet set) {
    return clip.config().hasText() ? set.entities() : List.of();
  }

  /** How many bytes {@link #write} takes. */
  private long bytes() {
    return space.count()
        * (2L * Double.BYTES * improvements.length
            + (coefficients == null ? 0 : (long) Float.BYTES * images.size()));
  }

  /** Writes every number as it is. */
  void write(Path file) {
    if (bytes() > MOST_WRITTEN) {
      return;
    }
    ByteBuffer out = HashedFile.allocate(bytes());
    for (double[][] rows : List.of(improvements, means)) {
      for (double[] row : rows) {
        out.asDoubleBuffer().put(row);
        out.position(out.position() + Double.BYTES * row.length);
      }
    }
    if (coefficients != null) {
      for (float[] row : coefficients) {
        out.asFloatBuffer().put(row);
        out.position(out.position() + Float.BYTES * row.length);
      }
    }
    HashedFile.write(file, out);
  }

  /** A survey that {@link #write} has written for the same questions; empty if there is none. */
  static Optional<Survey> read(
      Path file, Clip clip, Attributor attributor, ImageSet set, Reading reading) {
    Survey survey = new Survey(clip, attributor, set, reading, MOST_KEPT);
    return survey.bytes() > MOST_WRITTEN
        ? Optional.empty()
        : HashedFile.read(file, survey.bytes())
            .map(
                in -> {
                  survey.fill(in);
                  return survey;
                });
  }

  private void fill(ByteBuffer in) {
    for (double[][] rows : List.of(improvements, means)) {
      for (double[] row : rows) {
        in.asDoubleBuffer().get(row);
        in.position(in.position() + Double.BYTES * row.length);
      }
    }
    for (int i = 0; coefficients != null && i < coefficients.length; i++) {
      coefficients[i] = new float[space.count()];
      in.asFloatBuffer().get(coefficients[i]);
      in.position(in.position() + Float.BYTES * space.count());
    }
  }

  /**
   * Passes a set through the model.
   *
   * @param clip the model; must outlive the survey
   * @param attributor of the same model
   * @param set entities and background; may lack either. For an image tower alone its entities are
   *     images without labels
   * @param reading of the improvement
   * @throws dev.engram.EngramException if an image cannot be read
   */
  public static Survey of(
      Clip clip, Attributor attributor, ImageSet set, Reading reading, Progress progress) {
    return new Survey(clip, attributor, set, reading, MOST_KEPT, progress);
  }

  /** The same with another limit of what is kept. */
  static Survey keeping(
      long kept,
      Clip clip,
      Attributor attributor,
      ImageSet set,
      Reading reading,
      Progress progress) {
    return new Survey(clip, attributor, set, reading, kept, progress);
  }

  /** Of a batch, each (B, neurons). */
  private record Scored(float[][] scores, float[][] coefficients) {}

  /** Passes some of the images; the sink is told the position of a batch's first image. */
  private <T> void pass(
      int from, int to, Progress progress, Traces.Read<T> read, Batches.Sink<T> sink) {
    clip.traces(pixels(from, to, progress), TraceRequest.classToken())
        .each(read, (first, part) -> sink.take(from + first, part));
  }

  /** Images that are read when they are asked for. */
  private List<float[]> pixels(int from, int to, Progress progress) {
    return new AbstractList<>() {
      @Override
      public float[] get(int i) {
        progress.step("looking through images", from + i, images.size());
        return clip.processor().process(images.get(from + i).file());
      }

      @Override
      public int size() {
        return to - from;
      }
    };
  }

  private float[][] keep(float[][] m, int first) {
    if (coefficients != null) {
      System.arraycopy(m, 0, coefficients, first, m.length);
    }
    return m;
  }

  private static void add(float[][] rows, double[] sum) {
    for (float[] row : rows) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += row[i];
      }
    }
  }

  private static void divide(double[] sum, int count) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] /= count;
    }
  }

  /** The set. */
  public ImageSet set() {
    return set;
  }

  /** All images of the set: those of the entities, then the background. */
  public List<LabelledImage> images() {
    return images;
  }

  /** How the improvements are read. */
  public Reading reading() {
    return reading;
  }

  /** The order of the neurons in {@link #improvements} and {@link #coefficients(int)}. */
  public NeuronSpace space() {
    return space;
  }

  /**
   * @param entity its position in the set
   * @return the improvement by every neuron, mean over the entity's images, a copy
   */
  public double[] improvements(int entity) {
    return improvements[entity].clone();
  }

  /**
   * @param entity its position in the set
   * @return m of every neuron, mean over the entity's images, a copy
   */
  public double[] coefficients(int entity) {
    return means[entity].clone();
  }

  /** m of the neuron at the class token of each image, in the order of {@link #images}. */
  public float[] coefficients(Neuron neuron, Progress progress) {
    float[] out = new float[images.size()];
    if (coefficients != null) {
      int index = space.index(neuron);
      for (int i = 0; i < out.length; i++) {
        out[i] = coefficients[i][index];
      }
      return out;
    }
    int n = space.size(neuron.block());
    int column = neuron.column(space.headWidth());
    pass(
        0,
        out.length,
        progress,
        batch ->
            batch.trace().get(Site.coefficients(neuron.block()), neuron.layer()).toFloatArray(),
        (first, m) -> {
          for (int b = 0; b < m.length / n; b++) {
            out[first + b] = m[b * n + column];
          }
        });
    return out;
  }

  /** One for each entity, the most improved first. */
  public List<Effect> effects(Neuron neuron) {
    int index = space.index(neuron);
    return IntStream.range(0, improvements.length)
        .mapToObj(
            e ->
                new Effect(
                    set.entities().get(e),
                    improvements[e][index],
                    rank(improvements[e], index),
                    means[e][index]))
        .sorted(Comparator.comparingDouble((Effect e) -> -e.improvement()))
        .toList();
  }

  /**
   * The entity that decides a neuron's sign.
   *
   * @param effects of the neuron
   * @return the one that drives it most, of those that it improves; empty if it improves none
   */
  public static Optional<Effect> decisive(List<Effect> effects) {
    return effects.stream()
        .filter(e -> e.improvement() > 0)
        .max(Comparator.comparingDouble(e -> Math.abs(e.coefficient())));
  }

  /** 1 for the largest value, …; of equal ones the first in the order of the forward pass. */
  private static int rank(double[] values, int index) {
    int rank = 1;
    for (int i = 0; i < values.length; i++) {
      if (values[i] > values[index] || (values[i] == values[index] && i < index)) {
        rank++;
      }
    }
    return rank;
  }

  /**
   * The sign by which the paper multiplies a neuron's query and value vector (A.2), taken on the
   * entity that drives the neuron most, of those that it improves. (The most improved one would
   * turn many an FFN neuron around for a coefficient that is all but 0.)
   *
   * @return −1 if the mean coefficient on that entity is negative, else +1; +1 if it improves none
   */
  public int sign(Neuron neuron) {
    int index = space.index(neuron);
    double strongest = 0;
    for (int e = 0; e < improvements.length; e++) {
      if (improvements[e][index] > 0 && Math.abs(means[e][index]) > Math.abs(strongest)) {
        strongest = means[e][index];
      }
    }
    return strongest < 0 ? -1 : 1;
  }

  /**
   * @param neuron its position in the {@link #space}
   * @return the position of the entity that it improves most; −1 without entities
   */
  public int best(int neuron) {
    int best = -1;
    for (int e = 0; e < improvements.length; e++) {
      if (best < 0 || improvements[e][neuron] > improvements[best][neuron]) {
        best = e;
      }
    }
    return best;
  }
}
