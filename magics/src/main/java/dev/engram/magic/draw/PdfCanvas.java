package dev.engram.magic.draw;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.PathIterator;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * A PDF 1.4 of one page, of paths and pictures alone. Texts are outlines of the font that Java has,
 * so that no font travels and every letter is there.
 */
public final class PdfCanvas implements Canvas {
  private final int width;
  private final int height;
  private final StringBuilder page = new StringBuilder();
  private final List<BufferedImage> pictures = new ArrayList<>();
  private final Map<Integer, String> alphas = new LinkedHashMap<>(); // of 255, by name
  private boolean clipped;

  /** An empty page of some points. */
  public PdfCanvas(int width, int height) {
    this.width = width;
    this.height = height;
    page.append(String.format(Locale.ROOT, "1 0 0 -1 0 %d cm\n", height)); // y downwards
  }

  @Override
  public void fill(Shape shape, Color color) {
    begin(color.getAlpha());
    page.append(rgb(color)).append(" rg\n").append(path(shape)).append("f\nQ\n");
  }

  @Override
  public void stroke(Shape shape, Color color, double lineWidth, float... dash) {
    begin(color.getAlpha());
    page.append(rgb(color)).append(" RG\n").append(number(lineWidth)).append(" w 1 j\n");
    if (dash.length > 0) {
      page.append('[');
      for (float d : dash) {
        page.append(number(d)).append(' ');
      }
      page.append("] 0 d\n");
    }
    page.append(path(shape)).append("S\nQ\n");
  }

  @Override
  public void text(String text, double x, double y, Style style) {
    if (text.isEmpty()) {
      return;
    }
    AffineTransform at = AffineTransform.getTranslateInstance(x, y);
    at.rotate(Math.toRadians(style.degrees()));
    at.translate(-style.anchor().share() * style.width(text), 0);
    Font font = style.font();
    char[] letters = text.toCharArray();
    Shape outline =
        font.layoutGlyphVector(MEASURE, letters, 0, letters.length, Font.LAYOUT_LEFT_TO_RIGHT)
            .getOutline();
    fill(at.createTransformedShape(outline), style.color());
  }

  @Override
  public void picture(BufferedImage image, Rectangle2D over, double opacity) {
    begin((int) Math.round(255 * opacity));
    page.append( // the unit square of a picture has its first row at the top
        String.format(
            Locale.ROOT,
            "%s 0 0 %s %s %s cm /P%d Do\nQ\n",
            number(over.getWidth()),
            number(-over.getHeight()),
            number(over.getX()),
            number(over.getMaxY()),
            pictures.size()));
    pictures.add(image);
  }

  @Override
  public void clip(@Nullable Rectangle2D within) {
    if (clipped) {
      page.append("Q\n");
    }
    clipped = within != null;
    if (within != null) {
      page.append("q\n").append(path(within)).append("W n\n");
    }
  }

  private void begin(int alpha) {
    page.append("q\n");
    if (alpha < 255) {
      page.append(alphas.computeIfAbsent(alpha, a -> "/A" + a)).append(" gs\n");
    }
  }

  private static String rgb(Color color) {
    return String.format(
        Locale.ROOT,
        "%s %s %s",
        SvgCanvas.number(color.getRed() / 255.0),
        SvgCanvas.number(color.getGreen() / 255.0),
        SvgCanvas.number(color.getBlue() / 255.0));
  }

  private static String number(double value) {
    return SvgCanvas.number(value);
  }

