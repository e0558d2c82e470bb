package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.data.Spread;
import dev.engram.edit.Suppression;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Table 6: the cosine of image and label before and after the neuron that contributes most is
 * removed completely, or suppressed in the residual stream (A.6). The paper samples images of
 * ImageNet and takes each image's own neuron; here that is done for the background images and for
 * the entities, and for the entities with the neuron of the entity as well.
 */
public final class Table6 {
  private Table6() {}

  /** Its entry in the registry. */
  public static final Experiment<Comparison> EXPERIMENT =
      new Experiment<>(
          "table6",
          "Table 6: the cosine after complete removal and after residual suppression, for this model and each --model DIR|OWNER/NAME",
          true,
          40,
          Set.of(Experiment.Need.MODELS),
          Table6::standard,
          Comparison.class);

  /** At most 5,000 images, as in the paper. */
  public static Settings standard() {
    return new Settings(5000);
  }

  /** What can be set. */
  public record Settings(
      @About("images of each kind at most where each has its own neuron, evenly spread") int images,
      @About(
              "on which images the neuron of an entity is judged; that of an image always on the image")
          Judging judging)
      implements ExperimentSettings<Comparison> {
    /** Refuses what measures nothing. */
    public Settings {
      if (images < 1) {
        throw new EngramException("Table 6 needs at least 1 image, got " + images + ".");
      }
    }

    /** Judged on the images that found the neurons. */
    public Settings(int images) {
      this(images, Judging.SAME_IMAGES);
    }

    /**
     * @param newImages images of each kind at most where each has its own neuron, evenly spread
     * @return a copy with that setting
     */
    public Settings images(int newImages) {
      return new Settings(newImages, judging);
    }

    /**
     * @param newJudging on which images the neuron of an entity is judged; that of an image always
     *     on the image
     * @return a copy with that setting
     */
    public Settings judging(Judging newJudging) {
      return new Settings(images, newJudging);
    }

    @Override
    public Experiment<Comparison> experiment() {
      return EXPERIMENT;
    }

    @Override
    public Comparison run(Material on) {
      return new Comparison(on.everyModel(study -> Table6.run(study, this)));
    }
  }

  /**
   * Cosines of one group of images. Sampled are entities, or the labels of general objects.
   *
   * @param images which images, and whose neuron
   * @param original before
   * @param complete after complete removal
   * @param residual after residual suppression
   * @param completeFall original minus complete, paired
   * @param residualFall original minus residual, paired
   */
  public record Row(
      String images,
      Estimate original,
      Estimate complete,
      Estimate residual,
      Estimate completeFall,
      Estimate residualFall) {}

  /**
   * A row of the paper's table, as cosines.
   *
   * @param model which CLIP, all ViT-L/14
   */
  public record Paper(String model, double original, double complete, double residual) {}

  /** The paper's table. */
  public static final List<Paper> PAPER =
      List.of(
          new Paper("CLIP", 0.2371, 0.2376, 0.2148),
          new Paper("DFN", 0.3306, 0.3294, 0.3126),
          new Paper("MetaCLIP", 0.2862, 0.2850, 0.2672));

