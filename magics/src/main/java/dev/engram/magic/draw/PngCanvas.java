package dev.engram.magic.draw;

import java.awt.AlphaComposite;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.jspecify.annotations.Nullable;

/** Pixels on white. */
public final class PngCanvas implements Canvas {
  private final BufferedImage image;
  private final Graphics2D g;

  /**
   * An empty page.
   *
   * @param width in points, as the height
   * @param scale pixels for each point, either way
   */
  public PngCanvas(int width, int height, int scale) {
    image = new BufferedImage(scale * width, scale * height, BufferedImage.TYPE_INT_RGB);
    g = image.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    g.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    g.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    g.scale(scale, scale);
    g.setColor(Color.WHITE);
    g.fill(new Rectangle2D.Double(0, 0, width, height));
  }

  @Override
  public void fill(Shape shape, Color color) {
    g.setColor(color);
    g.fill(shape);
  }

  @Override
  public void stroke(Shape shape, Color color, double width, float... dash) {
    g.setColor(color);
    g.setStroke(
        new BasicStroke(
            (float) width,
            BasicStroke.CAP_BUTT,
            BasicStroke.JOIN_ROUND,
            10,
            dash.length == 0 ? null : dash,
            0));
    g.draw(shape);
  }

  @Override
  public void text(String text, double x, double y, Style style) {
    AffineTransform before = g.getTransform();
    g.setColor(style.color());
    g.setFont(style.font());
    g.translate(x, y);
    g.rotate(Math.toRadians(style.degrees()));
    g.drawString(text, (float) (-style.anchor().share() * style.width(text)), 0);
    g.setTransform(before);
  }

  @Override
  public void picture(BufferedImage picture, Rectangle2D over, double opacity) {
    AffineTransform to = AffineTransform.getTranslateInstance(over.getX(), over.getY());
    to.scale(over.getWidth() / picture.getWidth(), over.getHeight() / picture.getHeight());
    g.setComposite(AlphaComposite.getInstance(AlphaComposite.SRC_OVER, (float) opacity));
    g.drawImage(picture, to, null);
    g.setComposite(AlphaComposite.SrcOver);
  }

  @Override
  public void clip(@Nullable Rectangle2D within) {
    g.setClip(within);
  }

  @Override
  public byte[] bytes() {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      IIOMetadata about =
          writer.getDefaultImageMetadata(
              new ImageTypeSpecifier(image), writer.getDefaultWriteParam());
      IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
      entry.setAttribute("keyword", "Software");
      entry.setAttribute("value", MARK);
      IIOMetadataNode texts = new IIOMetadataNode("tEXt");
      texts.appendChild(entry);
      IIOMetadataNode root = new IIOMetadataNode("javax_imageio_png_1.0");
      root.appendChild(texts);
      about.mergeTree("javax_imageio_png_1.0", root);
      writer.setOutput(out);
      writer.write(new IIOImage(image, null, about));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    } finally {
      writer.dispose();
      g.dispose();
    }
    return bytes.toByteArray();
  }
}
