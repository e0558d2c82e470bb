package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.Color;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Colours as CSS and Plotly write them. */
final class Colours {
  static final Color TEXT = new Color(0x444444);
  static final Color GRID = new Color(0xe2e2e2);
  static final Color LINE = new Color(0x999999);

  /** Of traces that name none, in their order, as Plotly has them. */
  private static final List<Color> CYCLE =
      List.of(
          new Color(0x636efa),
          new Color(0xef553b),
          new Color(0x00cc96),
          new Color(0xab63fa),
          new Color(0xffa15a),
          new Color(0x19d3f3),
          new Color(0xff6692),
          new Color(0xb6e880));

  private static final Map<String, Integer> NAMES =
      Map.ofEntries(
          Map.entry("black", 0x000000),
          Map.entry("white", 0xffffff),
          Map.entry("red", 0xff0000),
          Map.entry("green", 0x008000),
          Map.entry("blue", 0x0000ff),
          Map.entry("gray", 0x808080),
          Map.entry("grey", 0x808080),
          Map.entry("orange", 0xffa500),
          Map.entry("purple", 0x800080),
          Map.entry("steelblue", 0x4682b4),
          Map.entry("yellow", 0xffff00),
          Map.entry("cyan", 0x00ffff),
          Map.entry("magenta", 0xff00ff),
          Map.entry("brown", 0xa52a2a),
          Map.entry("pink", 0xffc0cb));

  private static final Pattern HEX = Pattern.compile("#([0-9a-f]{3}|[0-9a-f]{6})");
  private static final Pattern RGB =
      Pattern.compile(
          "rgba?\\(\\s*([\\d.]+)\\s*,\\s*([\\d.]+)\\s*,\\s*([\\d.]+)\\s*(?:,\\s*([\\d.]+)\\s*)?\\)");

  private Colours() {}

  static Color ofTrace(int number) {
    return CYCLE.get(number % CYCLE.size());
  }

  /** The colour that a text names; the other one if it names none that is known. */
  static Color of(JsonNode given, Color otherwise) {
    String text = given.asText("").strip().toLowerCase(Locale.ROOT);
    Matcher hex = HEX.matcher(text);
    if (hex.matches()) {
      String digits = hex.group(1);
      return new Color(
          Integer.parseInt(digits.length() == 3 ? digits.replaceAll("(.)", "$1$1") : digits, 16));
    }
    Matcher rgb = RGB.matcher(text);
    if (rgb.matches()) {
      int alpha = rgb.group(4) == null ? 255 : part(255 * number(rgb.group(4)));
      return new Color(
          part(number(rgb.group(1))),
          part(number(rgb.group(2))),
          part(number(rgb.group(3))),
          alpha);
    }
    Integer named = NAMES.get(text);
    return named == null ? otherwise : new Color(named);
  }

  private static double number(String digits) {
    return digits.matches("\\d+(\\.\\d*)?|\\.\\d+") ? Double.parseDouble(digits) : 0;
  }

  private static int part(double value) {
    return (int) Math.round(Math.min(255, Math.max(0, value)));
  }

  static Color translucent(Color color, double opacity) {
    return new Color(
        color.getRed(), color.getGreen(), color.getBlue(), part(color.getAlpha() * opacity));
  }

  /** What the values from 0 to 1 look like. */
  interface Scale {
    int rgb(double share);
  }

  /** Null for a scale that is not known. */
  static @Nullable Scale scale(JsonNode given, boolean reversed) {
    DoubleUnaryOperator turned = v -> reversed ? 1 - v : v;
    if (given.isMissingNode() || given.asText("").equalsIgnoreCase("Viridis")) {
      return v -> ColorMap.rgb(turned.applyAsDouble(v));
    }
    if (given.asText("").equalsIgnoreCase("RdBu")) { // Plotly's begins with blue
      return v -> ColorMap.signed(turned.applyAsDouble(v));
    }
    if (given.asText("").equalsIgnoreCase("Greys")) {
      return v -> 0x010101 * part(255 * (1 - turned.applyAsDouble(v)));
    }
    return given.isArray() && given.size() > 1
        ? v -> between(given, turned.applyAsDouble(v))
        : null;
  }

  private static int between(JsonNode stops, double share) {
    int i = 1;
    while (i < stops.size() - 1 && stops.get(i).path(0).asDouble() < share) {
      i++;
    }
    double from = stops.get(i - 1).path(0).asDouble();
    double to = stops.get(i).path(0).asDouble();
    double t = to > from ? Math.min(1, Math.max(0, (share - from) / (to - from))) : 0;
    Color a = of(stops.get(i - 1).path(1), Color.BLACK);
    Color b = of(stops.get(i).path(1), Color.WHITE);
    return part(a.getRed() + t * (b.getRed() - a.getRed())) << 16
        | part(a.getGreen() + t * (b.getGreen() - a.getGreen())) << 8
        | part(a.getBlue() + t * (b.getBlue() - a.getBlue()));
  }
}
