package dev.engram.magic.draw;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.engram.magic.draw.Canvas.Anchor;
import dev.engram.magic.draw.Canvas.Style;
import java.awt.Color;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A text with the few tags that Plotly draws: lines, small print, coloured and bold parts. */
final class RichText {
  private static final Pattern TAG = Pattern.compile("<(/?)(\\w+)([^>]*)>");
  private static final Pattern COLOUR = Pattern.compile("color:\\s*([^;\"']+)");
  private static final double SMALL = 0.78;
  private static final double LEADING = 1.35;

  /** A part of a line in one look. */
  private record Run(String text, Color color, boolean bold, boolean small) {}

  private final List<List<Run>> lines = new ArrayList<>();
  private final double size;

  RichText(String html, double size, Color color, boolean bold) {
    this.size = size;
    lines.add(new ArrayList<>());
    Color now = color;
    boolean isBold = bold;
    boolean small = false;
    int at = 0;
    for (Matcher tag = TAG.matcher(html); tag.find(); at = tag.end()) {
      add(html.substring(at, tag.start()), now, isBold, small);
      boolean opens = tag.group(1).isEmpty();
      switch (tag.group(2)) {
        case "br" -> lines.add(new ArrayList<>()); // what is open stays open, as in plotly.js
        case "b" -> isBold = opens || bold;
        case "sub", "sup" -> small = opens;
        case "span" -> {
          Matcher named = COLOUR.matcher(tag.group(3));
          now = opens && named.find() ? Colours.of(TextNode.valueOf(named.group(1)), color) : color;
        }
        default -> {} // the text between the tags is drawn
      }
    }
    add(html.substring(at), now, isBold, small);
  }

  private void add(String text, Color color, boolean bold, boolean small) {
    if (!text.isEmpty()) {
      lines.get(lines.size() - 1).add(new Run(Markup.unescape(text), color, bold, small));
    }
  }

  boolean isEmpty() {
    return lines.stream().allMatch(List::isEmpty);
  }

  double height() {
    return lines.size() * size * LEADING;
  }

  double width() {
    return lines.stream().mapToDouble(this::width).max().orElse(0);
  }

  private double width(List<Run> line) {
    return line.stream().mapToDouble(r -> style(r).width(r.text)).sum();
  }

  private Style style(Run run) {
    return new Style(run.small ? SMALL * size : size, run.bold, Anchor.START, 0, run.color);
  }

  /**
   * Writes the lines downwards.
   *
   * @param y the upper edge
   * @param most no line is wider: what is longer is cut
   */
  void write(Canvas canvas, double x, double y, Anchor anchor, double most) {
    double base = y + size;
    for (List<Run> line : lines) {
      double at = x - anchor.share() * Math.min(most, width(line));
      double end = at + most;
      for (Run run : line) {
        Style style = style(run);
        String text = cut(run.text, style, end - at);
        canvas.text(text, at, base, style);
        at += style.width(text);
      }
      base += size * LEADING;
    }
  }

  private static String cut(String text, Style style, double most) {
    if (style.width(text) <= most + 0.5) {
      return text;
    }
    int points = text.codePointCount(0, text.length());
    while (points > 0) {
      String shorter = text.substring(0, text.offsetByCodePoints(0, --points)) + "…";
      if (style.width(shorter) <= most) {
        return shorter;
      }
    }
    return "";
  }
}
