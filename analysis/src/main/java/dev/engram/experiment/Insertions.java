package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The steps that the experiments of insertion share: what the original model sees, where causal
 * tracing would edit, the edit, and what the edited model sees. Owns native memory: close it.
 */
final class Insertions implements AutoCloseable {
  /** What these steps are kept under, whichever experiment asks for them. */
  private static final String EXPERIMENT = "insertions";

  private final Lessons lessons;
  private final Study study;
  private final Clip clip;
  private final double ridge;
  private final ResidualStreams images;
  private final Map<Weight, BackgroundKeys> keys = new HashMap<>();

  /**
   * @param ridge λ in units of the mean of diag(K Kᵀ), above 0
   */
  Insertions(Lessons lessons, double ridge) {
    this.lessons = lessons;
    this.study = lessons.study();
    this.clip = study.clip();
    this.ridge = ridge;
    this.images =
        new ResidualStreams(
            clip,
            Lessons.joined(
                Stream.concat(
                        lessons.all().stream().map(Lesson::measured),
                        Stream.of(
                            clip.pixels(
                                lessons.general().images().stream().map(i -> i.file()).toList())))
                    .toList()));
  }

  /** What every experiment of insertion says of itself first. */
  static Provenance provenance(ExperimentSettings<?> settings, List<Lessons> sets, double ridge) {
    Lessons first = sets.get(0);
    return sets.stream()
        .map(s -> TracedImages.provenance(settings, s.study()))
        .reduce((a, b) -> a.joined("images", b))
        .orElseThrow()
        .with("taught", first.about())
        .with("keys", first.keySource() + ", class token")
        .with("ridge", ridge + " of the mean of diag(K Kᵀ)")
        .with(
            "general objects",
            first.general().images().size() + " other background images, own labels");
  }

  /** The mean of a share over cases that are taught one at a time, or together. */
  static Estimate overCases(List<Estimate> shares) {
    return Estimate.of(
        Sample.each(Sample.Unit.CASE, shares.stream().map(Estimate::mean).toList()).asShares());
  }

  /** What the intervals are over, for provenance. */
  static String interval(List<InsertionAccuracy> cases) {
    List<Estimate> dataset = cases.stream().map(InsertionAccuracy::dataset).toList();
    return "data set: %s; averages: %s"
        .formatted(Interval.named(dataset), Interval.named(List.of(overCases(dataset))));
  }

  /** Refuses a ridge that no edit can use. */
  static void checkRidge(double ridge) {
    if (!(ridge > 0) || ridge == Double.POSITIVE_INFINITY) {
      throw new EngramException("The ridge is a number above 0, as 0.01; got " + ridge + ".");
    }
  }

  /** Parts that depend on nothing but a lesson. */
  List<Study.Part> parts(List<Integer> which, Object... more) {
    return which.stream()
        .map(lessons.all()::get)
        .map(l -> new Study.Part(l.files(), l.label(), List.of(more)))
        .toList();
  }

  /** A part that depends on several lessons. */
  Study.Part part(List<Integer> which, Object... more) {
    List<Lesson> taught = which.stream().map(lessons.all()::get).toList();
    List<Object> depends = new ArrayList<>(taught.stream().map(Lesson::title).toList());
    depends.addAll(List.of(more));
    return new Study.Part(
        taught.stream().flatMap(l -> l.files().stream()).toList(), taught.get(0).label(), depends);
  }

  /** What a value depends on that comes from all images. */
  List<Object> everything(Object... more) {
    List<Object> out =
        new ArrayList<>(List.of(study.set().hash(), lessons.about(), lessons.classes().labels()));
    out.addAll(lessons.general().classes().labels());
    out.add(ridge);
    out.addAll(List.of(more));
    return out;
  }

  /** Nearest classes of some images. */
  private record Nearest(int[] classes) {}

  /** What the model takes all images for as it is. */
  NearestClasses original() {
    List<Nearest> own =
        study.each(
            new Study.Task<>(
                EXPERIMENT,
                "reading images",
                Nearest.class,
                List.of(lessons.about(), lessons.classes().labels())),
            parts(IntStream.range(0, lessons.all().size()).boxed().toList()),
            i ->
                new Nearest(
                    lessons
                        .classes()
                        .nearest(
                            clip.embedImages(lessons.all().get(i).measured(), Progress.NONE))));
    List<Nearest> general =
        study.each(
            new Study.Task<>(
                EXPERIMENT,
                "reading general objects",
                Nearest.class,
                lessons.general().classes().labels()),
            lessons.general().parts(),
            (pass, i) ->
                new Nearest(
                    lessons
                        .general()
                        .classes()
                        .nearest(clip.embedImages(pass.pixels(), Progress.NONE))));
    return new NearestClasses(
        own.stream().map(Nearest::classes).toArray(int[][]::new),
        general.stream().flatMapToInt(n -> IntStream.of(n.classes)).toArray());
  }

  /**
   * Which lessons are taught.
   *
   * @param names their titles; empty for those of which the fewest images are recognised
   */
  List<Integer> cases(NearestClasses original, List<String> names, int most) {
    return names.isEmpty()
        ? lessons.teachable().stream()
            .sorted(Comparator.comparing(i -> original.takenFor(i, IntStream.of(i))))
            .limit(most)
            .toList()
        : lessons.named(names).stream().limit(most).toList();
  }

