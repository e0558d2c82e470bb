package dev.engram.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Holds computed values against expected ones by the largest error over the largest expected value,
 * and remembers the worst of each kind of tensor for the table that is printed at the end.
 */
final class Parity {
  /** Scaled tolerances of DEFINITIONS section 11. */
  static final double FORWARD = 2e-5;

  static final double IMPROVEMENT = 5e-5;
  static final double SHARES = 3e-5;
  static final double GRADIENT = 5e-5;
  static final double OMP = 1e-5;
  static final double CHANGE = 3e-4;

  private record Worst(double error, double tolerance, String where) {}

  private static final Map<String, Worst> WORST = new TreeMap<>();

  private final ReferenceModel model;
  private final Set<String> checked = new HashSet<>();

  Parity(ReferenceModel model) {
    this.model = model;
  }

  Set<String> checked() {
    return checked;
  }

  /** Compares with a tensor of the reference; sizes must agree. */
  void check(String tensor, double[] actual, double tolerance) {
    checked.add(tensor);
    check(tensor, model.expected.doubles(tensor), actual, tolerance);
  }

  void check(String what, double[] expected, double[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, () -> model.name + ": size of " + what);
    double scale = 0;
    for (double e : expected) {
      scale = Math.max(scale, Math.abs(e));
    }
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(expected[i] - actual[i]) / (scale == 0 ? 1 : scale);
      worst = Double.isNaN(error) ? Double.POSITIVE_INFINITY : Math.max(worst, error);
    }
    double found = worst;
    WORST.merge(
        what.replaceAll("\\.\\d+", ".#"),
        new Worst(found, tolerance, model.name),
        (a, b) -> a.error >= b.error ? a : b);
    assertTrue(
        found <= tolerance,
        () ->
            "%s: %s is off by %.2e of its scale, tolerance %.0e"
                .formatted(model.name, what, found, tolerance));
  }

  /** Says that a tensor was held in another way than by its error. */
  void checkedExactly(String tensor) {
    checked.add(tensor);
    WORST.putIfAbsent(tensor.replaceAll("\\.\\d+", ".#"), new Worst(0, 0, "exact"));
  }

  static String table() {
    StringBuilder s =
        new StringBuilder(
            "%n%-28s %12s %10s  %s%n".formatted("tensor", "scaled error", "tolerance", "worst in"));
    WORST.forEach(
        (k, w) ->
            s.append("%-28s %12.2e %10.0e  %s%n".formatted(k, w.error, w.tolerance, w.where)));
    return s.toString();
  }
}
