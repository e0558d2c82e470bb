package dev.engram.atlas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A sum of a thousand partitions is the sum, to the bit, in whatever order they come. */
class ExactSumsTest {
  private static final int PARTITIONS = 1000;

  @Test
  void anyOrderAndSplitGiveTheSameBits() {
    Random random = new Random(3);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 10 * PARTITIONS; i++) {
      values.add((double) (float) (random.nextGaussian() * Math.pow(10, random.nextInt(12) - 8)));
    }
    ExactSums[] one = sums(values);
    BigDecimal exact =
        values.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
    BigDecimal n = BigDecimal.valueOf(values.size());
    assertEquals(
        exact.divide(n, MathContext.DECIMAL128).doubleValue(), one[0].mean(0, values.size()));
    Collections.shuffle(values, random);
    ExactSums[] merged = {new ExactSums(1), new ExactSums(1)};
    for (int p = 0; p < PARTITIONS; p++) {
      ExactSums[] part = sums(values.subList(10 * p, 10 * p + 10));
      merged[0].add(part[0]);
      merged[1].add(part[1]);
    }
    assertEquals(one[0].mean(0, values.size()), merged[0].mean(0, values.size()));
    double deviation = ExactSums.deviation(one[0], one[1], 0, values.size());
    assertEquals(deviation, ExactSums.deviation(merged[0], merged[1], 0, values.size()));
    double mean = one[0].mean(0, values.size());
    double variance =
        values.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum() / values.size();
    assertEquals(Math.sqrt(variance), deviation, 1e-12 * deviation);
  }

  private static ExactSums[] sums(List<Double> values) {
    ExactSums[] out = {new ExactSums(1), new ExactSums(1)};
    for (double x : values) {
      out[0].add(0, x);
      out[1].add(0, x * x);
    }
    return out;
  }

  @Test
  void signsCarriesAndSmallValuesAreRight() {
    ExactSums sums = new ExactSums(2);
    for (double x : new double[] {0, -0.0, -0x1p-64, 0x1p-64, -1.5, 3, 0x1p-70, -0x1p39, 0x1p39}) {
      sums.add(1, x);
    }
    assertEquals(1.5, sums.mean(1, 1));
    assertEquals(0, sums.mean(0, 1));
    assertTrue(Double.isNaN(sums.mean(0, 0)));
    for (double x : new double[] {Double.NaN, Double.POSITIVE_INFINITY, -0x1p40}) {
      assertThrows(ArithmeticException.class, () -> sums.add(0, x));
    }
  }

  @Test
  void binsLieBetweenTheirEdges() {
    double[] edges = LogBins.edges();
    assertEquals(LogBins.COUNT - 1, edges.length);
    Random random = new Random(5);
    for (int i = 0; i < 10_000; i++) {
      float x = (float) (random.nextGaussian() * Math.pow(2, random.nextInt(24) - 14));
      int bin = LogBins.of(x);
      assertTrue(bin == 0 || x >= edges[bin - 1], x + " in " + bin);
      assertTrue(bin == edges.length || x <= edges[bin], x + " in " + bin);
    }
    for (int e = 1; e < edges.length; e++) {
      assertTrue(edges[e] > edges[e - 1]);
      assertEquals(e >= LogBins.COUNT / 2 ? e + 1 : e, LogBins.of((float) edges[e]));
    }
  }

  @Test
  void ofEqualValuesTheSmallerNumberComesFirst() {
    TopLists lists = TopLists.of(1, 3);
    for (int owner : new int[] {5, 2, 9, 7}) {
      lists.add(0, 1.5, owner);
    }
    lists.add(0, 1, 0);
    assertEquals(3, lists.size(0));
    assertEquals(
        List.of(2, 5, 7), List.of(lists.owner(0, 0), lists.owner(0, 1), lists.owner(0, 2)));
  }
}
