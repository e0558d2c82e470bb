package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.data.Entity;
import dev.engram.data.LabelledImage;
import dev.engram.experiment.Sample.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Holds intervals to textbook values and to simulations: 95 of 100 must hold the truth. */
class SampleTest {
  private static final Random RANDOM = new Random(1);

  private static Interval interval(Unit unit, double... values) {
    return Sample.each(unit, values).interval();
  }

  @Test
  void fewUnitsHaveStudentsT() {
    Interval i = interval(Unit.CASE, 1, 2, 3, 4);
    double half = 3.182446305 * Math.sqrt(5 / 3.0 / 4); // t of 3 degrees of freedom
    assertEquals(2.5 - half, i.low(), 1e-8);
    assertEquals(2.5 + half, i.high(), 1e-8);
    assertEquals("95 %, Student's t over 4 cases", i.about());
    Interval five = interval(Unit.ORDER, 0, 0, 0, 0, 1);
    assertEquals(2.776445105 * Math.sqrt(0.8 / 4 / 5), five.halfWidth(), 1e-8);
    assertEquals("95 %, Student's t over 5 random orders", five.about());
  }

  @Test
  void sharesOfNoneAndAllHaveWilsons() {
    Interval all =
        Sample.each(Unit.IMAGE, new double[] {1, 1, 1, 1, 1, 1, 1, 1, 1, 1}).asShares().interval();
    assertEquals(1, all.high(), 1e-12);
    assertEquals(0.7224672, all.low(), 1e-6); // 10 / (10 + 1.96²)
    assertEquals("95 %, Wilson over 10 images", all.about());
    Interval none =
        Sample.of(Unit.CLASS, Collections.nCopies(30, new double[] {0, 0})).asShares().interval();
    assertEquals(0, none.low(), 1e-12);
    assertEquals(1.959964 * 1.959964 / (30 + 1.959964 * 1.959964), none.high(), 1e-6);
    assertEquals("95 %, Wilson over 30 classes", none.about());
    // one entity: its images are all that there is
    Interval one = Sample.of(Unit.ENTITY, List.of(new double[] {1, 0, 1, 1})).asShares().interval();
    assertEquals("95 %, Wilson over 4 images of one entity", one.about());
    assertTrue(one.low() > 0.25 && one.high() < 0.97, one.toString());
    // equal shares of cases, neither 0 nor 1, are no sample of images
    assertFalse(Sample.each(Unit.CASE, new double[] {0.7, 0.7}).asShares().interval().exists());
  }

  @Test
  void imagesOfAnEntityAreNoIndependentEvidence() {
    // ten equal images of each of 60 entities are 60 values, not 600
    List<double[]> groups = new ArrayList<>();
    double[] means = new double[60];
    for (int e = 0; e < means.length; e++) {
      means[e] = RANDOM.nextGaussian();
      double[] images = new double[10];
      Arrays.fill(images, means[e]);
      groups.add(images);
    }
    Interval clustered = Sample.of(Unit.ENTITY, groups).interval();
    double mean = Arrays.stream(means).average().orElseThrow();
    double deviation = Math.sqrt(Arrays.stream(means).map(m -> (m - mean) * (m - mean)).sum() / 59);
    assertEquals(1.96 * deviation / Math.sqrt(60), clustered.halfWidth(), 0.015);
    assertEquals("95 %, bootstrap over 60 entities", clustered.about());
    Interval images =
        interval(Unit.IMAGE, groups.stream().flatMapToDouble(Arrays::stream).toArray());
    assertEquals(Math.sqrt(10), clustered.halfWidth() / images.halfWidth(), 0.2);
    assertEquals(clustered, Sample.of(Unit.ENTITY, groups).interval()); // seeded
  }

  @Test
  void oneImageOfEachClassIsSaid() {
    Interval i =
        Sample.of(Unit.LABEL, IntStream.range(0, 40).mapToObj(k -> new double[] {k}).toList())
            .interval();
    assertEquals("95 %, bootstrap over 40 labels, one value for each", i.about());
  }

