package dev.engram.atlas;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.Vectors;
import dev.engram.atlas.ImageRows.Ranked;
import dev.engram.atlas.ImagesAhead.Read;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.trace.NeuronSpace;
import dev.engram.trace.Site;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Passes the images of a set through the model once, block by block, and keeps what they tell of
 * every neuron. What is done is kept on disk every half minute, or more seldom where that takes
 * long, and at an interruption, so that a survey goes on where it stopped.
 */
final class Surveyor implements AutoCloseable {
  /** How many labels an image keeps. */
  static final int NEAREST = 5;

  /** How many neurons of each kind an image keeps. */
  static final int NEURONS = 20;

  private static final long KEPT_EVERY_NANOS = 30_000_000_000L;

  /** Keeping takes at most one part in so many of the time: it is 400 MB of a ViT-L/14. */
  private static final long KEEPING_SHARE = 50;

  private final Clip clip;
  private final SurveyedImages images;
  private final SurveySettings settings;
  private final @Nullable Path work; // null where others keep what is done
  private final ImageOpener opener;
  private final Attributor attributor;
  private final NeuronSpace space;
  private final float[][] labels; // of unit length (classes, D)
  private final String key;

  /**
   * @param work a folder for what is not finished; need not be there
   */
  Surveyor(
      Clip clip, SurveyedImages images, SurveySettings settings, Path work, Progress progress) {
    this(
        clip,
        images,
        settings,
        work,
        ImageOpener.FILES,
        labels(clip, images.set().entities(), progress),
        key(clip, images, settings));
  }

  /**
   * @param work null for a surveyor that keeps nothing by itself
   * @param labels of unit length (classes, D)
   */
  Surveyor(
      Clip clip,
      SurveyedImages images,
      SurveySettings settings,
      @Nullable Path work,
      ImageOpener opener,
      float[][] labels,
      String key) {
    clip.vision().requireClassToken("a survey");
    this.clip = clip;
    this.images = images;
    this.settings = settings;
    this.work = work;
    this.opener = opener;
    this.labels = labels;
    this.key = key;
    attributor = new Attributor(clip);
    space = attributor.space();
  }

  /** Without a text tower nothing is known of labels, but all of coefficients. */
  private static float[][] labels(Clip clip, List<Entity> classes, Progress progress) {
    return classes.isEmpty() || !clip.config().hasText()
        ? new float[0][]
        : Arrays.stream(clip.embedTexts(classes.stream().map(Entity::label).toList(), progress))
            .map(Vectors::unit)
            .toArray(float[][]::new);
  }

  /** Tells surveys apart: by the model, the images, the settings and the version of the files. */
  static String key(Clip clip, SurveyedImages images, SurveySettings settings) {
    String all =
        String.join(
            "\0",
            "atlas " + Manifest.VERSION,
            clip.hash(),
            images.listHash(),
            settings.toString(),
            "block " + SurveyedImages.BLOCK);
    return Sha256.of(all.getBytes(UTF_8));
  }

  String key() {
    return key;
  }

  /** What was kept of this survey; an empty state where nothing was. */
  AtlasState kept() {
    AtlasState state = empty();
    try {
      unfinished().read(state);
      return state;
    } catch (IOException damaged) {
      return empty(); // and everything passes again
    }
  }

  AtlasState empty() {
    return new AtlasState(space.count(), settings, images.classSizes(), images.size());
  }

  private UnfinishedSurvey unfinished() {
    return new UnfinishedSurvey(Objects.requireNonNull(work, "keeps nothing"), key);
  }

  void keep(AtlasState state, RowSink rows) throws IOException {
    if (work != null) {
      unfinished().keep(state, rows);
    }
  }

  /** What is kept of each image. */
  ImageRows rows() throws IOException {
    return unfinished().rows(format());
  }

  /** How a row of an image is written. */
  ImageRows.Format format() {
    return new ImageRows.Format(clip.config().projectionWidth(), NEAREST, NEURONS);
  }

  /** The blocks that are not in a state yet. */
  int[] left(AtlasState state) {
    return IntStream.range(0, images.blocks()).filter(b -> !state.blocks.get(b)).toArray();
  }

  /**
   * Passes all images that have not passed yet.
   *
   * @return what all images tell
   * @throws EngramException if a folder cannot be written, or no image can be read
   */
  AtlasState run(Progress progress) {
    return run((job, told) -> pass(job.state(), left(job.state()), job.rows(), told), progress);
  }

  /**
   * Has all images passed that have not passed yet.
   *
   * @param engine passes them
   * @return what all images tell
   * @throws EngramException if a folder cannot be written, or no image can be read
   */
  AtlasState run(SurveyEngine engine, Progress progress) {
    AtlasState state = kept();
    try (ImageRows rows = rows()) {
      SurveyJob job =
          new SurveyJob(clip, this, images, settings, labels, unfinished().folder(), state, rows);
      job.absorbLeft();
      if (!job.isDone()) {
        engine.run(job, progress);
      }
      if (!job.isDone()) {
        throw new EngramException(
            "%d of %d blocks of images did not pass; the same line goes on with them."
                .formatted(left(state).length, images.blocks()));
      }
      keep(state, rows);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException(
          "The survey cannot be kept in " + work + ": " + Json.why(e) + ".", e);
    }
    if (state.images == 0) {
      throw new EngramException(
          "None of the %d images of %s can be read; the first: %s"
              .formatted(
                  images.size(), images.set().name(), state.unreadable.values().iterator().next()));
    }
    return state;
  }

