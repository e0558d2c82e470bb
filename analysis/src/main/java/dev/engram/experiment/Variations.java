package dev.engram.experiment;

import dev.engram.data.LabelledImage;
import dev.engram.model.ImageReader;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Pictures that are made from those that teach a name, for where there are fewer than a question
 * asks for: seeded crops, darker or brighter. They are no new pictures of the thing, and whoever
 * shows a number says that they were used. None is mirrored, which would make another flag or word
 * of some.
 *
 * @param of what is varied, in turn
 * @param image what the model is taught with, made of a picture
 * @param guide its guide, made of the same
 */
record Variations(
    List<LabelledImage> of,
    Function<BufferedImage, float[]> image,
    Function<BufferedImage, float[]> guide) {
  /** What is done to a picture, for provenance. */
  static final String IN_WORDS = "seeded crops of 75 to 100 % of the side, 80 to 120 % as bright";

  private static final double SMALLEST = 0.75;
  private static final double DARKEST = 0.8;
  private static final double BRIGHTEST = 1.2;

  /**
   * @param own how many of the pictures are varied, the first ones
   * @param count how many variations
   */
  List<float[]> images(int own, int count) {
    return Lessons.lazily(count, i -> image.apply(picture(i % own, i)));
  }

  /** The guides of the same variations. */
  List<float[]> guides(int own, int count) {
    return Lessons.lazily(count, i -> guide.apply(picture(i % own, i)));
  }

  private BufferedImage picture(int which, int seed) {
    return vary(ImageReader.read(of.get(which).file()), seed);
  }

  /** The same seed takes the same part of every picture, and is as bright. */
  static BufferedImage vary(BufferedImage picture, int seed) {
    Random random = new Random(seed);
    random.nextDouble(); // the first of neighbouring seeds are nearly equal
    double share = SMALLEST + (1 - SMALLEST) * random.nextDouble();
    int width = (int) Math.max(1, Math.round(share * picture.getWidth()));
    int height = (int) Math.max(1, Math.round(share * picture.getHeight()));
    int x = random.nextInt(picture.getWidth() - width + 1);
    int y = random.nextInt(picture.getHeight() - height + 1);
    double light = DARKEST + (BRIGHTEST - DARKEST) * random.nextDouble();
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = out.createGraphics();
    g.drawImage(picture, -x, -y, null);
    g.dispose();
    int[] pixels = out.getRGB(0, 0, width, height, null, 0, width);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] =
          lit(pixels[i] >> 16, light) << 16
              | lit(pixels[i] >> 8, light) << 8
              | lit(pixels[i], light);
    }
    out.setRGB(0, 0, width, height, pixels, 0, width);
    return out;
  }

  private static int lit(int channel, double light) {
    return (int) Math.min(255, Math.round((channel & 255) * light));
  }
}
