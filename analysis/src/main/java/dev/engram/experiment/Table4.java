package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Table 4: rank-one insertion (Sec. 4.4, A.7) and what it costs: zero-shot accuracy on the taught
 * category, the data set and general objects. A small model cannot read captions, so what is taught
 * are images turned by a quarter, and the guide of each is the same image upright.
 */
public final class Table4 {
  private Table4() {}

  /**
   * @param cases entities at most: those of which the fewest turned images are recognised
   * @param ridge λ in units of the mean of diag(K Kᵀ), above 0
   */
  public record Settings(int cases, double ridge) {
    /** Refuses what teaches nothing. */
    public Settings {
      if (cases < 1 || !(ridge > 0)) {
        throw new EngramException(
            "Table 4 needs at least 1 case and a ridge above 0, got %d and %s."
                .formatted(cases, ridge));
      }
    }

    /**
     * @return ten cases, as in the paper
     */
    public static Settings standard() {
      return new Settings(10, 0.01);
    }
  }

  /**
   * Accuracies of one model; sampled are images.
   *
   * @param category on the category's turned images that were not taught
   * @param dataset on all turned images that were not taught
   * @param general on upright general objects that gave no keys; NaN without any
   */
  public record Accuracy(Estimate category, Estimate dataset, Estimate general) {}

  /**
   * @param entity what is taught
   * @param images how many of its images are taught, each with its guide
   * @param where the weight that causal tracing chose and that is edited
   * @param original before
   * @param inserted after the rank-one edit
   */
  public record Case(
      String entity, int images, String where, Accuracy original, Accuracy inserted) {}

  /**
   * A column of the paper's table, in percent, with the name of its Table 7: category, data set and
   * ImageNet, before and after the rank-one edit.
   */
  public record Paper(
      String entity,
      double category,
      double dataset,
      double general,
      double insertedCategory,
      double insertedDataset,
      double insertedGeneral) {}

  /** The paper's table, Flowers-102 and then CUB-200, the average last. */
  public static final List<Paper> PAPER =
      List.of(
          new Paper("ball moss", 0.00, 79.50, 72.20, 78.57, 80.51, 72.24),
          new Paper("bishop of llandaff", 0.00, 79.50, 72.20, 100.00, 79.21, 72.22),
          new Paper("cape flower", 0.00, 79.50, 72.20, 96.88, 80.63, 72.18),
          new Paper("prince of wales feathers", 0.00, 79.50, 72.20, 83.33, 80.71, 72.12),
          new Paper("sword lily", 2.56, 79.50, 72.20, 94.87, 79.70, 72.18),
          new Paper("chuck will widow", 3.85, 62.10, 72.20, 92.31, 61.74, 72.12),
          new Paper("geococcyx", 3.33, 62.10, 72.20, 93.33, 62.29, 72.34),
          new Paper("nelson sharp tailed sparrow", 0.00, 62.10, 72.20, 80.00, 61.39, 72.24),
          new Paper("sayornis", 0.00, 62.10, 72.20, 50.00, 61.84, 72.34),
          new Paper("western gull", 0.00, 62.10, 72.20, 96.67, 61.25, 72.36),
          new Paper("average", 0.97, 70.80, 72.20, 86.60, 70.93, 72.23));

  /**
   * @param model its name
   * @param cases one each entity, the one of which least was recognised first
   * @param provenance where the numbers come from
   */
  public record Result(String model, List<Case> cases, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      cases = List.copyOf(cases);
    }

