package dev.engram.experiment;

import dev.engram.Vectors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Zero-shot classification, the one that all measures of accuracy share: an image is taken for the
 * class whose text has the largest cosine with it. Of equal cosines the first class wins, as with
 * PyTorch's and NumPy's {@code argmax}; so where two classes have one text, all images are taken
 * for the first of them, and those of the second are wrong.
 */
public final class ZeroShotClassifier {
  private final float[][] texts;
  private final double[] lengths;

  /**
   * @param texts M_text of each class, of any length above 0 (classes, D)
   */
  public ZeroShotClassifier(float[][] texts) {
    this.texts = texts;
    this.lengths = Arrays.stream(texts).mapToDouble(t -> Math.sqrt(Vectors.dot(t, t))).toArray();
  }

  /**
   * @param image M_image, of any length (D)
   * @param most how many classes at most
   * @return indices of the classes of the largest cosines, the nearest first
   */
  public List<Integer> nearest(float[] image, int most) {
    double[] scores = new double[texts.length]; // the image's length plays no part
    List<Integer> best = new ArrayList<>();
    for (int c = 0; c < scores.length; c++) {
      scores[c] = Vectors.dot(texts[c], image) / lengths[c];
      int place = best.size();
      while (place > 0 && scores[c] > scores[best.get(place - 1)]) {
        place--;
      }
      if (place < most) {
        best.add(place, c);
        if (best.size() > most) {
          best.remove(most);
        }
      }
    }
    return best;
  }

  /**
   * @param images M_image of each (images, D)
   * @return index of the class that each is taken for
   */
  public int[] classify(float[][] images) {
    return Arrays.stream(images).mapToInt(z -> nearest(z, 1).get(0)).toArray();
  }

  /**
   * @param images M_image of each (images, D)
   * @param right index of the class that all of them are of
   * @return the share of them that are taken for it, 0 to 1
   */
  public double accuracy(float[][] images, int right) {
    return Arrays.stream(classify(images)).filter(c -> c == right).count() / (double) images.length;
  }
}
