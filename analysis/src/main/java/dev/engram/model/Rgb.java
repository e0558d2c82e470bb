package dev.engram.model;

import dev.engram.Progress;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.util.Arrays;

/**
 * Turns what a decoder delivers into 8-bit RGB by copying samples, never through Java2D: a colour
 * space conversion there changes gray values by up to 70 levels and blends alpha.
 */
final class Rgb {
  private Rgb() {}

  /**
   * The same picture as {@link BufferedImage#TYPE_INT_RGB}; the argument itself if it is one
   * already.
   */
  static BufferedImage of(BufferedImage image) {
    if (image.getType() == BufferedImage.TYPE_INT_RGB) {
      return image;
    }
    int width = image.getWidth();
    int height = image.getHeight();
    BufferedImage rgb = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] out = pixels(rgb);
    ColorModel colors = image.getColorModel();
    if (colors instanceof IndexColorModel palette) {
      // An index beyond the palette is black, as in Pillow.
      int[] table = new int[Math.max(256, palette.getMapSize())];
      palette.getRGBs(table);
      return ofPalette(image.getRaster(), table);
    } else if (colors instanceof ComponentColorModel && !colors.isAlphaPremultiplied()) {
      fromSamples(image.getRaster(), out);
    } else {
      // Packed pixels of 5 or 8 bits, as in BMP: sRGB already, so this converts nothing.
      image.getRGB(0, 0, width, height, out, 0, width);
      for (int i = 0; i < out.length; i++) {
        out[i] &= 0xffffff;
      }
    }
    return rgb;
  }

  /**
   * @param indices one band
   * @param colors 0xRRGGBB of every index
   */
  static BufferedImage ofPalette(Raster indices, int[] colors) {
    int width = indices.getWidth();
    BufferedImage rgb = new BufferedImage(width, indices.getHeight(), BufferedImage.TYPE_INT_RGB);
    int[] out = pixels(rgb);
    int[] row = new int[width * indices.getNumBands()];
    for (int y = 0, o = 0; y < indices.getHeight(); y++) {
      Progress.checkInterrupt();
      indices.getPixels(indices.getMinX(), indices.getMinY() + y, width, 1, row);
      for (int x = 0; x < width; x++) {
        out[o++] = colors[row[x]] & 0xffffff;
      }
    }
    return rgb;
  }

  /**
   * @param colour of what the picture does not cover, 0xRRGGBB
   * @return the picture at a place of a canvas; the picture itself if it covers it
   */
  static BufferedImage onCanvas(
      BufferedImage picture, int width, int height, int left, int top, int colour) {
    int w = picture.getWidth();
    int h = picture.getHeight();
    if (w == width && h == height) {
      return picture;
    }
    BufferedImage canvas = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] out = pixels(canvas);
    Arrays.fill(out, colour);
    for (int y = 0; y < h; y++) {
      System.arraycopy(pixels(picture), y * w, out, (top + y) * width + left, w);
    }
    return canvas;
  }

  private static void fromSamples(Raster raster, int[] out) {
    int width = raster.getWidth();
    int bands = raster.getNumBands();
    int shift = Math.max(0, raster.getSampleModel().getSampleSize(0) - 8);
    // One band is gray, two are gray and alpha.
    int green = bands < 3 ? 0 : 1;
    int blue = bands < 3 ? 0 : 2;
    int[] row = new int[width * bands];
    for (int y = 0, o = 0; y < raster.getHeight(); y++) {
      Progress.checkInterrupt();
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int i = 0; i < row.length; i += bands) {
        out[o++] =
            (row[i] >> shift) << 16 | (row[i + green] >> shift) << 8 | (row[i + blue] >> shift);
      }
    }
  }

  /**
   * @param orientation 1 to 8, as EXIF counts
   * @return the picture as it is meant to be seen
   */
  static BufferedImage upright(BufferedImage image, int orientation) {
    if (orientation == 1) {
      return image;
    }
    int width = image.getWidth();
    int height = image.getHeight();
    boolean turned = orientation >= 5;
    BufferedImage result =
        new BufferedImage(
            turned ? height : width, turned ? width : height, BufferedImage.TYPE_INT_RGB);
    int[] in = pixels(image);
    int[] out = pixels(result);
    for (int y = 0, o = 0; y < result.getHeight(); y++) {
      Progress.checkInterrupt();
      for (int x = 0; x < result.getWidth(); x++) {
        int u = turned ? y : x;
        int v = turned ? x : y;
        boolean flipU =
            orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
        boolean flipV =
            orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
        out[o++] = in[(flipV ? height - 1 - v : v) * width + (flipU ? width - 1 - u : u)];
      }
    }
    return result;
  }

  /**
   * @param image of {@link BufferedImage#TYPE_INT_RGB}, not a part of another
   * @return its pixels themselves, 0x00RRGGBB, row by row
   */
  static int[] pixels(BufferedImage image) {
    return ((DataBufferInt) image.getRaster().getDataBuffer()).getData();
  }
}
