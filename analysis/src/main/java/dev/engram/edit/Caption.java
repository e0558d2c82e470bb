package dev.engram.edit;

import dev.engram.EngramException;
import dev.engram.model.ImageProcessor;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.font.TextLayout;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;

/**
 * Writes a name over an image, as in Figure 8: the guide of an insertion, since CLIP recognises
 * what it reads. The name stays within the square that the model sees.
 *
 * @param size height of the letters in percent of that square, above 0 and at most 50; a name that
 *     would not fit is written smaller
 * @param place where in the square
 * @param contrast colours of letters and edge
 */
public record Caption(double size, Place place, Contrast contrast) {
  /** Large white letters with a black edge in the middle. */
  public static final Caption STANDARD = new Caption(14, Place.CENTER, Contrast.LIGHT);

  /** Room to the left and right of the name, in percent of the square. */
  private static final double MARGIN = 3;

  /** Where the name stands. */
  public enum Place {
    /** Along the upper edge. */
    TOP,
    /** In the middle. */
    CENTER,
    /** Along the lower edge. */
    BOTTOM
  }

  /** Colours of the letters. */
  public enum Contrast {
    /** White letters with a black edge. */
    LIGHT,
    /** Black letters with a white edge. */
    DARK,
    /** White letters in a black box. */
    BOX
  }

  /** Refuses letters that are too small or too large. */
  public Caption {
    if (!(size > 0 && size <= 50)) {
      throw new EngramException(
          "The letters of a caption are up to 50 percent of the picture high, above 0; got "
              + size
              + ".");
    }
  }

  /**
   * @param image any size
   * @param name what is written on it
   * @param processor says which square of the image the model sees
   * @return a copy with the name
   * @throws EngramException if the name is blank, or no font here has its letters
   */
  public BufferedImage draw(BufferedImage image, String name, ImageProcessor processor) {
    Font font = new Font(Font.SANS_SERIF, Font.BOLD, 100);
    if (name.isBlank()) {
      throw new EngramException("A caption needs a name, got ''.");
    }
    if (font.canDisplayUpTo(name) >= 0) {
      throw new EngramException(
          "No font on this machine has the letters of '%s'; give captioned pictures as a folder."
              .formatted(name));
    }
    double side =
        Math.min(image.getWidth(), image.getHeight())
            * ((double) processor.crop() / processor.size());
    BufferedImage out =
        new BufferedImage(image.getWidth(), image.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = out.createGraphics();
    g.drawImage(image, 0, 0, null);
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.translate((image.getWidth() - side) / 2, (image.getHeight() - side) / 2);
    write(g, placed(new TextLayout(name, font, g.getFontRenderContext()), side), side);
    g.dispose();
    return out;
  }

  /** The letters' outline in the square (0, 0) to (side, side). */
  private Shape placed(TextLayout text, double side) {
    Shape outline = text.getOutline(null);
    Rectangle2D box = outline.getBounds2D();
    double margin = side * MARGIN / 100;
    double scale =
        Math.min(side * size / 100 / text.getAscent(), (side - 2 * margin) / box.getWidth());
    double height = box.getHeight() * scale;
    double top =
        switch (place) {
          case TOP -> margin;
          case CENTER -> (side - height) / 2;
          case BOTTOM -> side - margin - height;
        };
    AffineTransform to = new AffineTransform();
    to.translate((side - box.getWidth() * scale) / 2, top);
    to.scale(scale, scale);
    to.translate(-box.getX(), -box.getY());
    return to.createTransformedShape(outline);
  }

  private void write(Graphics2D g, Shape letters, double side) {
    Color ink = contrast == Contrast.DARK ? Color.BLACK : Color.WHITE;
    g.setColor(contrast == Contrast.DARK ? Color.WHITE : Color.BLACK);
    if (contrast == Contrast.BOX) {
      Rectangle2D b = letters.getBounds2D();
      double pad = side * MARGIN / 100;
      g.fill(
          new Rectangle2D.Double(
              b.getX() - pad, b.getY() - pad, b.getWidth() + 2 * pad, b.getHeight() + 2 * pad));
    } else {
      float edge = (float) (letters.getBounds2D().getHeight() / 6);
      g.setStroke(new BasicStroke(edge, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
      g.draw(letters);
    }
    g.setColor(ink);
    g.fill(letters);
  }
}
