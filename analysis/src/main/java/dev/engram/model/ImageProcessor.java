package dev.engram.model;

import dev.engram.EngramException;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;

/**
 * From a picture to the input of the vision tower, with a filter of Pillow's: shorter side to
 * {@code size}, centre square of {@code crop}, values / 255, minus mean, by standard deviation.
 * SigLIP and DFN-5B squash the picture to the square instead.
 *
 * @param filter by which the picture is scaled
 * @param size length of the shorter side after scaling, in pixels
 * @param crop S, side of the square that the model sees, in pixels
 * @param squash both sides are scaled to {@code size}, whatever their ratio, and nothing is cut
 * @param rule where the square begins; without meaning where nothing is cut
 * @param mean of red, green and blue, in units of 0 to 1
 * @param std of red, green and blue, in units of 0 to 1
 * @param notes what was assumed rather than read, one sentence each
 */
public record ImageProcessor(
    ResizeFilter filter,
    int size,
    int crop,
    boolean squash,
    CropRule rule,
    List<Double> mean,
    List<Double> std,
    List<String> notes) {
  /** Where CheckpointWriter says that a saved model's square is torchvision's. */
  static final String RULE_KEY = "engram_crop_rule";

  /** Copies the lists and checks the sizes. */
  public ImageProcessor {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    notes = List.copyOf(notes);
    if (crop < 1
        || size < crop
        || (squash && size != crop)
        || mean.size() != 3
        || std.size() != 3
        || std.stream().anyMatch(s -> !(s > 0))) {
      throw new EngramException(
          "Images cannot be prepared with size %d, crop %d, mean %s and deviation %s: a crop of at most the size and three positive deviations are needed."
              .formatted(size, crop, mean, std));
    }
  }

  /**
   * Reads the file that belongs to the weights: {@code preprocessor_config.json} (or the image part
   * of {@code processor_config.json}) of transformers, {@code open_clip_config.json} of OpenCLIP.
   * Without one, takes what the authors of the family do, and says so in the notes.
   *
   * @param modelDirectory folder of the checkpoint
   * @param imageSize S of the vision tower
   * @param naming who named the weights; the file of the same authors comes first
   * @throws EngramException if a file cannot be read, asks for what is not implemented, or
   *     disagrees with {@code imageSize}
   */
  static ImageProcessor of(Path modelDirectory, int imageSize, Family family, Naming naming) {
    return new ImageProcessorReader(imageSize, family, naming).read(modelDirectory);
  }

  /**
   * The same for another square, which keeps its part of the picture.
   *
   * @param side in pixels
   */
  ImageProcessor at(int side) {
    int scaled = Math.toIntExact(Math.round((double) size * side / crop));
    return new ImageProcessor(filter, scaled, side, squash, rule, mean, std, notes);
  }

  /** The same with one more note. */
  ImageProcessor noting(String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return new ImageProcessor(filter, size, crop, squash, rule, mean, std, more);
  }

  /** What is done with a picture, a phrase without a full stop. */
  public String description() {
    String square =
        squash
            ? "scaled to %d × %d px whatever the ratio".formatted(size, size)
            : "shorter side to %d px, a square of %d px from the centre as %s cuts it"
                .formatted(size, crop, rule.title());
    return "%s (%s, as Pillow), mean %s, deviation %s"
        .formatted(square, filter, said(mean), said(std));
  }

  private static String said(List<Double> three) {
    boolean same = three.stream().distinct().count() == 1;
    return same ? String.valueOf(three.get(0)) : three.toString();
  }

  /**
   * @param image any size
   * @return what the model sees of it, before normalisation: crop × crop pixels
   */
  public BufferedImage crop(BufferedImage image) {
    return squash
        ? PillowResize.resize(image, size, size, filter)
        : PillowResize.centre(image, size, crop, rule, filter);
  }

  /**
   * @param image any size
   * @return (3, crop, crop) row-major: red, green, blue, normalised
   */
  public float[] process(BufferedImage image) {
    int[] pixels = Rgb.pixels(crop(image));
    float[] result = new float[3 * pixels.length];
    for (int c = 0; c < 3; c++) {
      float[] normalised = table(c);
      int shift = 16 - 8 * c;
      int o = c * pixels.length;
      for (int pixel : pixels) {
        result[o++] = normalised[pixel >> shift & 255];
      }
    }
    return result;
  }

  /**
   * @param file an image file
   * @return (3, crop, crop) row-major: red, green, blue, normalised
   * @throws EngramException if it cannot be read, see {@link ImageReader}
   */
  public float[] process(Path file) {
    return process(ImageReader.read(file));
  }

  /** See {@link Clip#pixels}. */
  List<float[]> pixels(List<Path> files) {
    List<Path> copy = List.copyOf(files);
    return new AbstractList<>() {
      @Override
      public float[] get(int index) {
        return process(copy.get(index));
      }

      @Override
      public int size() {
        return copy.size();
      }
    };
  }

  /** In the order and precision of numpy: / 255 in float64, the rest in float32. */
  private float[] table(int channel) {
    float m = mean.get(channel).floatValue();
    float s = std.get(channel).floatValue();
    float[] table = new float[256];
    for (int v = 0; v < 256; v++) {
      table[v] = ((float) (v * (1 / 255.0)) - m) / s;
    }
    return table;
  }
}
