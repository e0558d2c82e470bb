package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class HistogramTest {
  @Test
  void countsIntoCommonBins() {
    Histogram h = Histogram.of(List.of(new float[] {0, 1, 4, 4}, new float[] {-4, 3.5f}), 4);
    assertArrayEquals(new double[] {-4, -2, 0, 2, 4}, h.edges());
    assertArrayEquals(new int[] {0, 0, 2, 2}, h.counts()[0]);
    assertArrayEquals(new int[] {1, 0, 0, 1}, h.counts()[1]);
    assertArrayEquals(new double[] {-3, -1, 1, 3}, h.centres());
    assertArrayEquals(new double[] {0, 0, 0.5, 0.5}, h.shares(0));
  }

  @Test
  void equalValuesAndEmptyGroupsAreCounted() {
    Histogram h = Histogram.of(List.of(new float[] {2, 2}, new float[0]), 3);
    assertArrayEquals(new int[] {2, 0, 0}, h.counts()[0]);
    assertArrayEquals(new double[] {0, 0, 0}, h.shares(1));
    assertThrows(IllegalArgumentException.class, () -> Histogram.of(List.of(new float[0]), 3));
  }
}
