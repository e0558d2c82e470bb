package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/**
 * Rotary positions of EVA-CLIP: the channels of a head are turned in pairs, by angles that grow
 * with the row of the patch in the first half of the channels and with its column in the second.
 * Queries and keys are turned alike, so their product depends on how far patches lie apart; the
 * class token is not turned.
 */
final class Rotation {
  /** Where there are no rotary positions. */
  static final Rotation NONE = new Rotation();

  private static final double TEMPERATURE = 10_000;

  private final boolean turns;
  private final NDArray cos; // (T, d/H)
  private final NDArray sin; // (T, d/H)
  private final NDArray quarter; // (d/H, d/H), turns each pair by 90°

  @SuppressWarnings("NullAway") // never read where nothing turns
  private Rotation() {
    turns = false;
    cos = null;
    sin = null;
    quarter = null;
  }

  /**
   * @param m owner of the angles
   * @param channels d/H, a multiple of 4
   * @param side patches along a side of the image
   * @param grid patches along a side of the grid of the angles; positions are scaled to it
   */
  Rotation(NDManager m, int channels, int side, int grid) {
    turns = true;
    int bands = channels / 4;
    int tokens = side * side + 1;
    float[] c = new float[tokens * channels];
    float[] s = new float[tokens * channels];
    java.util.Arrays.fill(c, 0, channels, 1); // the class token
    for (int token = 1; token < tokens; token++) {
      int[] position = {(token - 1) / side, (token - 1) % side}; // row, column
      for (int i = 0; i < channels; i++) {
        int pair = i / 2;
        double place = (double) position[pair / bands] / side * grid;
        double angle = place / Math.pow(TEMPERATURE, (pair % bands) / (double) bands);
        c[token * channels + i] = (float) Math.cos(angle);
        s[token * channels + i] = (float) Math.sin(angle);
      }
    }
    float[] q = new float[channels * channels];
    for (int i = 0; i < channels; i += 2) {
      q[(i + 1) * channels + i] = -1; // (a, b) becomes (−b, a)
      q[i * channels + i + 1] = 1;
    }
    cos = m.create(c, new Shape(tokens, channels));
    sin = m.create(s, new Shape(tokens, channels));
    quarter = m.create(q, new Shape(channels, channels));
  }

  static Rotation of(NDManager m, ClipConfig config) {
    ClipConfig.Tower tower = config.vision();
    return tower.rotaryGrid() == 0
        ? NONE
        : new Rotation(m, tower.headWidth(), config.patchesAlongSide(), tower.rotaryGrid());
  }

  /**
   * @param x queries or keys (B, H, T, d/H), or of the class token alone (B, H, 1, d/H)
   */
  NDArray turn(NDArray x) {
    if (!turns || x.getShape().get(2) == 1) {
      return x;
    }
    return x.mul(cos).add(x.matMul(quarter).mul(sin));
  }
}
