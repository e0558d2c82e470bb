package dev.engram.magic.draw;

import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.font.FontRenderContext;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import org.jspecify.annotations.Nullable;

/** What a figure is drawn on. Lengths are points of the page; y grows downwards. */
public interface Canvas {
  /** By this a file near its beginning is known for Engram's own. */
  String MARK = "Engram figure";

  /** Where texts are measured. */
  FontRenderContext MEASURE = new FontRenderContext(null, true, true);

  /** Where a text has the point that it is placed by. */
  enum Anchor {
    /** At its beginning. */
    START,
    /** In its middle. */
    MIDDLE,
    /** At its end. */
    END;

    /** The share of the text that stands before the point. */
    double share() {
      return ordinal() / 2.0;
    }
  }

  /**
   * How a text looks.
   *
   * @param degrees by which it is turned about its point, clockwise
   */
  record Style(double size, boolean bold, Anchor anchor, double degrees, Color color) {
    Font font() {
      return new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, 1).deriveFont((float) size);
    }

    double width(String text) {
      return text.isEmpty() ? 0 : font().getStringBounds(text, MEASURE).getWidth();
    }
  }

  /** Fills a shape; the colour may be translucent. */
  void fill(Shape shape, Color color);

  /**
   * Draws the outline of a shape.
   *
   * @param dash lengths of marks and gaps; none for a whole line
   */
  void stroke(Shape shape, Color color, double width, float... dash);

  /**
   * Draws one of very many points, so small that its shape cannot be seen.
   *
   * @param size its side
   */
  default void speck(double x, double y, double size, Color color) {
    fill(new Rectangle2D.Double(x - size / 2, y - size / 2, size, size), color);
  }

  /** Writes one line of text, whose base line goes through (x, y). */
  void text(String text, double x, double y, Style style);

  /**
   * Stretches a picture over a rectangle.
   *
   * @param opacity from 0 to 1
   */
  void picture(BufferedImage image, Rectangle2D over, double opacity);

  /** Draws only within a rectangle from now on; null for everywhere. */
  void clip(@Nullable Rectangle2D within);

  /** The file. */
  byte[] bytes();
}