  /**
   * @param model its name
   * @param rows background images (if the set has labelled ones), then entities
   * @param judged on which images the neurons were judged, in words
   * @param provenance where the numbers come from
   */
  public record Result(String model, List<Row> rows, String judged, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      rows = List.copyOf(rows);
    }
  }

  /**
   * One model beside others.
   *
   * @param models the loaded one first
   */
  public record Comparison(List<Result> models) {
    /** Keeps a copy. */
    public Comparison {
      models = List.copyOf(models);
    }

    /** Where the numbers come from: that of the loaded model, with the names of all. */
    public Provenance provenance() {
      return models.stream()
          .map(Result::provenance)
          .reduce((a, b) -> a.joined("model", b))
          .orElseThrow();
    }
  }

  /** The cosines of images. */
  private record Cosines(double[] original, double[] complete, double[] residual) {
    static Cosines of(TracedImages pass, Suppression suppression, int[] finding, int[] judging) {
      List<Neuron> first = pass.top(Reading.LITERAL, 1, finding);
      return new Cosines(
          Judging.pick(pass.cosines(), judging),
          Judging.pick(pass.complete(suppression, first), judging),
          Judging.pick(pass.residual(suppression, first), judging));
    }

    /**
     * @param keys which unit each part belongs to
     */
    static Row row(String images, Sample.Unit unit, List<String> keys, List<Cosines> parts) {
      Estimate original = estimate(unit, keys, parts, Cosines::original);
      Estimate complete = estimate(unit, keys, parts, Cosines::complete);
      Estimate residual = estimate(unit, keys, parts, Cosines::residual);
      return new Row(
          images, original, complete, residual, original.minus(complete), original.minus(residual));
    }

    private static Estimate estimate(
        Sample.Unit unit,
        List<String> keys,
        List<Cosines> parts,
        Function<Cosines, double[]> which) {
      List<String> each = new ArrayList<>();
      for (int p = 0; p < parts.size(); p++) {
        each.addAll(Collections.nCopies(which.apply(parts.get(p)).length, keys.get(p)));
      }
      double[] values =
          parts.stream().flatMapToDouble(p -> DoubleStream.of(which.apply(p))).toArray();
      return Estimate.of(Sample.by(unit, each, values));
    }
  }

  /**
   * @param study with entities, labelled background images, or both
   */
  public static Result run(Study study, Settings settings) {
    List<Row> rows = new ArrayList<>();
    List<LabelledImage> general =
        Spread.of(TracedImages.generalObjects(study.set()), settings.images);
    if (!general.isEmpty()) {
      rows.add(
          Cosines.row(
              "general objects, neuron of each image",
              Sample.Unit.LABEL,
              general.stream().map(LabelledImage::label).toList(),
              cosines(
                  study,
                  "silencing a neuron of each image",
                  images(general),
                  Judging.SAME_IMAGES)));
    }
    List<Entity> entities = study.set().entities();
    if (!entities.isEmpty()) {
      List<LabelledImage> images =
          Spread.of(entities.stream().flatMap(e -> e.images().stream()).toList(), settings.images);
      rows.add(
          Cosines.row(
              "entities, neuron of each image",
              Sample.Unit.ENTITY,
              images.stream().map(LabelledImage::entity).toList(),
              cosines(
                  study, "silencing a neuron of each image", images(images), Judging.SAME_IMAGES)));
    }
    List<Entity> judged = settings.judging.of(entities);
    if (!judged.isEmpty()) {
      rows.add(
          Cosines.row(
              settings.judging.otherHalf()
                  ? "entities, neuron of the entity found on other images"
                  : "entities, neuron of the entity",
              Sample.Unit.ENTITY,
              judged.stream().map(Entity::name).toList(),
              cosines(
                  study,
                  "silencing neurons of entities",
                  judged.stream().map(Study.Part::of).toList(),
                  settings.judging)));
    }
    String images =
        "neuron of an image: on that image; of an entity: "
            + settings.judging.leavingOut(entities.size() - judged.size());
    return new Result(
        study.clip().name(),
        rows,
        images,
        TracedImages.provenance(settings, study)
            .with("neuron", "first, literal reading")
            .with("general objects", general.size() + " background images, own labels")
            .with("judged", images)
            .with("interval", Interval.named(rows.stream().map(Row::original).toList())));
  }

  /** Each image with its own label and its own neuron, so each on its own. */
  private static List<Study.Part> images(List<LabelledImage> images) {
    return images.stream().map(Study.Part::of).toList();
  }

  private static List<Cosines> cosines(
      Study study, String doing, List<Study.Part> parts, Judging judging) {
    Suppression suppression = new Suppression(study.clip());
    return study.each(
        new Study.Task<>("table6", doing, Cosines.class, List.of(judging)),
        IntStream.range(0, parts.size()).mapToObj(i -> numbered(parts.get(i), i, judging)).toList(),
        (pass, i) -> {
          int images = parts.get(i).images().size();
          return Cosines.of(
              pass, suppression, judging.finding(images, i), judging.judging(images, i));
        });
  }

  /** Its halves are drawn by its place in the set. */
  private static Study.Part numbered(Study.Part part, int index, Judging judging) {
    return judging.otherHalf()
        ? new Study.Part(part.images(), part.label(), List.of("draw " + index))
        : part;
  }
}
