package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDManager;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The most correlated word is the same whether the engine or Java looks for it. */
class WordDictionaryTest {
  private static final int WIDTH = 24;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 700})
  void readingTheTableAgreesWithTheEngineAndWithEachProduct(int count) {
    Random random = new Random(count);
    float[][] words = noise(random, count);
    float[][] vectors = noise(random, 9);
    vectors[3] = new float[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      vectors[4][i] = -words[count - 1][i]; // a negative product counts as a positive one
    }
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        WordDictionary dictionary =
            new WordDictionary(
                manager,
                "noise",
                IntStream.range(0, count).mapToObj(i -> "word " + i).toList(),
                words)) {
      int[] found = dictionary.mostCorrelated(vectors);
      assertArrayEquals(dictionary.mostCorrelatedOnDevice(vectors), found);
      assertEquals(0, found[3], "of exact ties the first");
      assertEquals(count - 1, found[4]);
      float[][] atoms = dictionary.embeddings(IntStream.range(0, count).toArray());
      for (int i = 0; i < vectors.length; i++) {
        float[] v = vectors[i];
        int best =
            IntStream.range(0, count)
                .reduce(0, (a, b) -> product(atoms[b], v) > product(atoms[a], v) ? b : a);
        assertEquals(best, found[i], "vector " + i);
      }
    }
  }

  private static double product(float[] a, float[] b) {
    return Math.abs(IntStream.range(0, WIDTH).mapToDouble(i -> (double) a[i] * b[i]).sum());
  }

  private static float[][] noise(Random random, int rows) {
    float[][] out = new float[rows][WIDTH];
    for (float[] row : out) {
      for (int i = 0; i < WIDTH; i++) {
        row[i] = (float) random.nextGaussian();
      }
    }
    return out;
  }
}
