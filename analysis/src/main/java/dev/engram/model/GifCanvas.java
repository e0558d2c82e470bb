package dev.engram.model;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.EOFException;
import java.io.IOException;

/**
 * Where the first frame of a GIF lies, as Pillow has it: on a canvas that is at least as large as
 * the frame. What the frame leaves free has its transparent colour, without one the first of its
 * palette; the background that the file names plays no part.
 *
 * @param width of the canvas
 * @param height of the canvas
 * @param left where the frame begins
 * @param top where the frame begins
 * @param transparent index of the transparent colour, or -1
 */
record GifCanvas(int width, int height, int left, int top, int transparent) {
  /**
   * @throws IOException if the file ends before its first frame
   */
  static GifCanvas of(byte[] file) throws IOException {
    try {
      return new Parser(file).parse();
    } catch (ArrayIndexOutOfBoundsException e) {
      throw (IOException) new EOFException().initCause(e);
    }
  }

  BufferedImage place(BufferedImage frame) {
    int colour = 0;
    if (frame.getColorModel() instanceof IndexColorModel palette) {
      int index = Math.max(0, transparent);
      colour = index < palette.getMapSize() ? palette.getRGB(index) & 0xffffff : 0;
    }
    return Rgb.onCanvas(Rgb.of(frame), width, height, left, top, colour);
  }

  /** Screen descriptor, palette, then blocks up to the first image descriptor. */
  private static final class Parser {
    private final byte[] file;

    Parser(byte[] file) {
      this.file = file;
    }

    GifCanvas parse() throws IOException {
      int at = 13 + ((file[10] & 0x80) != 0 ? 3 << (1 + (file[10] & 7)) : 0);
      int transparent = -1;
      while (file[at] == 0x21) { // an extension: label, then sub-blocks of length and data
        if ((file[at + 1] & 0xff) == 0xf9 && file[at + 2] >= 4) {
          transparent = (file[at + 3] & 1) != 0 ? file[at + 6] & 0xff : -1;
        }
        at += 2;
        while (file[at] != 0) {
          at += 1 + (file[at] & 0xff);
        }
        at++;
      }
      if (file[at] != 0x2c) {
        throw new IOException("it has no frame");
      }
      int left = two(at + 1);
      int top = two(at + 3);
      return new GifCanvas(
          Math.max(two(6), left + two(at + 5)),
          Math.max(two(8), top + two(at + 7)),
          left,
          top,
          transparent);
    }

    private int two(int at) {
      return file[at] & 0xff | (file[at + 1] & 0xff) << 8;
    }
  }
}
