package dev.engram.experiment;

import dev.engram.Provenance;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Suppression;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;
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

  /**
   * @param images of each kind at most where each has its own neuron, evenly spread over the set
   */
  public record Settings(int images) {
    /**
     * @return at most 5,000, as in the paper
     */
    public static Settings standard() {
      return new Settings(5000);
    }
  }

  /**
   * Cosines of one group of images. Sampled are images.
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
   * @param provenance where the numbers come from
   */
  public record Result(String model, List<Row> rows, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      rows = List.copyOf(rows);
    }
  }

  /** The cosines of images. */
  private record Cosines(double[] original, double[] complete, double[] residual) {
    static Cosines of(Pass pass, Suppression suppression) {
      List<Neuron> first = pass.top(Ranking.LITERAL, 1);
      return new Cosines(
          pass.cosines(), pass.complete(suppression, first), pass.residual(suppression, first));
    }

    static Row row(String images, List<Cosines> parts) {
      double[] original = all(parts, Cosines::original);
      double[] complete = all(parts, Cosines::complete);
      double[] residual = all(parts, Cosines::residual);
      return new Row(
          images,
          Estimate.of(original),
          Estimate.of(complete),
          Estimate.of(residual),
          Estimate.of(fall(original, complete)),
          Estimate.of(fall(original, residual)));
    }

    private static double[] all(List<Cosines> parts, Function<Cosines, double[]> which) {
      return parts.stream().flatMapToDouble(p -> DoubleStream.of(which.apply(p))).toArray();
    }

    private static double[] fall(double[] before, double[] after) {
      return IntStream.range(0, before.length).mapToDouble(i -> before[i] - after[i]).toArray();
    }
  }

  /**
   * @param study with entities, labelled background images, or both
   */
  public static Result run(Study study, Settings settings) {
    List<Row> rows = new ArrayList<>();
    List<LabelledImage> general = spread(Pass.generalObjects(study.set()), settings.images);
    if (!general.isEmpty()) {
      rows.add(
          Cosines.row(
              "general objects, neuron of each image",
              cosines(study, "silencing a neuron of each image", images(general))));
    }
    List<Entity> entities = study.set().entities();
    if (!entities.isEmpty()) {
      List<LabelledImage> images =
          spread(entities.stream().flatMap(e -> e.images().stream()).toList(), settings.images);
      rows.add(
          Cosines.row(
              "entities, neuron of each image",
              cosines(study, "silencing a neuron of each image", images(images))));
      rows.add(
          Cosines.row(
              "entities, neuron of the entity",
              cosines(
                  study,
                  "silencing neurons of entities",
                  entities.stream().map(Study.Part::of).toList())));
    }
    return new Result(
        study.clip().name(),
        rows,
        Pass.provenance("table6", study)
            .with("neuron", "first, literal reading")
            .with("general objects", general.size() + " background images, own labels")
            .with("interval", "95 %, normal, over images"));
  }

  /** Each image with its own label and its own neuron, so each on its own. */
  private static List<Study.Part> images(List<LabelledImage> images) {
    return images.stream().map(Study.Part::of).toList();
  }

  private static List<Cosines> cosines(Study study, String doing, List<Study.Part> parts) {
    Suppression suppression = new Suppression(study.clip());
    return study.each(
        new Study.Task<>("table6", doing, Cosines.class, List.of()),
        parts,
        (pass, i) -> Cosines.of(pass, suppression));
  }

  /** At most so many, evenly spread. */
  static <T> List<T> spread(List<T> all, int most) {
    if (all.size() <= most) {
      return all;
    }
    List<T> out = new ArrayList<>();
    for (int i = 0; i < most; i++) {
      out.add(all.get((int) ((long) i * all.size() / most)));
    }
    return out;
  }
}
