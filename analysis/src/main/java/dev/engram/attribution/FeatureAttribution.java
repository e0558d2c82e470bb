package dev.engram.attribution;

import dev.engram.Provenance;
import dev.engram.trace.Feature;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The score of every feature of a sparse autoencoder for a set of images and one text, and the
 * features ranked by it: what {@link Attribution} is for neurons.
 *
 * @param title what was attributed, as people call it
 * @param label the text
 * @param images names of the images
 * @param by what the score is
 * @param layer whose activations the autoencoder reads, from 0
 * @param scores (images, features)
 * @param coefficients m at the class token (images, features); 0 where a feature is not active
 * @param cosines cos(z, t) of each image
 * @param provenance where the numbers come from
 */
public record FeatureAttribution(
    String title,
    String label,
    List<String> images,
    Score by,
    int layer,
    float[][] scores,
    float[][] coefficients,
    double[] cosines,
    Provenance provenance)
    implements Attributed {
  /**
   * A feature in the ranking.
   *
   * @param rank from 1
   * @param feature its name
   * @param score mean over the images
   * @param coefficient m, mean over the images
   * @param active in how many of the images it is active at the class token
   */
  public record Ranked(int rank, Feature feature, double score, double coefficient, int active) {}

  /**
   * @param name what people call the images
   * @return a copy under that title
   */
  public FeatureAttribution titled(String name) {
    return new FeatureAttribution(
        name, label, images, by, layer, scores, coefficients, cosines, provenance);
  }

  /** Mean score of a feature of the autoencoder. */
  public double score(Feature f) {
    return Attribution.mean(scores, f.index());
  }

  /** Mean coefficient of a feature of the autoencoder. */
  public double coefficient(Feature f) {
    return Attribution.mean(coefficients, f.index());
  }

  /** Mean score of every feature, by its index. */
  public double[] means() {
    return Attribution.means(scores);
  }

  /** The features with the highest mean scores, descending; equal scores by their index. */
  public List<Ranked> top(int count) {
    double[] means = means();
    int[] order = Attribution.order(means, count);
    return IntStream.range(0, order.length)
        .mapToObj(
            i ->
                new Ranked(
                    i + 1,
                    new Feature(layer, order[i]),
                    means[order[i]],
                    Attribution.mean(coefficients, order[i]),
                    active(order[i])))
        .toList();
  }

  /** Its rank: 1 for the highest score. */
  public int rank(Feature f) {
    return Attribution.rank(means(), f.index());
  }

  private int active(int feature) {
    return (int) Arrays.stream(coefficients).filter(image -> image[feature] != 0).count();
  }

  @Override
  public String toString() {
    return Attribution.said(this, top(3).stream().map(Ranked::feature).toList());
  }
}