    /**
     * @return a number of each case; sampled are cases
     */
    public Estimate over(Function<Case, Estimate> value) {
      return Estimate.of(cases.stream().map(c -> value.apply(c).mean()).toList());
    }
  }

  /** Nearest class of each image. */
  private record Seen(int[] nearest) {}

  /** What an edited model takes the images for: turned ones entity by entity, then the general. */
  private record Taught(String where, int[][] turned, int[] general) {}

  /**
   * @param study of a model without edits, with at least two entities of two images
   */
  public static Result run(Study study, Settings settings) {
    Clip clip = study.clip();
    List<Entity> all = Pass.entities(study.set());
    if (clip.original() != clip) {
      throw new EngramException("Table 4 begins with the original model; undo its edits first.");
    }
    if (all.size() < 2 || all.stream().noneMatch(e -> e.images().size() > 1)) {
      throw new EngramException(
          "Table 4 needs two entities, one with two images, got %s.".formatted(study.set()));
    }
    Bench bench = new Bench(clip, all, Pass.generalObjects(study.set()), settings);
    List<Seen> before =
        study.each(
            new Study.Task<>(
                "table4", "reading turned images", Seen.class, List.of(bench.classes.labels())),
            all.stream().map(Study.Part::of).toList(),
            (pass, i) -> new Seen(bench.nearest(clip, turned(pass.pixels()), bench.classes)));
    int[][] turned = before.stream().map(Seen::nearest).toArray(int[][]::new);
    List<Integer> cases =
        IntStream.range(0, all.size())
            .filter(e -> all.get(e).images().size() > 1)
            .boxed()
            .sorted(Comparator.comparing(e -> share(turned[e], bench.right(e))))
            .limit(settings.cases)
            .toList();
    List<Taught> taught =
        study.each(
            new Study.Task<>(
                "table4", "teaching", Taught.class, List.of(study.set().hash(), settings.ridge)),
            cases.stream().map(c -> Study.Part.of(all.get(c))).toList(),
            (pass, i) -> bench.teach(cases.get(i), pass));
    int[] general =
        study
            .each(
                new Study.Task<>(
                    "table4", "reading general objects", Seen.class, bench.objects.labels()),
                Table3.parts(bench.tested),
                (pass, i) -> new Seen(bench.nearest(clip, pass.pixels(), bench.objects)))
            .stream()
            .flatMapToInt(s -> IntStream.of(s.nearest))
            .toArray();
    List<Case> out = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      Taught t = taught.get(i);
      int c = cases.get(i);
      out.add(
          new Case(
              all.get(c).title(),
              half(all.get(c).images(), 0).size(),
              t.where,
              bench.accuracy(c, turned, general),
              bench.accuracy(c, t.turned, t.general)));
    }
    return new Result(
        clip.name(),
        out,
        Pass.provenance("table4", study)
            .with("taught", "every second image, turned by a quarter; guide: the same upright")
            .with("cases", cases.size() + " entities of which fewest turned images are recognised")
            .with("weight", "chosen by causal tracing of the class token")
            .with("keys", bench.keys.size() + " images, class token")
            .with("ridge", settings.ridge + " of the mean of diag(K Kᵀ)")
            .with("general objects", bench.tested.size() + " other background images, own labels")
            .with("interval", "95 %, normal, over images; averages: over cases"));
  }

  /** Every second one. */
  private static <T> List<T> half(List<T> all, int first) {
    return IntStream.range(0, all.size()).filter(i -> i % 2 == first).mapToObj(all::get).toList();
  }

  private static double share(int[] nearest, int right) {
    return Arrays.stream(nearest).filter(n -> n == right).count() / (double) nearest.length;
  }

  private static List<float[]> turned(List<float[]> pixels) {
    return pixels.stream().map(Table4::turned).toList();
  }

  /** Turned clockwise by a quarter (3, S, S). */
  static float[] turned(float[] pixels) {
    int plane = pixels.length / 3;
    int side = (int) Math.round(Math.sqrt(plane));
    float[] out = new float[pixels.length];
    for (int c = 0; c < 3; c++) {
      for (int y = 0; y < side; y++) {
        for (int x = 0; x < side; x++) {
          out[c * plane + x * side + side - 1 - y] = pixels[c * plane + y * side + x];
        }
      }
    }
    return out;
  }

  /** What every case is judged by. */
  private static final class Bench {
    final Clip clip;
    final List<Entity> all;
    final Settings settings;
    final List<LabelledImage> keys;
    final List<LabelledImage> tested;
    final ClassTexts classes;
    final ClassTexts objects;

    Bench(Clip clip, List<Entity> all, List<LabelledImage> general, Settings settings) {
      this.clip = clip;
      this.all = all;
      this.settings = settings;
      this.keys = half(general, 0);
      this.tested = half(general, 1);
      this.classes = ClassTexts.of(clip, all.stream().map(Entity::label).toList(), Progress.NONE);
      this.objects =
          ClassTexts.of(clip, general.stream().map(LabelledImage::label).toList(), Progress.NONE);
    }

    int right(int entity) {
      return classes.labels().indexOf(all.get(entity).label());
    }

    int[] nearest(Clip model, List<float[]> pixels, ClassTexts among) {
      return among.nearest(model.embedImages(pixels, Progress.NONE));
    }

    Taught teach(int entity, Pass pass) {
      List<float[]> guides = half(pass.pixels(), 0);
      List<float[]> images = turned(guides);
      String name = all.get(entity).title();
      Weight where =
          new CausalTracing(clip)
              .trace(images, guides, name, pass.text(), Tokens.CLASS, "turned", Progress.NONE)
              .best();
      Map<Weight, BackgroundKeys> background =
          BackgroundKeys.of(
              clip, List.of(where), pixels(keysFor(entity)), Tokens.CLASS, Progress.NONE);
      Edit edit =
          new Insertion(clip, background, "background", settings.ridge, BackgroundKeys.Solver.AUTO)
              .rankOne(where, new Association(name, "turned", images, guides), Progress.NONE);
      try (EditHistory history = new EditHistory(clip);
          Clip edited = history.preview(edit)) {
        int[][] turned = new int[all.size()][];
        for (int e = 0; e < turned.length; e++) {
          Progress.checkInterrupt();
          turned[e] = nearest(edited, turned(pixels(all.get(e).images())), classes);
        }
        return new Taught(where.toString(), turned, nearest(edited, pixels(tested), objects));
      }
    }

    /** Without background images, the upright images of the other entities. */
    private List<LabelledImage> keysFor(int entity) {
      return keys.isEmpty()
          ? IntStream.range(0, all.size())
              .filter(e -> e != entity)
              .boxed()
              .flatMap(e -> all.get(e).images().stream())
              .toList()
          : keys;
    }

    private List<float[]> pixels(List<LabelledImage> images) {
      return clip.pixels(images.stream().map(LabelledImage::file).toList());
    }

    Accuracy accuracy(int taught, int[][] turned, int[] general) {
      return new Accuracy(
          Estimate.of(correct(taught, taught, turned).toArray()),
          Estimate.of(
              IntStream.range(0, turned.length)
                  .boxed()
                  .flatMapToDouble(e -> correct(e, taught, turned))
                  .toArray()),
          Estimate.of(
              IntStream.range(0, general.length)
                  .mapToDouble(
                      i -> objects.labels().get(general[i]).equals(tested.get(i).label()) ? 1 : 0)
                  .toArray()));
    }

    /** Of the taught entity only the half that was not taught. */
    private DoubleStream correct(int entity, int taught, int[][] turned) {
      int right = right(entity);
      return IntStream.range(0, turned[entity].length)
          .filter(i -> entity != taught || i % 2 == 1)
          .mapToDouble(i -> turned[entity][i] == right ? 1 : 0);
    }
  }
}
