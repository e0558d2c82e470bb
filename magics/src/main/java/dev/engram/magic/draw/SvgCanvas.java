package dev.engram.magic.draw;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.awt.Color;
import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.Base64;
import java.util.Locale;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** SVG 1.1 that refers to nothing outside itself; texts stay texts. */
public final class SvgCanvas implements Canvas {
  private final StringBuilder out = new StringBuilder();
  private int clips;
  private boolean clipped;

  /** An empty page of some points. */
  public SvgCanvas(int width, int height) {
    out.append(
        String.format(
            Locale.ROOT,
            """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- %1$s -->
        <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" \
        width="%2$d" height="%3$d" viewBox="0 0 %2$d %3$d" \
        font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif">
        <rect width="%2$d" height="%3$d" fill="#ffffff"/>
        """,
            MARK,
            width,
            height));
  }

  @Override
  public void fill(Shape shape, Color color) {
    out.append(
        String.format(
            Locale.ROOT,
            "<path d=\"%s\" fill=\"%s\"%s/>\n",
            path(shape),
            hex(color),
            alpha("fill-opacity", color)));
  }

  @Override
  public void stroke(Shape shape, Color color, double width, float... dash) {
    StringJoiner dashes = new StringJoiner(" ", " stroke-dasharray=\"", "\"").setEmptyValue("");
    for (float d : dash) {
      dashes.add(number(d));
    }
    out.append(
        String.format(
            Locale.ROOT,
            "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" stroke-linejoin=\"round\"%s%s/>\n",
            path(shape),
            hex(color),
            number(width),
            alpha("stroke-opacity", color),
            dashes));
  }

  @Override
  public void text(String text, double x, double y, Style style) {
    String anchor =
        switch (style.anchor()) {
          case START -> "start";
          case MIDDLE -> "middle";
          case END -> "end";
        };
    String turned =
        style.degrees() == 0
            ? ""
            : String.format(
                Locale.ROOT,
                " transform=\"rotate(%s %s %s)\"",
                number(style.degrees()),
                number(x),
                number(y));
    out.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%s\" y=\"%s\" font-size=\"%s\"%s text-anchor=\"%s\" fill=\"%s\"%s xml:space=\"preserve\">%s</text>\n",
            number(x),
            number(y),
            number(style.size()),
            style.bold() ? " font-weight=\"bold\"" : "",
            anchor,
            hex(style.color()),
            turned,
            Markup.escape(text)));
  }

  @Override
  public void picture(BufferedImage image, Rectangle2D over, double opacity) {
    out.append(
        String.format(
            Locale.ROOT,
            "<image x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" preserveAspectRatio=\"none\"%s xlink:href=\"data:image/png;base64,%s\"/>\n",
            number(over.getX()),
            number(over.getY()),
            number(over.getWidth()),
            number(over.getHeight()),
            opacity == 1 ? "" : " opacity=\"" + number(opacity) + "\"",
            Base64.getEncoder().encodeToString(Png.of(image))));
  }

  @Override
  public void clip(@Nullable Rectangle2D within) {
    if (clipped) {
      out.append("</g>\n");
    }
    clipped = within != null;
    if (within != null) {
      out.append(
          String.format(
              Locale.ROOT,
              "<clipPath id=\"c%1$d\"><path d=\"%2$s\"/></clipPath><g clip-path=\"url(#c%1$d)\">\n",
              clips++,
              path(within)));
    }
  }

  @Override
  public byte[] bytes() {
    clip(null);
    return (out + "</svg>\n").getBytes(UTF_8);
  }

  private static String hex(Color color) {
    return String.format(Locale.ROOT, "#%06x", color.getRGB() & 0xffffff);
  }

  private static String alpha(String name, Color color) {
    return color.getAlpha() == 255
        ? ""
        : String.format(Locale.ROOT, " %s=\"%s\"", name, number(color.getAlpha() / 255.0));
  }

  private static String path(Shape shape) {
    StringBuilder path = new StringBuilder();
    double[] p = new double[6];
    for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
      int kind = i.currentSegment(p);
      path.append("MLQCZ".charAt(kind));
      int count = new int[] {2, 2, 4, 6, 0}[kind];
      for (int k = 0; k < count; k++) {
        path.append(k == 0 ? "" : " ").append(number(p[k]));
      }
    }
    return path.toString();
  }

  /** At most two decimals, which is a hundredth of a point. */
  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.replaceFirst("\\.?0+$", "").replaceFirst("^-0$", "0");
  }
}
