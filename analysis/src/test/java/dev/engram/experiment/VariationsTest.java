package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.data.LabelledImage;
import dev.engram.model.ImageReader;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What stands in for images that a set lacks. */
class VariationsTest {
  /** Red grows to the right, green downwards, so that a pixel tells where it was. */
  private static BufferedImage map(int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, x << 16 | y << 8 | 100);
      }
    }
    return image;
  }

  @Test
  void aVariationIsAnUprightPartOfThePicture() {
    for (int seed = 0; seed < 50; seed++) {
      BufferedImage part = Variations.vary(map(100, 60), seed);
      assertTrue(part.getWidth() >= 75 && part.getWidth() <= 100, part::toString);
      assertTrue(part.getHeight() >= 45 && part.getHeight() <= 60, part::toString);
      int first = part.getRGB(0, 0);
      int last = part.getRGB(part.getWidth() - 1, part.getHeight() - 1);
      double light = (first & 255) / 100.0;
      assertTrue(light >= 0.8 && light <= 1.2, "light " + light);
      assertEquals(part.getWidth() - 1, ((last >> 16 & 255) - (first >> 16 & 255)) / light, 2);
      assertEquals(part.getHeight() - 1, ((last >> 8 & 255) - (first >> 8 & 255)) / light, 2);
    }
  }

  @Test
  void theSeedDecides() {
    List<Integer> hashes =
        IntStream.range(0, 20)
            .mapToObj(seed -> Arrays.hashCode(pixels(Variations.vary(map(40, 40), seed))))
            .toList();
    assertEquals(20, hashes.stream().distinct().count());
    assertEquals(hashes.get(7), Arrays.hashCode(pixels(Variations.vary(map(40, 40), 7))));
    assertEquals(1, Variations.vary(map(1, 1), 3).getWidth());
  }

  @Test
  void picturesAreVariedInTurnAndGuidesAlike(@TempDir Path folder) throws IOException {
    List<LabelledImage> of = new ArrayList<>();
    for (String name : List.of("a.png", "b.png", "c.png")) {
      Path file = folder.resolve(name);
      SmallStudy.noise(file, new Random(name.hashCode()));
      of.add(new LabelledImage(file, name, "", "", ""));
    }
    Variations variations =
        new Variations(
            of, p -> new float[] {(float) Arrays.hashCode(pixels(p))}, p -> floats(pixels(p)));
    List<float[]> guides = variations.guides(2, 5);
    assertEquals(5, guides.size());
    for (int i = 0; i < 5; i++) {
      int[] expected = pixels(Variations.vary(ImageReader.read(of.get(i % 2).file()), i));
      assertArrayEquals(floats(expected), guides.get(i), "of the first two in turn");
      assertEquals((float) Arrays.hashCode(expected), variations.images(2, 5).get(i)[0]);
    }
    assertEquals(List.of(), variations.images(2, 0));
  }

  private static int[] pixels(BufferedImage i) {
    return i.getRGB(0, 0, i.getWidth(), i.getHeight(), null, 0, i.getWidth());
  }

  private static float[] floats(int[] pixels) {
    float[] out = new float[pixels.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = pixels[i];
    }
    return out;
  }
}
