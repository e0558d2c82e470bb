package dev.engram.experiment;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.model.Clip;
import java.util.Arrays;
import java.util.List;

/**
 * Name-image similarity before and after an edit (Table 3): the cosine of each image with a text.
 *
 * @param label the text
 * @param before cosine of each image with the model as it was
 * @param after cosine of each image with the edited model
 */
public record SimilarityChange(String label, double[] before, double[] after) {
  /**
   * @param before the model as it was
   * @param after the edited model
   * @param pixels images as the processor makes them, each (3, S, S)
   * @param label the text; the text tower is the same in both
   */
  public static SimilarityChange of(
      Clip before, Clip after, List<float[]> pixels, String label, Progress progress) {
    float[] text = before.embedTexts(List.of(label), Progress.NONE)[0];
    return new SimilarityChange(
        label,
        cosines(before.embedImages(pixels, progress), text),
        cosines(after.embedImages(pixels, progress), text));
  }

  private static double[] cosines(float[][] embeddings, float[] text) {
    return Arrays.stream(embeddings).mapToDouble(e -> Cosine.of(e, text)).toArray();
  }

  /**
   * Mean over the images before; sampled are images, which are of one entity where the edit is
   * about one.
   */
  public Estimate meanBefore() {
    return mean(before);
  }

  /** The mean over the images, after the edit. */
  public Estimate meanAfter() {
    return mean(after);
  }

  /** By how much the mean falls: before minus after, paired. */
  public Estimate fall() {
    return meanBefore().minus(meanAfter());
  }

  private static Estimate mean(double[] values) {
    return Estimate.of(Sample.each(Sample.Unit.IMAGE, values));
  }

  /** The largest cosine of an image before; NaN without images. */
  public double maxBefore() {
    return Arrays.stream(before).max().orElse(Double.NaN);
  }

  /** The largest cosine of an image after; NaN without images. */
  public double maxAfter() {
    return Arrays.stream(after).max().orElse(Double.NaN);
  }
}
