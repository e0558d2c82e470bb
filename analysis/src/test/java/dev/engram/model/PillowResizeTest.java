package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.awt.image.BufferedImage;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Noise of many sizes against checksums of what Pillow 13.0.0 made of the same noise. */
class PillowResizeTest {
  @ParameterizedTest
  @CsvSource({
    "1,64,131,32,32,3178050524",
    "2,64,128,32,32,1493747777",
    "3,64,129,32,32,1564974779",
    "4,10,300,16,16,1969009451",
    "5,300,10,16,16,68092747",
    "6,1,1,8,8,1761362998",
    "7,1,40,8,8,2788263908",
    "8,40,1,8,8,1480796234",
    "9,7,7,7,7,1812853392",
    "10,32,64,32,32,2497538067",
    "11,33,500,32,24,453605692",
    "12,500,33,32,24,1070968721",
    "13,162,18,14,4,2417396074",
    "14,37,160,56,33,3979457127",
    "15,8,19,23,10,3568720767",
    "16,124,96,19,4,2590188741",
    "17,138,147,5,1,11309479",
    "18,90,78,57,30,565008094",
    "19,84,86,43,26,2867603170",
    "20,35,147,49,47,1586602508",
    "21,157,57,23,15,1576835327",
    "22,130,139,56,17,1640613575",
    "23,187,1,8,8,1898047582",
    "24,188,60,12,4,1319754119",
    "25,9,178,43,26,1385981841",
    "26,49,94,15,12,2318322725",
    "27,95,7,19,14,3765460416",
    "28,104,75,19,2,2010200351",
    "29,122,132,35,33,915549343",
    "30,185,42,40,26,3303359000"
  })
  void equalsPillow(int seed, int width, int height, int shorter, int crop, long expected) {
    BufferedImage scaled =
        PillowResize.centre(
            noise(seed, width, height), shorter, crop, CropRule.TRANSFORMERS, ResizeFilter.BICUBIC);
    CRC32 crc = new CRC32();
    for (int pixel : Rgb.pixels(scaled)) {
      crc.update(pixel >> 16);
      crc.update(pixel >> 8);
      crc.update(pixel);
    }
    assertEquals(expected, crc.getValue());
  }

  @Test
  void whatIsNotNeededIsNotComputed() {
    // Scaled as a whole this would have 224 × 22,400,000 pixels.
    BufferedImage line =
        PillowResize.centre(
            noise(5, 1, 100_000), 224, 224, CropRule.TORCHVISION, ResizeFilter.BICUBIC);
    assertEquals(224, line.getHeight());
  }

  @Test
  void aCropLargerThanTheImageIsAMistakeOfTheCaller() {
    BufferedImage image = noise(1, 9, 9);
    assertThrows(
        IllegalArgumentException.class,
        () -> PillowResize.centre(image, 8, 9, CropRule.TORCHVISION, ResizeFilter.BICUBIC));
  }

  @Test
  void otherKindsOfImageGiveTheSame() {
    BufferedImage rgb = noise(2, 50, 40);
    BufferedImage bgr = new BufferedImage(50, 40, BufferedImage.TYPE_3BYTE_BGR);
    bgr.setRGB(0, 0, 50, 40, rgb.getRGB(0, 0, 50, 40, null, 0, 50), 0, 50);
    org.junit.jupiter.api.Assertions.assertArrayEquals(
        Rgb.pixels(PillowResize.resize(rgb, 20, 30, ResizeFilter.BICUBIC)),
        Rgb.pixels(PillowResize.resize(bgr, 20, 30, ResizeFilter.BICUBIC)));
  }

  static BufferedImage noise(int seed, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int[] pixels = Rgb.pixels(image);
    int state = seed;
    for (int i = 0; i < pixels.length; i++) {
      for (int c = 0; c < 3; c++) {
        state = state * 1664525 + 1013904223;
        pixels[i] = pixels[i] << 8 | state >>> 24;
      }
    }
    return image;
  }
}
