package dev.engram.magic.draw;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A picture with few colours looks as the one with many. */
class PaletteTest {
  private static final int RED = 0xd1495b;

  /** A page with marks and a photograph: smooth colours with a little noise. */
  private static BufferedImage page(boolean photograph) {
    BufferedImage page = new BufferedImage(300, 200, BufferedImage.TYPE_INT_RGB);
    Random random = new Random(1);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 300; x++) {
        int rgb = x < 150 ? 0xffffff : y < 10 ? RED : 0x444444;
        if (photograph && x > 200 && y > 50) {
          rgb = (2 * x - 400 + random.nextInt(9)) << 16 | (y + random.nextInt(9)) << 8 | 90;
        }
        page.setRGB(x, y, rgb);
      }
    }
    return page;
  }

  @Test
  void aPictureOfFewColoursKeepsEveryPixel() {
    BufferedImage page = page(false);
    BufferedImage few = Palette.of(page, 256);
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 300; x++) {
        assertEquals(page.getRGB(x, y), few.getRGB(x, y));
      }
    }
  }

  @Test
  void marksKeepTheirColoursBesideAPhotograph() {
    BufferedImage page = page(true);
    BufferedImage few = Palette.of(page, 256);
    double error = 0;
    for (int y = 0; y < 200; y++) {
      for (int x = 0; x < 300; x++) {
        int was = page.getRGB(x, y);
        int is = few.getRGB(x, y);
        if (x <= 200 || y <= 50) {
          assertEquals(was, is);
        }
        for (int shift = 0; shift < 24; shift += 8) {
          error = Math.max(error, Math.abs((was >> shift & 0xff) - (is >> shift & 0xff)));
        }
      }
    }
    assertTrue(error <= 16, "of 255 at most, got " + error);
    int before = Png.of(page).length;
    int after = Png.of(few).length;
    assertTrue(2 * after < before, after + " of " + before);
  }
}
