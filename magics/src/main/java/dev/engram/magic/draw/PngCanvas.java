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
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import org.jspecify.annotations.Nullable;

/** Pixels on white. */
public final class PngCanvas implements Canvas {
  /** Bytes above which a still does with fewer colours, as long as there are some left. */
  private static final int STILL = 60_000;

  private static final int FEWEST = 64;

  private final BufferedImage image;
  private final Graphics2D g;
  private final int scale;
  private final boolean isStill;
  private Rectangle2D clip;

  /**
   * An empty page.
   *
   * @param width in points, as the height
   * @param scale pixels for each point, either way
   */
  public PngCanvas(int width, int height, int scale) {
    this(width, height, scale, false);
  }

  /** A page for a small file: a pixel for each point, and few colours. */
  static PngCanvas still(int width, int height) {
    return new PngCanvas(width, height, 1, true);
  }

  private PngCanvas(int width, int height, int scale, boolean isStill) {
    this.scale = scale;
    this.isStill = isStill;
    clip = new Rectangle2D.Double(0, 0, width, height);
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

  /** Pixels themselves: to fill a shape takes a hundred times as long. */
  @Override
  public void speck(double x, double y, double size, Color color) {
    int side = Math.max(1, (int) Math.round(scale * size * 0.8));
    int left = (int) Math.round(scale * x - side / 2.0);
    int top = (int) Math.round(scale * y - side / 2.0);
    int rgb = color.getRGB();
    double share = color.getAlpha() / 255.0;
    for (int py = Math.max(top, from(clip.getMinY()));
        py < Math.min(top + side, to(clip.getMaxY()));
        py++) {
      for (int px = Math.max(left, from(clip.getMinX()));
          px < Math.min(left + side, to(clip.getMaxX()));
          px++) {
        image.setRGB(px, py, share == 1 ? rgb : mixed(image.getRGB(px, py), rgb, share));
      }
    }
  }

  private int from(double edge) {
    return (int) Math.ceil(scale * edge - 0.5);
  }

  private int to(double edge) {
    return (int) Math.floor(scale * edge + 0.5);
  }

  private static int mixed(int below, int above, double share) {
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = below >> shift & 0xff;
      int b = above >> shift & 0xff;
      rgb |= (int) Math.round(a + share * (b - a)) << shift;
    }
    return rgb;
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
    clip =
        within != null
            ? within
            : new Rectangle2D.Double(
                0, 0, (double) image.getWidth() / scale, (double) image.getHeight() / scale);
  }

  @Override
  public byte[] bytes() {
    g.dispose();
    if (!isStill) {
      return written(image);
    }
    int colours = Palette.MOST;
    BufferedImage few = Palette.of(image, colours);
    byte[] bytes = written(few);
    while (bytes.length > STILL && colours > FEWEST && isFull(few, colours)) {
      colours /= 2;
      few = Palette.of(image, colours);
      byte[] smaller = written(few);
      if (smaller.length > 0.9 * bytes.length) {
        return bytes; // it is large for another reason than its colours
      }
      bytes = smaller;
    }
    return bytes;
  }

  /** Whether there would be more colours than it has. */
  private static boolean isFull(BufferedImage few, int colours) {
    return few.getColorModel() instanceof IndexColorModel model && model.getMapSize() == colours;
  }

  private byte[] written(BufferedImage written) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("png").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam how = writer.getDefaultWriteParam();
      if (isStill) {
        how.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
        how.setCompressionQuality(0); // as small as it can be
      }
      IIOMetadata about = writer.getDefaultImageMetadata(new ImageTypeSpecifier(written), how);
      IIOMetadataNode entry = new IIOMetadataNode("tEXtEntry");
      entry.setAttribute("keyword", "Software");
      entry.setAttribute("value", MARK);
      IIOMetadataNode texts = new IIOMetadataNode("tEXt");
      texts.appendChild(entry);
      IIOMetadataNode root = new IIOMetadataNode("javax_imageio_png_1.0");
      root.appendChild(texts);
      about.mergeTree("javax_imageio_png_1.0", root);
      writer.setOutput(out);
      writer.write(null, new IIOImage(written, null, about), how);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }
}
