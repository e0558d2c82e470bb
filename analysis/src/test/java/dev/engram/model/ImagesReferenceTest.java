package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reading, resizing and normalising against what Pillow and {@code CLIPImageProcessor} gave for the
 * same files (DEFINITIONS, section 10): equal pixels, and equal values up to one float32 rounding.
 */
class ImagesReferenceTest {
  private static final ReferenceImages EXPECTED = new ReferenceImages();

  static List<String> decoded() {
    return EXPECTED.names("#rgb");
  }

  static List<String> processed() {
    return EXPECTED.names("");
  }

  @Test
  void thereIsSomethingToCompareWith() {
    assertFalse(decoded().isEmpty());
    assertTrue(processed().size() >= 20, "found " + processed().size());
  }

  @ParameterizedTest
  @MethodSource("decoded")
  void decodesAsPillow(String name) {
    String file = name.substring(0, name.indexOf('#'));
    byte[] expected = EXPECTED.bytes(name);
    // The expected pixels are as stored: before the picture is turned upright.
    BufferedImage image = stored(ImageReader.read(ReferenceImages.FOLDER.resolve(file)), file);
    assertEquals(EXPECTED.dimension(name, 0), image.getHeight());
    assertEquals(EXPECTED.dimension(name, 1), image.getWidth());
    int[] pixels = Rgb.pixels(image);
    int largest = 0;
    for (int i = 0; i < pixels.length; i++) {
      for (int c = 0; c < 3; c++) {
        int value = pixels[i] >> (16 - 8 * c) & 255;
        largest = Math.max(largest, Math.abs(value - (expected[3 * i + c] & 255)));
      }
    }
    assertEquals(0, largest, file);
  }

  @ParameterizedTest
  @MethodSource("processed")
  void processesAsClip(String plain, @TempDir Path withoutSettings) {
    String file = plain.substring(0, plain.indexOf('@'));
    int size = Integer.parseInt(plain.substring(plain.indexOf('@') + 1));
    // Where the recommended reading differs from Pillow's plain one, ours is the recommended one.
    String name =
        List.of(plain + "#exif", plain + "#high_byte", plain).stream()
            .filter(EXPECTED::has)
            .findFirst()
            .orElseThrow();
    ImageProcessor processor =
        ImageProcessor.of(withoutSettings, size, Families.plain(), Naming.HUGGING_FACE);
    float[] actual = processor.process(ReferenceImages.FOLDER.resolve(file));
    float[] expected = EXPECTED.floats(name);
    assertEquals(expected.length, actual.length);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i] - expected[i]));
    }
    // One grey level is 0.0146; this is float32 rounding at values up to 2.2.
    assertTrue(largest <= 2.4e-7, name + " differs by " + largest);
  }

  private static BufferedImage stored(BufferedImage upright, String file) {
    // 3 and its own inverse; 6 and 8 undo each other.
    return file.startsWith("exif3")
        ? Rgb.upright(upright, 3)
        : file.startsWith("exif6")
            ? Rgb.upright(upright, 8)
            : file.startsWith("exif8") ? Rgb.upright(upright, 6) : upright;
  }
}
