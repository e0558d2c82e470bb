package dev.engram.experiment;

import dev.engram.EngramException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.apache.commons.statistics.descriptive.Quantile;
import org.apache.commons.statistics.distribution.TDistribution;
import org.apache.commons.statistics.interval.BinomialConfidenceInterval;
import org.jspecify.annotations.Nullable;

/**
 * Values in the groups in which they were drawn: the images of each entity, of each class, or one
 * value a case. Its interval draws whole groups, since what belongs together is no independent
 * evidence (a cluster bootstrap; Cameron, Gelbach and Miller 2008).
 *
 * @param unit what a group is
 * @param groups the values of each; none is empty
 * @param share whether the values are shares of a whole, from 0 to 1, such as 1 for each image that
 *     was recognised and 0 for each other
 */
public record Sample(Unit unit, List<double[]> groups, boolean share) {
  /** From so many groups on the bootstrap is used; below, its interval is too narrow. */
  static final int BOOTSTRAP_FROM = 20;

  /** Bootstrap samples: the ends of an interval move by about 2 % of its width with the seed. */
  private static final int DRAWS = 5000;

  private static final long SEED = 20_261_126;

  /** What is drawn. */
  public enum Unit {
    /** With all its images. */
    ENTITY("entity", "entities"),
    /** With all its images. */
    CLASS("class", "classes"),
    /** With all images that have it. */
    LABEL("label", "labels"),
    /** Alone. */
    IMAGE("image", "images"),
    /** An entity or a class that is edited. */
    CASE("case", "cases"),
    /** A name that is taught. */
    NAME("name", "names"),
    /** In which names are taught. */
    ORDER("random order", "random orders");

    private final String one;
    private final String many;

    Unit(String one, String many) {
      this.one = one;
      this.many = many;
    }

    /** In the plural. */
    @Override
    public String toString() {
      return many;
    }
  }

  /** Leaves out groups without values. */
  public Sample {
    groups = groups.stream().filter(g -> g.length > 0).toList();
  }

  /**
   * @param groups the values of each
   */
  public static Sample of(Unit unit, List<double[]> groups) {
    return new Sample(unit, groups, false);
  }

  /**
   * @param values one of each unit
   */
  public static Sample each(Unit unit, double... values) {
    return of(unit, Arrays.stream(values).mapToObj(v -> new double[] {v}).toList());
  }

  /**
   * @param values one of each unit
   */
  public static Sample each(Unit unit, Collection<Double> values) {
    return each(unit, values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /**
   * @param keys which group each value belongs to
   * @param values as many
   */
  public static Sample by(Unit unit, List<?> keys, double[] values) {
    Map<Object, List<Double>> groups = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      groups.computeIfAbsent(keys.get(i), k -> new ArrayList<>()).add(values[i]);
    }
    return of(
        unit,
        groups.values().stream()
            .map(g -> g.stream().mapToDouble(Double::doubleValue).toArray())
            .toList());
  }

  /** The same values as shares of a whole. */
  public Sample asShares() {
    return new Sample(unit, groups, true);
  }

  /** Values in all groups. */
  public int count() {
    return groups.stream().mapToInt(g -> g.length).sum();
  }

  /** Of all values, each counting the same; NaN without any. */
  public double mean() {
    double[] values = values();
    // of equal values the sum would leave a rounding error
    return values.length > 0 && allEqual(values)
        ? values[0]
        : Arrays.stream(values).average().orElse(Double.NaN);
  }

  /**
   * The differences, value by value: of two methods on the same images, whose interval is much
   * narrower than those of both methods suggest.
   *
   * @param other values of the same units in the same order
   * @throws EngramException if the two have other groups
   */
  public Sample minus(Sample other) {
    if (unit != other.unit || !sizes().equals(other.sizes())) {
      throw new EngramException(
          "A difference needs the same units on both sides; got %,d values of %,d %s and %,d of %,d %s."
              .formatted(
                  count(), groups.size(), unit, other.count(), other.groups.size(), other.unit));
    }
    List<double[]> out = new ArrayList<>();
    for (int g = 0; g < groups.size(); g++) {
      double[] values = groups.get(g).clone();
      for (int i = 0; i < values.length; i++) {
        values[i] -= other.groups.get(g)[i];
      }
      out.add(values);
    }
    return of(unit, out);
  }

  /** By the values, as every record; the components of this one are arrays. */
  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Sample other
        && unit == other.unit
        && share == other.share
        && Arrays.deepEquals(groups.toArray(), other.groups.toArray());
  }

