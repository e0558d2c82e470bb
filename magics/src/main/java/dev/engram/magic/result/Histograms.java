package dev.engram.magic.result;

import dev.engram.magic.result.Charts.Series;
import dev.engram.magic.view.PlotlyFigure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** Histograms of what is counted around 0, counted here: a page carries bins, not every value. */
final class Histograms {
  /** Bins on either side of 0. */
  private static final int SIDE = 20;

  private Histograms() {}

  /**
   * One histogram for each group. The bins reach as far as 99 of 100 values do; the outermost hold
   * what lies farther out, and say so.
   */
  static PlotlyFigure of(String title, String axis, Map<String, double[]> groups) {
    double size =
        groups.values().stream()
            .map(v -> DoubleStream.of(v).map(Math::abs).sorted().toArray())
            .mapToDouble(v -> v.length == 0 ? 0 : v[(int) (0.99 * (v.length - 1))]) // without tails
            .max()
            .orElse(0);
    double width = Math.max(size, 1e-9) / SIDE;
    List<Series> series = new ArrayList<>();
    groups.entrySet().stream()
        .sorted(Map.Entry.<String, double[]>comparingByKey().reversed())
        .forEach(
            group -> {
              double[] counts = new double[2 * SIDE];
              for (double v : group.getValue()) {
                double bin = Math.floor(v / width) + SIDE;
                counts[(int) Math.min(counts.length - 1, Math.max(0, bin))]++;
              }
              List<Double> centres =
                  IntStream.range(0, counts.length)
                      .mapToObj(i -> (i - SIDE + 0.5) * width)
                      .toList();
              series.add(Series.of(group.getKey(), centres, counts));
            });
    String end = digits((SIDE - 1) * width, 2);
    double last = (SIDE - 0.5) * width;
    double half = Double.parseDouble(String.format(Locale.ROOT, "%.0e", SIDE * width / 2)); // round
    return Charts.bars(title, axis, "neurons", series)
        .layout("xaxis.tickvals", List.of(-last, -half, 0, half, last))
        .layout(
            "xaxis.ticktext",
            List.of("≤ −" + end, digits(-half, 1), "0", digits(half, 1), "≥ " + end));
  }

  /** A number in so many digits that say something, without an exponent. */
  static String digits(double value, int significant) {
    if (!Double.isFinite(value)) {
      return String.valueOf(value);
    }
    return new BigDecimal(value)
        .round(new MathContext(significant))
        .stripTrailingZeros()
        .toPlainString()
        .replace('-', '−');
  }
}
