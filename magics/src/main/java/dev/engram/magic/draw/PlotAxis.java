package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One axis of a figure: from the values of its traces, which may be names, to places on the page.
 */
final class PlotAxis {
  private static final int TICKS = 6;
  private static final int MOST_TICKS = 60;

  private final JsonNode layout;
  private final List<String> names;
  private final boolean isLog;
  private double min;
  private double max;
  private boolean reversed;
  private double from;
  private double to = 1;

  /** A mark with what stands beside it. */
  record Tick(double value, String label) {}

  /**
   * @param values of all traces along this axis
   * @param wanted numbers that must find room, in the axis's own units (logarithms on a log axis)
   */
  PlotAxis(JsonNode layout, List<JsonNode> values, boolean touches) {
    this.layout = layout;
    boolean isCategory =
        layout.path("type").asText("").equals("category")
            || values.stream().anyMatch(v -> v.isTextual() && !isNumber(v.asText()));
    Set<String> seen = new LinkedHashSet<>();
    if (isCategory) {
      values.forEach(v -> seen.add(v.asText()));
    }
    names = List.copyOf(seen);
    isLog = layout.path("type").asText("").equals("log");
    reversed = layout.path("autorange").asText("").equals("reversed");
    min = Double.POSITIVE_INFINITY;
    max = Double.NEGATIVE_INFINITY;
    if (isCategory) {
      include(touches ? -0.5 : -0.2);
      include(names.size() - (touches ? 0.5 : 0.8));
    } else {
      values.forEach(v -> include(place(v)));
    }
  }

  private static boolean isNumber(String text) {
    return text.matches("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
  }

  boolean isCategory() {
    return !names.isEmpty();
  }

  /** Makes room for a value; what is not finite needs none. */
  void include(double value) {
    if (Double.isFinite(value)) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  }

  /**
   * Fixes the range.
   *
   * @param padded whether marks stand off the ends
   */
  void settle(boolean padded) {
    JsonNode range = layout.path("range");
    if (range.size() == 2) {
      double a = range.get(0).asDouble();
      double b = range.get(1).asDouble();
      reversed = a > b;
      min = Math.min(a, b);
      max = Math.max(a, b);
    } else if (min > max) {
      min = 0;
      max = 1;
    } else {
      if (layout.path("rangemode").asText("").equals("tozero") && !isLog) {
        include(0);
      }
      double room = padded && !isCategory() ? 0.05 * (max - min) : 0;
      boolean onZeroLow = min == 0;
      boolean onZeroHigh = max == 0;
      min -= onZeroLow ? 0 : room;
      max += onZeroHigh ? 0 : room;
    }
    double scale = Math.max(Math.abs(min), Math.abs(max));
    if (max - min <= 1e-12 * scale || scale == 0) { // values that are one but for rounding
      double room = Math.max(0.5, 0.05 * scale);
      min -= room;
      max += room;
    }
  }

  /** From where to where it lies on the page; the first is that of the least value. */
  void lie(double first, double last) {
    from = reversed ? last : first;
    to = reversed ? first : last;
  }

  double span() {
    return max - min;
  }

  /** The value in the axis's own units; NaN where it has no place. */
  double place(JsonNode value) {
    if (isCategoryValue(value)) {
      return names.indexOf(value.asText());
    }
    double number = value.isNumber() || isNumber(value.asText("")) ? value.asDouble() : Double.NaN;
    return isLog ? (number > 0 ? Math.log10(number) : Double.NaN) : number;
  }

  private boolean isCategoryValue(JsonNode value) {
    return !names.isEmpty() && names.contains(value.asText());
  }

  /** Where a value in the axis's own units lies on the page. */
  double at(double value) {
    return from + (value - min) / (max - min) * (to - from);
  }

  /** The least value that has a place, where bars begin on a log axis. */
  double floor() {
    return isLog ? min : 0;
  }

  boolean isVisible() {
    return layout.path("visible").asBoolean(true);
  }

  boolean hasGrid() {
    return isVisible() && layout.path("showgrid").asBoolean(true) && !isCategory();
  }

  /** Whether 0 is a value among others, and has a line of its own. */
  boolean hasZero() {
    return hasGrid()
        && !isLog
        && !layout.has("tickvals")
        && layout.path("zeroline").asBoolean(true)
        && min < 0
        && max > 0;
  }

  String title() {
    return layout.path("title").path("text").asText("");
  }

  double angle() {
    return layout.path("tickangle").asDouble(0);
  }

  List<Tick> ticks() {
    List<Tick> ticks = new ArrayList<>();
    JsonNode values = layout.path("tickvals");
    JsonNode texts = layout.path("ticktext");
    if (values.isArray()) {
      for (int i = 0; i < values.size(); i++) {
        double at = place(values.get(i));
        add(ticks, at, texts.isArray() ? texts.path(i).asText("") : given(values.get(i)));
      }
    } else if (isCategory()) {
      for (int i = 0; i < names.size(); i++) {
        add(ticks, i, names.get(i));
      }
    } else if (isLog && max - min > 1) {
      int every = (int) Math.ceil((max - min) / TICKS);
      for (int p = (int) Math.ceil(min); p <= max; p += every) {
        add(ticks, p, logLabel(p));
      }
    } else {
      double step = layout.path("dtick").asDouble(0);
      step = step > 0 && (max - min) / step < MOST_TICKS ? step : step();
      double first = Math.ceil(min / step - 1e-9) * step;
      // counted, since a step far below the values' own precision would never reach the end
      for (int i = 0; i < MOST_TICKS && first + i * step <= max + 1e-9 * step; i++) {
        double v = first + i * step;
        add(ticks, v, isLog ? logLabel(v) : label(v, step));
      }
    }
    return ticks;
  }

  /** A mark that the figure asks for, as it wrote it. */
  private String given(JsonNode value) {
    return percent() ? label(value.asDouble(), 0.01) : value.asText().replace('-', '−');
  }

  private void add(List<Tick> ticks, double at, String label) {
    if (at >= min - 1e-9 && at <= max + 1e-9) {
      ticks.add(new Tick(at, label));
    }
  }

  private double step() {
    double rough = (max - min) / TICKS;
    double ten = Math.pow(10, Math.floor(Math.log10(rough)));
    double times = rough / ten;
    return ten * (times < 1.5 ? 1 : times < 3.5 ? 2 : times < 7.5 ? 5 : 10);
  }

  private String logLabel(double power) {
    double value = Math.pow(10, power);
    return percent()
        ? label(value, value)
        : BigDecimal.valueOf(value)
            .round(new java.math.MathContext(2))
            .stripTrailingZeros()
            .toPlainString();
  }

  private boolean percent() {
    return layout.path("tickformat").asText("").endsWith("%");
  }

  private String label(double value, double step) {
    double shown = percent() ? 100 * value : value;
    int digits = Math.max(0, -(int) Math.floor(Math.log10(percent() ? 100 * step : step) + 1e-9));
    String text =
        new BigDecimal(shown)
            .setScale(Math.min(digits, 12), RoundingMode.HALF_EVEN)
            .toPlainString();
    boolean isZero = text.matches("-0(\\.0+)?");
    return (isZero ? text.substring(1) : text).replace('-', '−') + (percent() ? "%" : "");
  }
}