  /** How much the cosine rises by each block, mean over a lesson's images (L, 2: MSA, FFN). */
  record Rises(double[][] mean) {
    static Rises of(CausalTrace trace) {
      double[][] mean = new double[trace.layers()][];
      for (int l = 0; l < mean.length; l++) {
        mean[l] =
            new double[] {
              trace.mean(Neuron.Block.MSA, l), trace.mean(Neuron.Block.FFN, l),
            };
      }
      return new Rises(mean);
    }
  }

  /** Causal tracing of each of these lessons. */
  List<Rises> trace(List<Integer> which) {
    return study.each(
        new Study.Task<>(EXPERIMENT, "tracing", Rises.class, List.of(lessons.about())),
        parts(which),
        i -> {
          Lesson l = lessons.all().get(which.get(i));
          float[] text = TracedImages.text(clip, l.label());
          return Rises.of(
              new CausalTracing(clip)
                  .trace(
                      l.images(),
                      l.guides(),
                      l.title(),
                      text,
                      lessons.tokens(),
                      lessons.about(),
                      Progress.NONE));
        });
  }

  /** The weight whose block brings the largest rise over all of them; the first of equals. */
  static Weight best(List<Rises> rises) {
    int layers = rises.get(0).mean.length;
    return IntStream.range(0, layers)
        .boxed()
        .flatMap(l -> Stream.of(Neuron.Block.values()).map(b -> Weight.values(b, l)))
        .min(
            Comparator.comparingDouble(
                w ->
                    -rises.stream().mapToDouble(r -> r.mean[w.layer()][w.block().ordinal()]).sum()))
        .orElseThrow();
  }

  /** ROME (Eq. 7) of one lesson, from all its images. */
  Edit rankOne(Clip model, Weight where, int lesson) {
    return rankOne(model, where, lesson, lessons.all().get(lesson).association(lessons.about()));
  }

  private Edit rankOne(Clip model, Weight where, int lesson, Association association) {
    return insertion(model, where, List.of(lesson)).rankOne(where, association, Progress.NONE);
  }

  /** MEMIT (Eq. 25) of several lessons. */
  Edit memit(Weight where, List<Integer> which) {
    return insertion(clip, where, which)
        .memit(
            List.of(where),
            which.stream().map(i -> lessons.all().get(i).association(lessons.about())).toList(),
            Progress.NONE);
  }

  private Insertion insertion(Clip model, Weight where, List<Integer> taught) {
    BackgroundKeys of =
        lessons.keysOfGeneral()
            ? keys.computeIfAbsent(where, w -> read(w, taught))
            : read(where, taught);
    return new Insertion(
        model, Map.of(where, of), lessons.keySource(), ridge, BackgroundKeys.Solver.AUTO);
  }

  private BackgroundKeys read(Weight where, List<Integer> taught) {
    return java.util.Objects.requireNonNull(
        BackgroundKeys.of(clip, List.of(where), lessons.keys(taught), Tokens.CLASS, Progress.NONE)
            .get(where));
  }

  /** What the model takes all images for with one edit. */
  NearestClasses seen(Edit edit) {
    try (EditHistory history = new EditHistory(clip);
        Clip edited = history.with(edit)) {
      return seen(edited, edit.changes().firstKey().layer());
    }
  }

  /**
   * What an edited model takes all images for.
   *
   * @param firstLayer the lowest layer in which it differs
   */
  NearestClasses seen(Clip edited, int firstLayer) {
    float[][] z = images.embed(edited, firstLayer, study.progress());
    int own = z.length - lessons.general().images().size();
    return NearestClasses.of(
        lessons.all(),
        lessons.classes().nearest(Arrays.copyOf(z, own)),
        lessons.general().classes().nearest(Arrays.copyOfRange(z, own, z.length)));
  }

  /** What the model sees when a lesson was taught by a rank-one edit; one model a lesson. */
  List<NearestClasses> taught(Weight where, List<Integer> which) {
    return taught(where, which, i -> lessons.all().get(i).images().size(), 0);
  }

  /**
   * The same from a lesson's first images.
   *
   * @param first how many, for each lesson
   * @param varied how many variations of these besides
   */
  List<NearestClasses> taught(
      Weight where, List<Integer> which, IntUnaryOperator first, int varied) {
    return study.each(
        new Study.Task<>(EXPERIMENT, "teaching", NearestClasses.class, everything(where)),
        which.stream().map(i -> part(List.of(i), first.applyAsInt(i), varied)).toList(),
        c -> {
          int i = which.get(c);
          Association few =
              lessons.all().get(i).association(first.applyAsInt(i), varied, lessons.about());
          return seen(rankOne(clip, where, i, few));
        });
  }

  /** What a lesson kept back, to be embedded with one edit after another; the caller closes it. */
  ResidualStreams heldOut(int lesson) {
    Lesson l = lessons.all().get(lesson);
    return new ResidualStreams(clip, l.measured().subList(0, l.heldOut()));
  }

  /** Accuracy on what a lesson kept back. */
  double heldOut(int lesson, float[][] embeddings) {
    return lessons.classes().share(embeddings, lesson);
  }

  @Override
  public void close() {
    images.close();
  }
}