  private static String path(Shape shape) {
    StringBuilder path = new StringBuilder();
    double[] p = new double[6];
    double x = 0;
    double y = 0;
    for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
      int kind = i.currentSegment(p);
      if (kind == PathIterator.SEG_CLOSE) {
        path.append("h\n");
        continue;
      }
      if (kind == PathIterator.SEG_QUADTO) { // PDF has cubic curves alone
        p =
            new double[] {
              x + 2 * (p[0] - x) / 3,
              y + 2 * (p[1] - y) / 3,
              p[2] + 2 * (p[0] - p[2]) / 3,
              p[3] + 2 * (p[1] - p[3]) / 3,
              p[2],
              p[3]
            };
      }
      int count = kind == PathIterator.SEG_MOVETO || kind == PathIterator.SEG_LINETO ? 2 : 6;
      for (int k = 0; k < count; k++) {
        path.append(number(p[k])).append(' ');
      }
      path.append(count == 6 ? "c\n" : kind == PathIterator.SEG_MOVETO ? "m\n" : "l\n");
      x = p[count - 2];
      y = p[count - 1];
    }
    return path.toString();
  }

  @Override
  public byte[] bytes() {
    clip(null);
    Objects objects = new Objects();
    int catalog = 1;
    int pages = 2;
    int leaf = 3;
    int content = 4;
    int info = 5;
    int firstPicture = 6;
    StringBuilder resources = new StringBuilder("<< /ExtGState <<");
    alphas.forEach(
        (alpha, name) ->
            resources.append(
                String.format(
                    Locale.ROOT, " %s << /ca %2$s /CA %2$s >>", name, number(alpha / 255.0))));
    resources.append(" >> /XObject <<");
    for (int i = 0; i < pictures.size(); i++) {
      resources.append(String.format(Locale.ROOT, " /P%d %d 0 R", i, firstPicture + i));
    }
    resources.append(" >> >>");
    objects.add(catalog, "<< /Type /Catalog /Pages " + pages + " 0 R >>");
    objects.add(pages, "<< /Type /Pages /Kids [" + leaf + " 0 R] /Count 1 >>");
    objects.add(
        leaf,
        String.format(
            Locale.ROOT,
            "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources %s >>",
            pages,
            width,
            height,
            content,
            resources));
    objects.stream(content, "", page.toString().getBytes(ISO_8859_1));
    objects.add(info, "<< /Producer (" + MARK + ") >>");
    for (int i = 0; i < pictures.size(); i++) {
      BufferedImage image = pictures.get(i);
      objects.stream(
          firstPicture + i,
          String.format(
              Locale.ROOT,
              "/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8",
              image.getWidth(),
              image.getHeight()),
          pixels(image));
    }
    return objects.file(catalog, info);
  }

  private static byte[] pixels(BufferedImage image) {
    int w = image.getWidth();
    int[] argb = image.getRGB(0, 0, w, image.getHeight(), null, 0, w);
    byte[] out = new byte[3 * argb.length];
    for (int i = 0; i < argb.length; i++) {
      out[3 * i] = (byte) (argb[i] >> 16);
      out[3 * i + 1] = (byte) (argb[i] >> 8);
      out[3 * i + 2] = (byte) argb[i];
    }
    return out;
  }

  /** The numbered objects of a file, and where each begins. */
  private static final class Objects {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Integer> starts = new ArrayList<>();

    Objects() {
      write("%PDF-1.4\n%" + MARK + " \u00e2\u00e3\u00cf\u00d3\n");
    }

    private void write(String text) {
      out.writeBytes(text.getBytes(ISO_8859_1));
    }

    void add(int number, String value) {
      starts.add(out.size());
      write(number + " 0 obj\n" + value + "\nendobj\n");
    }

    void stream(int number, String entries, byte[] bytes) {
      starts.add(out.size());
      Deflater deflater = new Deflater();
      deflater.setInput(bytes);
      deflater.finish();
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      byte[] chunk = new byte[1 << 16];
      while (!deflater.finished()) {
        packed.write(chunk, 0, deflater.deflate(chunk));
      }
      deflater.end();
      write(
          String.format(
              Locale.ROOT,
              "%d 0 obj\n<< %s /Filter /FlateDecode /Length %d >>\nstream\n",
              number,
              entries,
              packed.size()));
      out.writeBytes(packed.toByteArray());
      write("\nendstream\nendobj\n");
    }

    byte[] file(int root, int info) {
      int xref = out.size();
      write(String.format(Locale.ROOT, "xref\n0 %d\n0000000000 65535 f \n", starts.size() + 1));
      starts.forEach(at -> write(String.format(Locale.ROOT, "%010d 00000 n \n", at)));
      write(
          String.format(
              Locale.ROOT,
              "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n",
              starts.size() + 1,
              root,
              info,
              xref));
      return out.toByteArray();
    }
  }
}