  @Override
  public int hashCode() {
    return Objects.hash(unit, share, Arrays.deepHashCode(groups.toArray()));
  }

  private List<Integer> sizes() {
    return groups.stream().map(g -> g.length).toList();
  }

  private double[] values() {
    return groups.stream().flatMapToDouble(Arrays::stream).toArray();
  }

  private static boolean allEqual(double[] values) {
    return Arrays.stream(values).allMatch(v -> v == values[0]);
  }

  /**
   * The 95 % interval of {@link #mean}: the bootstrap over the groups, or Student's t with their
   * standard error where there are fewer than 20; over single values where there is one group;
   * Wilson's for a share of 0 or 100 %; none for fewer than two values, or equal ones.
   */
  public Interval interval() {
    double[] values = values();
    if (Arrays.stream(values).anyMatch(Double::isNaN)) {
      return none();
    }
    if (groups.size() == 1 && unit != Unit.IMAGE && values.length > 1) {
      return ofOneGroup(values);
    }
    if (share && values.length > 0 && (isNoneOrAll(values) || isBinaryImages(values))) {
      return wilson(mean(), groups.size(), units());
    }
    if (groups.size() < 2 || allEqual(values)) {
      return none(); // equal differences tell nothing of the others
    }
    return groups.size() < BOOTSTRAP_FROM ? studentT() : bootstrap();
  }

  /** Images of one entity: no other entity is known, so the interval is over its images. */
  private Interval ofOneGroup(double[] values) {
    Interval of = new Sample(Unit.IMAGE, each(unit, values).groups, share).interval();
    return new Interval(of.low(), of.high(), of.kind(), of.units(), "images of one " + unit.one);
  }

  /** 0 % or 100 %: the values have no spread, and the truth may still lie elsewhere. */
  private static boolean isNoneOrAll(double[] values) {
    return allEqual(values) && (values[0] == 0 || values[0] == 1);
  }

  /** Single images that were recognised or not: the binomial distribution is exact. */
  private boolean isBinaryImages(double[] values) {
    return unit == Unit.IMAGE && Arrays.stream(values).allMatch(v -> v == 0 || v == 1);
  }

  /** Where every group has one image, they are what is drawn. */
  private String units() {
    boolean ofImages = List.of(Unit.ENTITY, Unit.CLASS, Unit.LABEL).contains(unit);
    return unit.many + (ofImages && count() == groups.size() ? ", one value for each" : "");
  }

  private Interval none() {
    return new Interval(Double.NaN, Double.NaN, Interval.Kind.NONE, groups.size(), units());
  }

  private static Interval wilson(double share, int n, String units) {
    var of =
        BinomialConfidenceInterval.WILSON_SCORE.fromErrorRate(
            n, (int) Math.round(share * n), 1 - Interval.LEVEL);
    return new Interval(of.getLowerBound(), of.getUpperBound(), Interval.Kind.WILSON, n, units);
  }

  /** The standard error of a mean over groups of unequal size (Cochran 1977, 11.8). */
  private Interval studentT() {
    int g = groups.size();
    double mean = mean();
    double squares = 0;
    for (double[] group : groups) {
      double off = Arrays.stream(group).sum() - mean * group.length;
      squares += off * off;
    }
    double error = Math.sqrt(squares * g / (g - 1.0)) / count();
    double half =
        error * TDistribution.of(g - 1.0).inverseSurvivalProbability((1 - Interval.LEVEL) / 2);
    return made(mean - half, mean + half, Interval.Kind.STUDENT_T);
  }

  private Interval bootstrap() {
    int n = groups.size();
    double[] sums = groups.stream().mapToDouble(g -> Arrays.stream(g).sum()).toArray();
    int[] counts = sizes().stream().mapToInt(Integer::intValue).toArray();
    SplittableRandom random = new SplittableRandom(SEED);
    double[] means = new double[DRAWS];
    for (int d = 0; d < DRAWS; d++) {
      double sum = 0;
      int count = 0;
      for (int i = 0; i < n; i++) {
        int drawn = random.nextInt(n);
        sum += sums[drawn];
        count += counts[drawn];
      }
      means[d] = sum / count;
    }
    double tail = (1 - Interval.LEVEL) / 2;
    double[] ends = Quantile.withDefaults().evaluate(means, new double[] {tail, 1 - tail});
    return made(ends[0], ends[1], Interval.Kind.BOOTSTRAP);
  }

  private Interval made(double low, double high, Interval.Kind kind) {
    return new Interval(
        share ? Math.max(0, low) : low,
        share ? Math.min(1, high) : high,
        kind,
        groups.size(),
        units());
  }
}
