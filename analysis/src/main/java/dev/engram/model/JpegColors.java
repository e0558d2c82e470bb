package dev.engram.model;

import dev.engram.Progress;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;

/**
 * The colour conversions of libjpeg (jdcolor.c, 16-bit fixed point) and, for CMYK, of Pillow
 * (Convert.c), so that a decoded JPEG equals Pillow's in every bit that the decoder leaves equal.
 */
final class JpegColors {
  private static final int HALF = 1 << 15;
  // FIX(x) = (int) (x · 2^16 + 0.5)
  private static final int CR_RED = 91881; // 1.40200
  private static final int CB_BLUE = 116130; // 1.77200
  private static final int CR_GREEN = 46802; // 0.71414
  private static final int CB_GREEN = 22554; // 0.34414

  private JpegColors() {}

  /**
   * @param raw samples as the file has them, 1, 3 or 4 bands of 8 bits
   * @param segments how to read them
   */
  static BufferedImage toRgb(Raster raw, JpegSegments segments) throws IOException {
    JpegSegments.Colors colors = segments.colors();
    int bands = raw.getNumBands();
    int expected =
        switch (colors) {
          case GRAY -> 1;
          case YCBCR, RGB -> 3;
          case CMYK, YCCK -> 4;
        };
    if (bands != expected) {
      throw new IOException(
          "it has " + bands + " colour components where " + colors + " has " + expected);
    }
    int width = raw.getWidth();
    BufferedImage image = new BufferedImage(width, raw.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] out = Rgb.pixels(image);
    int[] row = new int[width * bands];
    for (int y = 0, o = 0; y < raw.getHeight(); y++) {
      Progress.checkInterrupt();
      raw.getPixels(raw.getMinX(), raw.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += bands) {
        out[o++] =
            switch (colors) {
              case GRAY -> row[i] * 0x010101;
              case RGB -> row[i] << 16 | row[i + 1] << 8 | row[i + 2];
              case YCBCR -> fromYcc(row[i], row[i + 1], row[i + 2]);
              case CMYK ->
                  fromInvertedCmyk(row[i] << 16 | row[i + 1] << 8 | row[i + 2], row[i + 3]);
              // Here the first three are CMY as Adobe writes it: 255 minus the RGB of the formula.
              case YCCK ->
                  fromInvertedCmyk(0xffffff ^ fromYcc(row[i], row[i + 1], row[i + 2]), row[i + 3]);
            };
      }
    }
    return image;
  }

  private static int fromYcc(int luma, int blue, int red) {
    int cb = blue - 128;
    int cr = red - 128;
    int r = clip(luma + ((CR_RED * cr + HALF) >> 16));
    int g = clip(luma + ((-CB_GREEN * cb - CR_GREEN * cr + HALF) >> 16));
    int b = clip(luma + ((CB_BLUE * cb + HALF) >> 16));
    return r << 16 | g << 8 | b;
  }

  /**
   * @param raw 4 bands of 8 bits, 0 for no ink
   */
  static BufferedImage ofCmyk(Raster raw) throws IOException {
    if (raw.getNumBands() != 4) {
      throw new IOException("it has " + raw.getNumBands() + " colour components where CMYK has 4");
    }
    int width = raw.getWidth();
    BufferedImage image = new BufferedImage(width, raw.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] out = Rgb.pixels(image);
    int[] row = new int[4 * width];
    for (int y = 0, o = 0; y < raw.getHeight(); y++) {
      Progress.checkInterrupt();
      raw.getPixels(raw.getMinX(), raw.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += 4) {
        int light = 255 - row[i + 3];
        out[o++] = ink(row[i], light) << 16 | ink(row[i + 1], light) << 8 | ink(row[i + 2], light);
      }
    }
    return image;
  }

  /** Adobe writes 255 for no ink. */
  private static int fromInvertedCmyk(int cmy, int k) {
    return ink(255 - (cmy >> 16), k) << 16
        | ink(255 - (cmy >> 8 & 255), k) << 8
        | ink(255 - (cmy & 255), k);
  }

  private static int ink(int ink, int light) {
    int product = ink * light + 128;
    return clip(light - (((product >> 8) + product) >> 8));
  }

  private static int clip(int v) {
    return Math.max(0, Math.min(255, v));
  }
}
