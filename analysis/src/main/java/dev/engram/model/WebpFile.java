package dev.engram.model;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The chunks of a WebP file (RIFF: four letters, a length, data) that its first picture needs. A
 * file without the chunk VP8X is its picture and nothing else.
 *
 * @param width of the canvas
 * @param height of the canvas
 * @param left where the first picture lies on it
 * @param top where the first picture lies on it
 * @param picture data of its chunk {@code VP8} or {@code VP8L}
 * @param lossless whether it is {@code VP8L}
 * @param pictureWidth as that chunk says
 * @param pictureHeight as that chunk says
 * @param exif a TIFF header, perhaps after "Exif"; empty without one
 * @param xmp XML; empty without it
 */
record WebpFile(
    int width,
    int height,
    int left,
    int top,
    Span picture,
    boolean lossless,
    int pictureWidth,
    int pictureHeight,
    Span exif,
    Span xmp) {
  private static final int HEADER = 12;

  /**
   * @throws IOException if there is no picture, or a chunk ends too early
   */
  static WebpFile of(byte[] file) throws IOException {
    return new Parser(file).parse();
  }

  /** One pass over the chunks. */
  private static final class Parser {
    private final byte[] file;
    private final ByteBuffer bytes;
    private int width;
    private int height;
    private int left;
    private int top;
    private Span picture = Span.NONE;
    private boolean lossless;
    private Span exif = Span.NONE;
    private Span xmp = Span.NONE;

    Parser(byte[] file) {
      this.file = file;
      this.bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    }

    WebpFile parse() throws IOException {
      chunks(HEADER, file.length);
      if (picture.length() == 0) {
        throw new IOException("it has no picture");
      }
      int size = size();
      int w = size & 0xffff;
      int h = size >>> 16;
      if (width == 0) {
        width = w;
        height = h;
      }
      if (left + w > width || top + h > height) {
        throw new IOException("its picture is larger than its canvas");
      }
      return new WebpFile(width, height, left, top, picture, lossless, w, h, exif, xmp);
    }

    private void chunks(int from, int to) throws IOException {
      for (int at = from; at + 8 <= to; ) {
        long length = bytes.getInt(at + 4) & 0xffffffffL;
        if (at + 8 + length > to) {
          throw new EOFException();
        }
        Span data = new Span(at + 8, (int) (at + 8 + length));
        chunk(new String(file, at, 4, ISO_8859_1), data);
        at = data.to() + (int) (length & 1); // padded to even length
      }
    }

    private void chunk(String name, Span data) throws IOException {
      switch (name) {
        case "VP8X" -> {
          require(data, 10);
          width = 1 + three(data.from() + 4);
          height = 1 + three(data.from() + 7);
        }
        case "ANMF" -> {
          require(data, 16);
          if (picture.length() == 0) {
            left = 2 * three(data.from());
            top = 2 * three(data.from() + 3);
            chunks(data.from() + 16, data.to());
          }
        }
        case "VP8 ", "VP8L" -> {
          if (picture.length() == 0) {
            picture = data;
            lossless = name.endsWith("L");
          }
        }
        case "EXIF" -> exif = data;
        case "XMP " -> xmp = data;
        default -> {} // ICCP, ALPH: what is not used here
      }
    }

    private static void require(Span data, int length) throws IOException {
      if (data.length() < length) {
        throw new EOFException();
      }
    }

    private int three(int at) {
      return bytes.getInt(at - 1) >>> 8;
    }

    /** Height, in the upper half, and width of the picture, by its own header. */
    private int size() throws IOException {
      require(picture, 10);
      int at = picture.from();
      if (lossless) {
        int bits = bytes.getInt(at + 1);
        int w = 1 + (bits & 0x3fff);
        int h = 1 + (bits >>> 14 & 0x3fff);
        if (file[at] != 0x2f) {
          throw new IOException("its picture has no header");
        }
        return h << 16 | w;
      }
      if ((file[at] & 1) != 0 || three(at + 3) != 0x2a019d) {
        throw new IOException("its picture has no header");
      }
      int w = bytes.getShort(at + 6) & 0x3fff;
      int h = bytes.getShort(at + 8) & 0x3fff;
      if (w == 0 || h == 0) {
        throw new IOException("its picture has no size");
      }
      return h << 16 | w;
    }
  }
}
