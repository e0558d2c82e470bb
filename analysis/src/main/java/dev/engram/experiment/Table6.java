package dev.engram.experiment;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attributor;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Suppression;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.ArrayList;
import java.util.List;

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
   * @param rows background images (if the set has labelled ones), then entities
   * @param provenance where the numbers come from
   */
  public record Result(List<Row> rows, Provenance provenance) {
    /** Keeps a copy. */
    public Result {
      rows = List.copyOf(rows);
    }
  }

  /** The cosines of a group. */
  private record Cosines(List<Double> original, List<Double> complete, List<Double> residual) {
    Cosines() {
      this(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    void add(Pass pass, Suppression suppression) {
      List<Neuron> first = pass.top(Ranking.LITERAL, 1);
      double[] before = pass.cosines();
      double[] c = pass.complete(suppression, first);
      double[] r = pass.residual(suppression, first);
      for (int i = 0; i < before.length; i++) {
        original.add(before[i]);
        complete.add(c[i]);
        residual.add(r[i]);
      }
    }

    Row row(String images) {
      return new Row(
          images,
          Estimate.of(original),
          Estimate.of(complete),
          Estimate.of(residual),
          Estimate.of(fall(complete)),
          Estimate.of(fall(residual)));
    }

    private double[] fall(List<Double> after) {
      double[] out = new double[after.size()];
      for (int i = 0; i < out.length; i++) {
        out[i] = original.get(i) - after.get(i);
      }
      return out;
    }
  }

  /**
   * @param set with entities, labelled background images, or both
   */
  public static Result run(Clip clip, ImageSet set, Settings settings, Progress progress) {
    try (Attributor attributor = new Attributor(clip)) {
      return run(attributor, clip, set, settings, progress);
    }
  }

  private static Result run(
      Attributor attributor, Clip clip, ImageSet set, Settings settings, Progress progress) {
    Suppression suppression = new Suppression(clip);
    List<Row> rows = new ArrayList<>();
    List<LabelledImage> general = spread(Pass.generalObjects(set), settings.images);
    if (!general.isEmpty()) {
      rows.add(
          each(clip, attributor, suppression, general, progress)
              .row("general objects, neuron of each image"));
    }
    List<Entity> entities = set.entities();
    if (!entities.isEmpty()) {
      List<LabelledImage> images =
          spread(entities.stream().flatMap(e -> e.images().stream()).toList(), settings.images);
      rows.add(
          each(clip, attributor, suppression, images, progress)
              .row("entities, neuron of each image"));
      float[][] texts = Pass.labels(clip, entities);
      Cosines cosines = new Cosines();
      for (int e = 0; e < entities.size(); e++) {
        progress.step("silencing neurons of entities", e, entities.size());
        Entity entity = entities.get(e);
        try (Pass pass = new Pass(clip, attributor, entity.images(), entity.label(), texts[e])) {
          cosines.add(pass, suppression);
        }
      }
      progress.step("silencing neurons of entities", entities.size(), entities.size());
      rows.add(cosines.row("entities, neuron of the entity"));
    }
    return new Result(
        rows,
        Pass.provenance("table6", clip, set)
            .with("neuron", "first, literal reading")
            .with("general objects", general.size() + " background images, own labels")
            .with("interval", "95 %, normal, over images"));
  }

  /** Each image with its own label and its own neuron, so each on its own. */
  private static Cosines each(
      Clip clip,
      Attributor attributor,
      Suppression suppression,
      List<LabelledImage> images,
      Progress progress) {
    float[][] texts =
        clip.embedTexts(images.stream().map(LabelledImage::label).toList(), Progress.NONE);
    Cosines cosines = new Cosines();
    for (int i = 0; i < images.size(); i++) {
      progress.step("silencing a neuron of each image", i, images.size());
      LabelledImage image = images.get(i);
      try (Pass pass = new Pass(clip, attributor, List.of(image), image.label(), texts[i])) {
        cosines.add(pass, suppression);
      }
    }
    progress.step("silencing a neuron of each image", images.size(), images.size());
    return cosines;
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
