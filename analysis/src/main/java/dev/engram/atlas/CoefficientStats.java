package dev.engram.atlas;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What some images tell of every neuron's coefficient at one position, the class token or the
 * maximum over the patches: sums, bins and the largest values, which merge exactly.
 */
final class CoefficientStats {
  final ExactSums sums;
  final ExactSums squares;
  final float[] least;
  final float[] greatest;
  final int[] histograms; // (neurons, LogBins.COUNT)
  final int[] beyond;
  final TopLists highest;
  final @Nullable TopLists lowest; // of −m
  private final double threshold;

  /**
   * @param hasLowest whether the images with the smallest values are kept
   */
  CoefficientStats(int neurons, SurveySettings settings, boolean hasLowest) {
    threshold = settings.threshold();
    sums = new ExactSums(neurons);
    squares = new ExactSums(neurons);
    least = new float[neurons];
    greatest = new float[neurons];
    Arrays.fill(least, Float.POSITIVE_INFINITY);
    Arrays.fill(greatest, Float.NEGATIVE_INFINITY);
    histograms = new int[neurons * LogBins.COUNT];
    beyond = new int[neurons];
    highest = TopLists.of(neurons, settings.top());
    lowest = hasLowest ? TopLists.of(neurons, settings.top()) : null;
  }

  /**
   * Adds an image.
   *
   * @param i which neuron
   * @param x its coefficient
   * @param image its number
   */
  void add(int i, float x, int image) {
    sums.add(i, x);
    squares.add(i, (double) x * x);
    least[i] = Math.min(least[i], x);
    greatest[i] = Math.max(greatest[i], x);
    histograms[i * LogBins.COUNT + LogBins.of(x)]++;
    beyond[i] += Math.abs(x) > threshold ? 1 : 0;
    highest.add(i, x, image);
    if (lowest != null) {
      lowest.add(i, -x, image);
    }
  }

  /** Adds what other images tell. */
  void add(CoefficientStats other) {
    sums.add(other.sums);
    squares.add(other.squares);
    for (int i = 0; i < least.length; i++) {
      least[i] = Math.min(least[i], other.least[i]);
      greatest[i] = Math.max(greatest[i], other.greatest[i]);
      beyond[i] += other.beyond[i];
    }
    for (int i = 0; i < histograms.length; i++) {
      histograms[i] += other.histograms[i];
    }
    highest.add(other.highest);
    if (lowest != null && other.lowest != null) {
      lowest.add(other.lowest);
    }
  }

  double mean(int i, long images) {
    return sums.mean(i, images);
  }

  double deviation(int i, long images) {
    return ExactSums.deviation(sums, squares, i, images);
  }

  int[] histogram(int i) {
    return Arrays.copyOfRange(histograms, i * LogBins.COUNT, (i + 1) * LogBins.COUNT);
  }

  void write(DataOutput out) throws IOException {
    sums.write(out);
    squares.write(out);
    for (int i = 0; i < least.length; i++) {
      out.writeFloat(least[i]);
      out.writeFloat(greatest[i]);
      out.writeInt(beyond[i]);
    }
    for (int count : histograms) {
      out.writeInt(count);
    }
    highest.write(out);
    if (lowest != null) {
      lowest.write(out);
    }
  }

  void read(DataInput in) throws IOException {
    sums.read(in);
    squares.read(in);
    for (int i = 0; i < least.length; i++) {
      least[i] = in.readFloat();
      greatest[i] = in.readFloat();
      beyond[i] = in.readInt();
    }
    for (int i = 0; i < histograms.length; i++) {
      histograms[i] = in.readInt();
    }
    highest.read(in);
    if (lowest != null) {
      lowest.read(in);
    }
  }
}
