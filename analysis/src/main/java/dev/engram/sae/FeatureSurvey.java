package dev.engram.sae;

import dev.engram.Progress;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.HashedFile;
import dev.engram.model.Batches;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.sae.FeatureAttributor.Scored;
import dev.engram.trace.Feature;
import dev.engram.trace.TraceRequest;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a set of images does to every feature of an autoencoder: what it improves, in how many
 * images it is active, and in which most. The set passes through the model once, for all features.
 *
 * <p>What is kept grows with what is active, not with the number of features times images: an
 * autoencoder can have a hundred thousand of them.
 */
public final class FeatureSurvey {
  /** Images that are kept for each feature. */
  public static final int STRONGEST = 8;

  /** Bytes that are written at most: they are in memory twice meanwhile. */
  private static final long MOST_WRITTEN = 1L << 27;

  private final SparseAutoencoder sae;
  private final ImageSet set;
  private final List<LabelledImage> images;
  private final List<Entity> entities;
  private final Reading reading;
  private final List<Effects> effects = new ArrayList<>(); // one for each entity
  private final int[] active; // of each feature
  private final int[][] strongest; // (STRONGEST, features), positions of images; −1 for none
  private final float[][] largest; // their coefficients

  /**
   * What a feature does for an entity, means over its images.
   *
   * @param entity which
   * @param improvement of the cosine with the label
   * @param coefficient m at the class token
   */
  public record Effect(Entity entity, double improvement, double coefficient) {}

  /** Features that are active at the class token of an entity's images, by ascending index. */
  private record Effects(int[] features, double[] improvements, double[] coefficients) {
    /** Of sums over n images. */
    static Effects of(double[][] sums, int n) {
      int[] which = IntStream.range(0, sums[1].length).filter(f -> sums[1][f] != 0).toArray();
      return new Effects(
          which,
          Arrays.stream(which).mapToDouble(f -> sums[0][f] / n).toArray(),
          Arrays.stream(which).mapToDouble(f -> sums[1][f] / n).toArray());
    }

    Effect of(Entity entity, int feature) {
      int at = Arrays.binarySearch(features, feature);
      return at < 0
          ? new Effect(entity, 0, 0)
          : new Effect(entity, improvements[at], coefficients[at]);
    }
  }

  private FeatureSurvey(Clip clip, SparseAutoencoder sae, ImageSet set, Reading reading) {
    this.sae = sae;
    this.set = set;
    this.images = set.images();
    this.entities = clip.config().hasText() ? set.entities() : List.of();
    this.reading = reading;
    active = new int[sae.count()];
    strongest = new int[STRONGEST][sae.count()];
    largest = new float[STRONGEST][sae.count()];
    for (int[] row : strongest) {
      Arrays.fill(row, -1);
    }
  }

  /**
   * Passes a set through the model.
   *
   * @param clip the model
   * @param sae of the model; must outlive the survey
   * @param set entities and background; may lack either
   * @param reading of the improvement, one that {@link FeatureAttributor#requireDefined} lets pass
   * @throws dev.engram.EngramException if an image cannot be read
   */
  public static FeatureSurvey of(
      Clip clip, SparseAutoencoder sae, ImageSet set, Reading reading, Progress progress) {
    FeatureAttributor.requireDefined(sae.hook(), reading);
    FeatureSurvey survey = new FeatureSurvey(clip, sae, set, reading);
    try (FeatureAttributor attributor = new FeatureAttributor(clip, sae)) {
      survey.pass(clip, attributor, progress);
    }
    return survey;
  }

  private void pass(Clip clip, FeatureAttributor attributor, Progress progress) {
    FeatureReader reader = new FeatureReader(clip, sae);
    float[][] texts =
        entities.isEmpty()
            ? new float[0][]
            : clip.embedTexts(entities.stream().map(Entity::label).toList(), progress);
    int from = 0;
    for (int e = 0; e < texts.length; e++) {
      float[] text = texts[e];
      int to = from + entities.get(e).images().size();
      double[][] sums = new double[2][sae.count()];
      pass(
          clip,
          attributor.request(),
          from,
          to,
          progress,
          batch ->
              new Read(
                  attributor.scored(batch.trace(), text, List.of(reading)).get(0),
                  reader.largest(batch.trace())),
          (first, read) -> {
            add(read.scored().scores(), sums[0]);
            add(read.scored().coefficients(), sums[1]);
            keep(read.largest(), first);
          });
      effects.add(Effects.of(sums, to - from));
      from = to;
    }
    pass(
        clip,
        TraceRequest.none(),
        from,
        images.size(),
        progress,
        batch -> reader.largest(batch.trace()),
        (first, read) -> keep(read, first));
    progress.step("looking through images", images.size(), images.size());
  }

  /** Of a batch: scores, and the largest coefficient of each feature in each image. */
  private record Read(Scored scored, float[][] largest) {}

