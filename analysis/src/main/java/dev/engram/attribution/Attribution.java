package dev.engram.attribution;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The score of every neuron for a set of images and one text, and the neurons ranked by it. An
 * entity's score is the mean over its images, as in the paper.
 *
 * @param title what was attributed, as people call it
 * @param label the text
 * @param images names of the images
 * @param by what the score is
 * @param space the order of the neurons in the arrays
 * @param scores (images, neurons)
 * @param coefficients m at the class token (images, neurons)
 * @param cosines cos(z, t) of each image
 * @param provenance where the numbers come from
 */
public record Attribution(
    String title,
    String label,
    List<String> images,
    Score by,
    NeuronSpace space,
    float[][] scores,
    float[][] coefficients,
    double[] cosines,
    Provenance provenance)
    implements Attributed {

  /**
   * A neuron in the ranking.
   *
   * @param rank from 1
   * @param neuron its name
   * @param score mean over the images
   * @param coefficient m, mean over the images
   */
  public record Ranked(int rank, Neuron neuron, double score, double coefficient) {}

  /**
   * @param name what people call the images
   * @return a copy under that title
   */
  public Attribution titled(String name) {
    return new Attribution(
        name, label, images, by, space, scores, coefficients, cosines, provenance);
  }

  /** Mean score of a neuron. */
  public double score(Neuron n) {
    return mean(scores, space.index(n));
  }

  /** Mean coefficient of a neuron. */
  public double coefficient(Neuron n) {
    return mean(coefficients, space.index(n));
  }

  /**
   * The sign by which the paper multiplies query and value vector so that a neuron's value points
   * the way it acts (A.2).
   *
   * @return −1 if the mean coefficient is negative and the mean score positive, else +1
   */
  public int sign(Neuron n) {
    return coefficient(n) < 0 && score(n) > 0 ? -1 : 1;
  }

  /**
   * The neurons with the highest mean scores, descending; equal scores in the order of the forward
   * pass.
   */
  public List<Ranked> top(int count) {
    double[] means = means();
    int[] order = order(means, count);
    return IntStream.range(0, order.length)
        .mapToObj(
            i ->
                new Ranked(
                    i + 1, space.neuron(order[i]), means[order[i]], mean(coefficients, order[i])))
        .toList();
  }

  /** The rank of a neuron: 1 for the highest score, …. */
  public int rank(Neuron n) {
    return rank(means(), space.index(n));
  }

  /** The rank of a column, from 1; of equal ones the first is before. */
  static int rank(double[] means, int index) {
    int rank = 1;
    for (int i = 0; i < means.length; i++) {
      if (means[i] > means[index] || (means[i] == means[index] && i < index)) {
        rank++;
      }
    }
    return rank;
  }

  /** Mean score of every neuron, in the order of {@link NeuronSpace}. */
  public double[] means() {
    return means(scores);
  }

  /** The mean of each column. */
  static double[] means(float[][] rows) {
    double[] means = new double[rows[0].length];
    for (float[] s : rows) {
      for (int i = 0; i < means.length; i++) {
        means[i] += s[i];
      }
    }
    for (int i = 0; i < means.length; i++) {
      means[i] /= rows.length;
    }
    return means;
  }

  /**
   * The curve of Figure 3b before it is normalised: ranked within each image, then averaged by
   * rank.
   *
   * @return mean over the images of the r-th largest score
   */
  public double[] decay(int count) {
    double[] curve = new double[Math.min(count, space.count())];
    for (float[] s : scores) {
      double[] image = new double[s.length];
      Arrays.setAll(image, i -> s[i]);
      int[] order = order(image, curve.length);
      for (int r = 0; r < curve.length; r++) {
        curve[r] += image[order[r]] / scores.length;
      }
    }
    return curve;
  }

  /** Indices of the largest values, descending; a stable sort keeps equal ones in order. */
  static int[] order(double[] values, int count) {
    int n = Math.min(Math.max(count, 0), values.length);
    if (n == 0) {
      return new int[0];
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double threshold = sorted[values.length - n]; // sorts few objects instead of all
    return IntStream.range(0, values.length)
        .filter(i -> values[i] >= threshold)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -values[i]))
        .limit(n)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** An attribution in a line, with the first of its ranking. */
  static String said(Attributed a, List<?> first) {
    return "Attribution of \"%s\" over %d image%s by %s: %s"
        .formatted(
            a.label(),
            a.images().size(),
            a.images().size() == 1 ? "" : "s",
            a.by().method(),
            first);
  }

  static double mean(float[][] a, int column) {
    double s = 0;
    for (float[] row : a) {
      s += row[column];
    }
    return s / a.length;
  }

  @Override
  public String toString() {
    return said(this, top(3).stream().map(Ranked::neuron).toList());
  }
}
