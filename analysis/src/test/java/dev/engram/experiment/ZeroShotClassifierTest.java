package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Cosine;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The one rule by which an image is taken for a class. */
class ZeroShotClassifierTest {
  private static float[] vector(Random random, int width) {
    float[] v = new float[width];
    for (int i = 0; i < width; i++) {
      v[i] = (float) random.nextGaussian();
    }
    return v;
  }

  /** {@code argmax([0.5, 0.9, 0.9])} is 1 in PyTorch and NumPy. */
  @Test
  void ofEqualCosinesTheFirstClassWins() {
    float[] nearest = {1, 2, 2};
    ZeroShotClassifier classes =
        new ZeroShotClassifier(new float[][] {{3, 0, 0}, nearest, nearest.clone(), {0, 1, 0}});
    float[] image = {1, 2, 2};
    assertEquals(List.of(1, 2, 3, 0), classes.nearest(image, 5));
    assertEquals(List.of(1, 2), classes.nearest(image, 2));
    float[][] images = {image, {5, 0, 0}};
    assertArrayEquals(new int[] {1, 0}, classes.classify(images));
    assertEquals(0.5, classes.accuracy(images, 1));
    assertEquals(0, classes.accuracy(images, 2), "what is taken for the first is wrong");
  }

  @Test
  void lengthsPlayNoPart() {
    ZeroShotClassifier classes = new ZeroShotClassifier(new float[][] {{100, 100}, {0, 1e-3f}});
    assertEquals(List.of(1), classes.nearest(new float[] {1, 3}, 1));
  }

  @Test
  void theNearestAreThoseOfTheLargestCosines() {
    Random random = new Random(3);
    float[][] texts =
        IntStream.range(0, 40).mapToObj(i -> vector(random, 7)).toArray(float[][]::new);
    texts[30] = texts[4].clone();
    ZeroShotClassifier classes = new ZeroShotClassifier(texts);
    for (int i = 0; i < 50; i++) {
      float[] image = i == 0 ? texts[4] : vector(random, 7);
      List<Integer> naive =
          IntStream.range(0, texts.length)
              .boxed()
              .sorted(Comparator.comparingDouble(c -> -Cosine.of(texts[c], image))) // stable
              .limit(5)
              .toList();
      assertEquals(naive, classes.nearest(image, 5));
    }
  }
}
