package dev.engram.dissect;

import dev.engram.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a head says in words: the texts whose directions explain most of the variance of its outputs
 * over many images, one after the other (TextSpan, Algorithm 1 of Gandelsman, Efros and Steinhardt
 * 2024, "Interpreting CLIP's image representation via text-based decomposition").
 *
 * <p>Outputs are centred, and the texts are projected onto the space that they span; the texts keep
 * the lengths that this leaves them, so that one which lies outside of the space is not chosen.
 */
public final class TextSpan {
  /** Below it, against the longest output, a direction is noise of float32. */
  private static final double NOISE = 1e-4;

  /** Texts between two looks at an interrupt. */
  private static final int CHUNK = 512;

  private final WordDictionary dictionary;

  /**
   * @param dictionary of the same model; must outlive this
   */
  public TextSpan(WordDictionary dictionary) {
    this.dictionary = dictionary;
  }

  /**
   * A word that was chosen.
   *
   * @param index in the dictionary
   * @param word itself
   * @param share of the variance of the outputs that lies in its direction, beyond what the words
   *     before it explain, from 0 to 1
   */
  public record Said(int index, String word, double share) {}

  /**
   * Finds the words of a head.
   *
   * @param outputs of the head for K images (K, D)
   * @param count how many words at most
   * @return the words in the order of selection; fewer where they explain all, none where the
   *     outputs do not vary
   */
  public List<Said> words(float[][] outputs, int count) {
    double[][] centred = centred(outputs);
    double[][] basis = basis(centred);
    int rank = basis.length;
    if (rank == 0) {
      return List.of();
    }
    double[][] moments = moments(centred, basis);
    double total = IntStream.range(0, rank).mapToDouble(i -> moments[i][i]).sum();
    double[][] texts = texts(basis); // (M, r)
    List<Said> said = new ArrayList<>();
    for (int i = 0; i < Math.min(count, rank); i++) {
      double[] variances = new double[texts.length];
      for (int from = 0; from < texts.length; from += CHUNK) {
        Progress.checkInterrupt(); // a word of 20,000 takes seconds with many images
        IntStream.range(from, Math.min(from + CHUNK, texts.length))
            .parallel()
            .forEach(m -> variances[m] = variance(moments, texts[m]));
      }
      int best = 0;
      for (int m = 1; m < variances.length; m++) {
        best = variances[m] > variances[best] ? m : best;
      }
      double length = dot(texts[best], texts[best]);
      if (length == 0 || variances[best] / length < NOISE * NOISE * total) {
        break;
      }
      said.add(new Said(best, dictionary.words().get(best), variances[best] / length / total));
      double[] unit = scaled(texts[best], 1 / Math.sqrt(length));
      IntStream.range(0, texts.length).parallel().forEach(m -> remove(texts[m], unit));
      removeBoth(moments, unit);
    }
    return said;
  }

  private static double[][] centred(float[][] outputs) {
    int width = outputs[0].length;
    double[][] out = new double[outputs.length][width];
    for (int j = 0; j < width; j++) {
      double mean = 0;
      for (float[] row : outputs) {
        mean += row[j] / (double) outputs.length;
      }
      for (int k = 0; k < outputs.length; k++) {
        out[k][j] = outputs[k][j] - mean;
      }
    }
    return out;
  }

  /** An orthonormal basis of the rows' span, by Gram and Schmidt, each row twice (r, D). */
  private static double[][] basis(double[][] rows) {
    double longest = 0;
    for (double[] row : rows) {
      longest = Math.max(longest, Math.sqrt(dot(row, row)));
    }
    List<double[]> basis = new ArrayList<>();
    for (double[] row : rows) {
      double[] rest = row.clone();
      for (int pass = 0; pass < 2; pass++) {
        basis.forEach(unit -> remove(rest, unit));
      }
      double length = Math.sqrt(dot(rest, rest));
      if (length > NOISE * longest) {
        basis.add(scaled(rest, 1 / length));
      }
    }
    return basis.toArray(double[][]::new);
  }

  /** XᵀX of the rows' coordinates X in the basis (r, r). */
  private static double[][] moments(double[][] rows, double[][] basis) {
    double[][] out = new double[basis.length][basis.length];
    double[] x = new double[basis.length];
    for (double[] row : rows) {
      for (int i = 0; i < x.length; i++) {
        x[i] = dot(row, basis[i]);
      }
      for (int i = 0; i < x.length; i++) {
        for (int j = 0; j < x.length; j++) {
          out[i][j] += x[i] * x[j];
        }
      }
    }
    return out;
  }

  /** The coordinates of every text in the basis (M, r). */
  private double[][] texts(double[][] basis) {
    float[][] vectors = new float[basis.length][basis[0].length];
    for (int i = 0; i < basis.length; i++) {
      for (int j = 0; j < vectors[i].length; j++) {
        vectors[i][j] = (float) basis[i][j];
      }
    }
    float[][] products = dictionary.products(vectors); // (r, M)
    double[][] out = new double[dictionary.words().size()][basis.length];
    for (int i = 0; i < basis.length; i++) {
      for (int m = 0; m < out.length; m++) {
        out[m][i] = products[i][m];
      }
    }
    return out;
  }

  private static double variance(double[][] moments, double[] text) {
    double sum = 0;
    for (int i = 0; i < text.length; i++) {
      sum += text[i] * dot(moments[i], text);
    }
    return sum;
  }

  /** S ← (I − uuᵀ) S (I − uuᵀ). */
  private static void removeBoth(double[][] moments, double[] unit) {
    for (double[] row : moments) {
      remove(row, unit);
    }
    double[] column = new double[unit.length];
    for (int j = 0; j < unit.length; j++) {
      for (int i = 0; i < unit.length; i++) {
        column[i] = moments[i][j];
      }
      remove(column, unit);
      for (int i = 0; i < unit.length; i++) {
        moments[i][j] = column[i];
      }
    }
  }

  private static void remove(double[] from, double[] unit) {
    double along = dot(from, unit);
    for (int i = 0; i < from.length; i++) {
      from[i] -= along * unit[i];
    }
  }

  private static double[] scaled(double[] v, double by) {
    double[] out = new double[v.length];
    for (int i = 0; i < v.length; i++) {
      out[i] = by * v[i];
    }
    return out;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
