package dev.engram.model;

import java.util.Locale;

/**
 * A filter by which Pillow scales pictures (Resample.c): how much a pixel counts by its distance.
 */
public enum ResizeFilter {
  /** 1 − |x|: SigLIP 2. */
  BILINEAR(2, 1) {
    @Override
    double at(double distance) {
      double x = Math.abs(distance);
      return x < 1 ? 1 - x : 0;
    }
  },
  /** Keys' cubic with a = −0.5: CLIP, SigLIP, OpenCLIP. */
  BICUBIC(3, 2) {
    @Override
    double at(double distance) {
      double x = Math.abs(distance);
      if (x < 1) {
        return ((A + 2) * x - (A + 3)) * x * x + 1;
      }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * A : 0;
    }
  };

  private static final double A = -0.5;

  private final int number;
  private final double support;

  ResizeFilter(int number, double support) {
    this.number = number;
    this.support = support;
  }

  /** Its number in Pillow, {@code resample} in the files of transformers. */
  int number() {
    return number;
  }

  /** The distance from which a pixel does not count. */
  double support() {
    return support;
  }

  /**
   * @param distance in pixels of the smaller picture
   * @return the weight, before all are divided by their sum
   */
  abstract double at(double distance);

  /**
   * As OpenCLIP's files name it.
   *
   * @return {@code bilinear} or {@code bicubic}
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
