package dev.engram;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/**
 * Compares embeddings of one model that was read from two files. The engine's matrix products round
 * by where in memory a tensor begins (an AVX-512 processor shows it), and a file says where.
 */
public final class UpToRounding {
  /** Largest difference of two values that is rounding. */
  public static final float MOST = 2e-6f;

  private UpToRounding() {}

  /** Fails unless all values differ by at most {@value #MOST}. */
  public static void assertEqual(float[][] expected, float[][] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(expected[i], actual[i], MOST);
    }
  }
}