  private <T> void pass(
      Clip clip,
      TraceRequest request,
      int from,
      int to,
      Progress progress,
      Traces.Read<T> read,
      Batches.Sink<T> sink) {
    SaeHook hook = sae.hook();
    clip.traces(pixels(clip, from, to, progress), request.withWhole(hook.site(), hook.siteLayer()))
        .each(read, (first, part) -> sink.take(from + first, part));
  }

  /** Images that are read when they are asked for. */
  private List<float[]> pixels(Clip clip, int from, int to, Progress progress) {
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

  private static void add(float[][] rows, double[] sum) {
    for (float[] row : rows) {
      for (int i = 0; i < sum.length; i++) {
        sum[i] += row[i];
      }
    }
  }

  /** Of images that are equally strong the first ones stay. */
  private void keep(float[][] rows, int first) {
    for (int i = 0; i < rows.length; i++) {
      for (int f = 0; f < active.length; f++) {
        float m = rows[i][f];
        active[f] += m > 0 ? 1 : 0;
        int at = STRONGEST;
        while (at > 0 && (strongest[at - 1][f] < 0 || largest[at - 1][f] < m)) {
          at--;
        }
        for (int k = STRONGEST - 1; k > at; k--) {
          strongest[k][f] = strongest[k - 1][f];
          largest[k][f] = largest[k - 1][f];
        }
        if (at < STRONGEST) {
          strongest[at][f] = first + i;
          largest[at][f] = m;
        }
      }
    }
  }

  // ------------------------------------------------------------------------------ what was found

  /** Whether it is what these would be asked for. */
  public boolean isOf(SparseAutoencoder of, ImageSet images, Reading by) {
    return sae == of && set == images && reading == by;
  }

  /** One for each entity, the most improved first. */
  public List<Effect> effects(Feature feature) {
    int index = sae.known(feature).index();
    return IntStream.range(0, effects.size())
        .mapToObj(e -> effects.get(e).of(entities.get(e), index))
        .sorted(Comparator.comparingDouble(e -> -e.improvement()))
        .toList();
  }

  /** What a feature does for one entity of the set. */
  Effect effect(Entity entity, Feature feature) {
    return effects.get(entities.indexOf(entity)).of(entity, sae.known(feature).index());
  }

  /** In how many images a feature is active, at any token. */
  public int active(Feature feature) {
    return active[sae.known(feature).index()];
  }

  /** The images in which a feature is most active at any token: {@link #STRONGEST} or all. */
  public List<LabelledImage> strongest(Feature feature) {
    int index = sae.known(feature).index();
    return Arrays.stream(strongest)
        .mapToInt(row -> row[index])
        .filter(image -> image >= 0)
        .<LabelledImage>mapToObj(images::get)
        .toList();
  }

  // ---------------------------------------------------------------------------------- the file

  private long bytes() {
    long bytes = (long) Integer.BYTES * active.length * (1 + 2L * STRONGEST);
    for (Effects e : effects) {
      bytes += Integer.BYTES + (long) e.features.length * (Integer.BYTES + 2L * Double.BYTES);
    }
    return bytes;
  }

  /** Writes every number as it is. */
  void write(Path file) {
    if (bytes() > MOST_WRITTEN) {
      return;
    }
    ByteBuffer out = HashedFile.allocate(bytes());
    for (Effects e : effects) {
      out.putInt(e.features.length);
      for (int i = 0; i < e.features.length; i++) {
        out.putInt(e.features[i]).putDouble(e.improvements[i]).putDouble(e.coefficients[i]);
      }
    }
    for (int f = 0; f < active.length; f++) {
      out.putInt(active[f]);
      for (int k = 0; k < STRONGEST; k++) {
        out.putInt(strongest[k][f]).putFloat(largest[k][f]);
      }
    }
    HashedFile.write(file, out);
  }

  /** A survey that {@link #write} has written for the same questions; empty if there is none. */
  static Optional<FeatureSurvey> read(
      Path file, Clip clip, SparseAutoencoder sae, ImageSet set, Reading reading) {
    return HashedFile.read(file)
        .map(
            in -> {
              FeatureSurvey survey = new FeatureSurvey(clip, sae, set, reading);
              survey.fill(in);
              return survey;
            });
  }

  private void fill(ByteBuffer in) {
    for (int e = 0; e < entities.size(); e++) {
      int n = in.getInt();
      Effects of = new Effects(new int[n], new double[n], new double[n]);
      for (int i = 0; i < n; i++) {
        of.features[i] = in.getInt();
        of.improvements[i] = in.getDouble();
        of.coefficients[i] = in.getDouble();
      }
      effects.add(of);
    }
    for (int f = 0; f < active.length; f++) {
      active[f] = in.getInt();
      for (int k = 0; k < STRONGEST; k++) {
        strongest[k][f] = in.getInt();
        largest[k][f] = in.getFloat();
      }
    }
  }
}