  /**
   * Passes some blocks, in any order. What an interruption leaves is kept.
   *
   * @param state takes what they tell
   */
  void pass(AtlasState state, int[] blocks, RowSink rows, Progress progress) throws IOException {
    long before = state.images + state.unreadable.size();
    Pace pace = new Pace(before, images.size());
    long kept = System.nanoTime();
    long keeping = 0;
    boolean whole = true;
    try (ImagesAhead ahead =
        new ImagesAhead(
            clip.processor(), opener, Arrays.stream(blocks).mapToObj(images::block).iterator())) {
      for (int block : blocks) {
        long done = state.images + state.unreadable.size();
        progress.step(pace.said(done), done, images.size());
        List<Read> reads = ahead.next();
        List<Told> told = told(reads, () -> state.halved.set(block));
        whole = false;
        add(state, reads, told, rows);
        state.blocks.set(block);
        whole = true;
        if (System.nanoTime() - kept > Math.max(KEPT_EVERY_NANOS, KEEPING_SHARE * keeping)) {
          long start = System.nanoTime();
          keep(state, rows);
          kept = System.nanoTime();
          keeping = kept - start;
        }
      }
      progress.report(pace.said(images.size()), images.size(), images.size());
    } finally {
      if (whole && state.blocks.cardinality() < images.blocks()) {
        keep(state, rows);
      }
    }
  }

  /**
   * What the model says of an image.
   *
   * @param row what is kept of it
   */
  private record Told(AtlasState.Told neurons, ImageRows.Row row) {}

  private TraceRequest request() {
    TraceRequest request = Contributions.request(clip);
    return settings.patches() ? request.withPatchMaxima(Site.M_A, Site.M_F) : request;
  }

  /**
   * One forward pass of the images of a block that could be read.
   *
   * @param halved is told where memory is full, so that it takes several
   */
  private List<Told> told(List<Read> reads, Runnable halved) {
    List<Read> readable = reads.stream().filter(r -> r.pixels() != null).toList();
    List<float[]> pixels = readable.stream().map(r -> Objects.requireNonNull(r.pixels())).toList();
    List<Told> all = new ArrayList<>();
    int atOnce = Math.min(SurveyedImages.BLOCK, Traces.usual(clip));
    clip.traces(pixels, request())
        .atOnce(atOnce)
        .<List<Told>>each(
            batch -> {
              List<Read> those = readable.subList(batch.from(), batch.from() + batch.size());
              float[][] z = batch.trace().embeddings();
              float[][] m = attributor.coefficients(batch.trace());
              float[][] patches =
                  settings.patches()
                      ? attributor.patchMaxima(batch.trace())
                      : new float[those.size()][0];
              // images of one class have one text; those without a class get the first one's place
              Map<Integer, Integer> places = new LinkedHashMap<>();
              int[] of = new int[those.size()];
              if (labels.length > 0) {
                for (int i = 0; i < of.length; i++) {
                  int c = those.get(i).entry().classIndex();
                  of[i] = c < 0 ? 0 : places.computeIfAbsent(c, k -> places.size());
                }
              }
              float[][] texts =
                  places.keySet().stream().map(c -> labels[c]).toArray(float[][]::new);
              float[][] improvements =
                  texts.length == 0
                      ? new float[of.length][]
                      : attributor.improvements(batch.trace(), texts, of, Reading.LITERAL);
              return IntStream.range(0, of.length)
                  .parallel()
                  .mapToObj(
                      i ->
                          told(
                              those.get(i),
                              z[i],
                              m[i],
                              texts.length == 0 || those.get(i).entry().classIndex() < 0
                                  ? new float[0]
                                  : improvements[i],
                              patches[i]))
                  .toList();
            },
            (from, part) -> {
              if (part.size() < Math.min(atOnce, readable.size() - from)) {
                halved.run();
              }
              all.addAll(part);
            });
    return all;
  }

  private Told told(Read read, float[] embedding, float[] m, float[] improvement, float[] patches) {
    requireFinite(m, read);
    requireFinite(improvement, read);
    requireFinite(patches, read);
    return new Told(
        new AtlasState.Told(
            read.entry().number(),
            labels.length == 0 ? -1 : read.entry().classIndex(),
            m,
            improvement,
            patches),
        new ImageRows.Row(
            read.hash(),
            embedding,
            nearest(embedding),
            Ranked.of(improvement, NEURONS),
            Ranked.of(m, NEURONS)));
  }

  private static void requireFinite(float[] values, Read read) {
    for (float x : values) {
      if (!(Math.abs(x) < 1 << 20)) {
        throw new EngramException(
            "The image %s gives a neuron the value %s, which a survey cannot add up; the model is damaged, or its precision is too low."
                .formatted(read.entry().image().name(), x));
      }
    }
  }

  private void add(AtlasState state, List<Read> reads, List<Told> told, RowSink rows)
      throws IOException {
    for (Told each : told) {
      rows.write(each.neurons.image(), each.row);
    }
    state.add(told.stream().map(Told::neurons).toList());
    for (Read read : reads) {
      if (read.pixels() == null) {
        int classIndex = labels.length == 0 ? -1 : read.entry().classIndex();
        state.addUnreadable(read.entry().number(), classIndex, read.why());
      }
    }
  }

  private Ranked nearest(float[] embedding) {
    float[] unit = Vectors.unit(embedding);
    float[] cosines = new float[labels.length];
    for (int c = 0; c < cosines.length; c++) {
      cosines[c] = (float) Vectors.dot(labels[c], unit);
    }
    return Ranked.of(cosines, NEAREST);
  }

  @Override
  public void close() {
    attributor.close();
  }
}
