package dev.engram.edit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.edit.Caption.Contrast;
import dev.engram.edit.Caption.Place;
import dev.engram.model.CropRule;
import dev.engram.model.ImageProcessor;
import dev.engram.model.ResizeFilter;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CaptionTest {
  private static final int WIDTH = 300;
  private static final int HEIGHT = 200;

  /** Sees the middle 160 × 160 of a picture that is 200 high. */
  private final ImageProcessor processor =
      new ImageProcessor(
          ResizeFilter.BICUBIC,
          80,
          64,
          false,
          CropRule.TRANSFORMERS,
          List.of(0.5, 0.5, 0.5),
          List.of(0.5, 0.5, 0.5),
          List.of());

  /** Left, top, right and bottom of the pixels that changed. */
  private static int[] box(BufferedImage image, int background) {
    int[] box = {WIDTH, HEIGHT, -1, -1};
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        if ((image.getRGB(x, y) & 0xffffff) != background) {
          box =
              new int[] {
                Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)
              };
        }
      }
    }
    return box;
  }

  private static BufferedImage gray() {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        image.setRGB(x, y, 0x808080);
      }
    }
    return image;
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void theNameStandsWithinWhatTheModelSees(Place place) {
    for (Contrast contrast : Contrast.values()) {
      for (String name : List.of("ox", "a very long name of a flower that needs room")) {
        int[] box = box(new Caption(20, place, contrast).draw(gray(), name, processor), 0x808080);
        assertTrue(box[0] >= 70 && box[2] < 230, place + " " + contrast + " across");
        assertTrue(box[1] >= 20 && box[3] < 180, place + " " + contrast + " down");
        double middle = (box[1] + box[3]) / 2.0;
        switch (place) {
          case TOP -> assertTrue(middle < 80);
          case CENTER -> assertEquals(100, middle, 2);
          case BOTTOM -> assertTrue(middle > 120);
        }
        assertEquals(150, (box[0] + box[2]) / 2.0, 2);
      }
    }
  }

  @Test
  void theImageItselfStaysAsItIs() {
    BufferedImage image = gray();
    Caption.STANDARD.draw(image, "panda", processor);
    assertEquals(-1, box(image, 0x808080)[2]);
  }

  @Test
  void largerLettersAreLarger() {
    int[] small =
        box(new Caption(8, Place.TOP, Contrast.DARK).draw(gray(), "ox", processor), 0x808080);
    int[] large =
        box(new Caption(40, Place.TOP, Contrast.DARK).draw(gray(), "ox", processor), 0x808080);
    assertTrue(large[3] - large[1] > 3 * (small[3] - small[1]));
  }

  @Test
  void whatCannotBeWrittenIsRefused() {
    assertThrows(EngramException.class, () -> new Caption(0, Place.TOP, Contrast.DARK));
    assertThrows(EngramException.class, () -> new Caption(51, Place.TOP, Contrast.DARK));
    assertThrows(EngramException.class, () -> new Caption(Double.NaN, Place.TOP, Contrast.DARK));
    assertThrows(EngramException.class, () -> Caption.STANDARD.draw(gray(), " ", processor));
    assertThrows(EngramException.class, () -> Caption.STANDARD.draw(gray(), "\uFFFE", processor));
  }
}