  @Test
  void differencesArePaired() {
    double[] one = new double[60];
    double[] other = new double[60];
    for (int e = 0; e < one.length; e++) {
      one[e] = RANDOM.nextGaussian();
      other[e] = one[e] + 0.1 + 0.05 * RANDOM.nextGaussian();
    }
    Estimate a = Estimate.of(Sample.each(Unit.ENTITY, one));
    Estimate b = Estimate.of(Sample.each(Unit.ENTITY, other));
    assertTrue(b.interval().low() < a.interval().high()); // apart they cannot be told
    assertTrue(b.minus(a).interval().excludesZero());
    assertEquals(b.mean() - a.mean(), b.minus(a).mean(), 1e-12);
    assertTrue(b.minus(a).halfWidth() < 0.02);
    assertEquals("no interval", a.minus(a).interval().about());
    Refusal.holds(() -> a.minus(Estimate.of(Sample.each(Unit.IMAGE, one))), "the same units");
  }

  @Test
  void nothingToDrawFromIsNoInterval() {
    assertFalse(interval(Unit.ENTITY, 1).exists());
    assertFalse(interval(Unit.ENTITY).exists());
    assertFalse(interval(Unit.ENTITY, 1, Double.NaN, 2).exists());
    assertTrue(Double.isNaN(Estimate.of(Sample.each(Unit.ENTITY, new double[0])).mean()));
    assertEquals("0.2292 (no interval)", Estimate.reported(0.2292).toString());
    assertEquals(0, Estimate.reported(0.2292).count());
  }

  @Test
  void intervalsHoldTheTruthAsOftenAsTheySay() {
    for (int entities : new int[] {5, 10, 40}) {
      int held = 0;
      for (int run = 0; run < 400; run++) {
        List<double[]> groups = new ArrayList<>();
        for (int e = 0; e < entities; e++) {
          double own = RANDOM.nextGaussian();
          groups.add(
              IntStream.range(0, 3 + RANDOM.nextInt(8))
                  .mapToDouble(i -> own + 0.5 * RANDOM.nextGaussian())
                  .toArray());
        }
        Interval i = Sample.of(Unit.ENTITY, groups).interval();
        held += i.low() <= 0 && 0 <= i.high() ? 1 : 0;
      }
      assertTrue(held > 0.90 * 400 && held < 0.99 * 400, held + " of 400, " + entities);
    }
  }

  @Test
  void anEstimateShowsTheDigitsThatItsIntervalAllows() {
    Estimate e = Estimate.of(Sample.each(Unit.CASE, new double[] {0.51, 0.52, 0.53}));
    assertEquals("0.520 ± 0.025 (95 %, Student's t over 3 cases)", e.toString());
    assertEquals("0.2500", Estimate.reported(0.25).plusMinus());
  }

  @Test
  void halvesShareNoImageAndAreSeeded() {
    Judging judging = Judging.otherHalf(3);
    int[] finding = judging.finding(9, 4);
    int[] judges = judging.judging(9, 4);
    assertEquals(5, finding.length);
    assertArrayEquals(
        IntStream.range(0, 9).toArray(),
        IntStream.concat(IntStream.of(finding), IntStream.of(judges)).sorted().toArray());
    assertArrayEquals(finding, Judging.otherHalf(3).finding(9, 4));
    assertFalse(Arrays.equals(finding, Judging.otherHalf(4).finding(9, 4)));
    assertArrayEquals(new int[] {0, 1}, Judging.SAME_IMAGES.judging(2, 0));
    LabelledImage image = new LabelledImage(Path.of("a.png"), "a.png", "a", "", "");
    Entity single = new Entity("a", "", "a", List.of(image));
    assertEquals(List.of(), judging.of(List.of(single)));
    assertEquals(List.of(single), Judging.SAME_IMAGES.of(List.of(single)));
  }
}
