package dev.engram.experiment;

import dev.engram.data.ImageSet;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;

/** Images of noise and a reference model of three layers: small enough for a naive computation. */
final class SmallStudy {
  static final int IMAGES = 3;
  private static final String[] ENTITIES = {
    "animals/cat", "animals/dog", "places/home", "places/sea"
  };

  private SmallStudy() {}

  static Clip clip(String model) {
    return clip(model, Precision.F32);
  }

  static Clip clip(String model, Precision precision) {
    Path folder = Path.of("src/test/resources/reference/models", model);
    return Clip.from(folder).device("cpu").precision(precision).load();
  }

  /** Four entities of three images, and two background images with labels. */
  static ImageSet set(Path folder) {
    Random random = new Random(20261122);
    try {
      for (String entity : ENTITIES) {
        for (int i = 0; i < IMAGES; i++) {
          noise(folder.resolve("entities").resolve(entity).resolve(i + ".png"), random);
        }
      }
      Path background = folder.resolve("background");
      noise(background.resolve("a.png"), random);
      noise(background.resolve("b.png"), random);
      Files.writeString(
          background.resolve("labels.csv"), "file,label\na.png,a red lamp\nb.png,a blue door\n");
      return ImageSet.read(folder.resolve("entities")).withBackground(ImageSet.read(background));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Coarse, so that images differ more than their pixels' mean does. */
  static void noise(Path file, Random random) throws IOException {
    BufferedImage image = new BufferedImage(40, 40, BufferedImage.TYPE_INT_RGB);
    int[] colours = random.ints(25).toArray();
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 40; x++) {
        image.setRGB(x, y, colours[y / 8 * 5 + x / 8] & 0xffffff);
      }
    }
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
  }
}
