package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.engram.EngramException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From a picture to the input of the vision tower, as {@code CLIPImageProcessor} does with Pillow:
 * shorter side to {@code size}, centre square of {@code crop}, values / 255, minus mean, by
 * standard deviation. SigLIP and DFN-5B squash the picture to the square instead. A setting that is
 * not implemented is refused, because a wrong input gives plausible and wrong numbers.
 *
 * @param size length of the shorter side after scaling, in pixels
 * @param crop S, side of the square that the model sees, in pixels
 * @param squash both sides are scaled to {@code size}, whatever their ratio, and nothing is cut
 * @param mean of red, green and blue, in units of 0 to 1
 * @param std of red, green and blue, in units of 0 to 1
 * @param notes what was assumed rather than read, one sentence each
 */
public record ImageProcessor(
    int size, int crop, boolean squash, List<Double> mean, List<Double> std, List<String> notes) {
  private static final List<Double> OPENAI_MEAN = List.of(0.48145466, 0.4578275, 0.40821073);
  private static final List<Double> OPENAI_STD = List.of(0.26862954, 0.26130258, 0.27577711);
  private static final int BICUBIC = 3;

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
   * Reads {@code preprocessor_config.json} (or the image part of {@code processor_config.json}),
   * else {@code open_clip_config.json}, else takes OpenAI's settings and says so in the notes.
   *
   * @param modelDirectory folder of the checkpoint
   * @param imageSize S of the vision tower
   * @throws EngramException if a file cannot be read, asks for what is not implemented, or
   *     disagrees with {@code imageSize}
   */
  public static ImageProcessor of(Path modelDirectory, int imageSize) {
    ImageProcessor found;
    Path file = modelDirectory.resolve("preprocessor_config.json");
    Path both = modelDirectory.resolve("processor_config.json");
    Path openClip = modelDirectory.resolve("open_clip_config.json");
    JsonNode nested = Files.exists(file) ? null : read(both).get("image_processor");
    if (nested != null) {
      file = both;
      found = ofHuggingFace(nested, both);
    } else if (Files.exists(file)) {
      found = ofHuggingFace(read(file), file);
    } else if (Files.exists(openClip)) {
      file = openClip;
      found = ofOpenClip(read(openClip).path("preprocess_cfg"), imageSize, openClip);
    } else {
      return new ImageProcessor(
          imageSize,
          imageSize,
          false,
          OPENAI_MEAN,
          OPENAI_STD,
          List.of(
              "There is no preprocessor_config.json: images are prepared as OpenAI's CLIP does"
                  + " (bicubic, centre crop, OpenAI's mean and deviation)."));
    }
    if (found.crop != imageSize) {
      throw new EngramException(
          "%s cuts images to %d pixels, but the model takes %d."
              .formatted(file, found.crop, imageSize));
    }
    return found;
  }

  private static ImageProcessor ofHuggingFace(JsonNode c, Path file) {
    JsonNode sides = c.path("size");
    boolean squash = sides.has("height") && sides.has("width");
    for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
      boolean needless = squash && step.equals("do_center_crop");
      if (!needless && !c.path(step).asBoolean(true)) {
        throw refused(file, step + " = false", "true");
      }
    }
    int resample = c.path("resample").asInt(BICUBIC);
    if (resample != BICUBIC) {
      throw refused(file, "resample = " + resample, "3 (bicubic)");
    }
    double factor = c.path("rescale_factor").asDouble(1 / 255.0);
    if (Math.abs(factor * 255 - 1) > 1e-6) {
      throw refused(file, "rescale_factor = " + factor, "1/255");
    }
    int size = side(c, "size", squash ? "height" : "shortest_edge", file);
    boolean crops = !squash || (c.path("do_center_crop").asBoolean(false) && c.has("crop_size"));
    int crop = crops ? side(c, "crop_size", "height", file) : size;
    return new ImageProcessor(
        size,
        crop,
        squash,
        triple(c.get("image_mean"), OPENAI_MEAN, file),
        triple(c.get("image_std"), OPENAI_STD, file),
        List.of());
  }

  private static ImageProcessor ofOpenClip(JsonNode c, int imageSize, Path file) {
    String mode = c.path("resize_mode").asText("shortest");
    if (!mode.equals("shortest") && !mode.equals("squash")) {
      throw refused(file, "resize_mode = " + mode, "shortest or squash");
    }
    boolean squash = mode.equals("squash");
    String interpolation = c.path("interpolation").asText("bicubic");
    if (!interpolation.equals("bicubic")) {
      throw refused(file, "interpolation = " + interpolation, "bicubic");
    }
    JsonNode size = c.path("size").isArray() ? c.path("size").path(0) : c.path("size");
    int side = size.asInt(imageSize);
    return new ImageProcessor(
        side,
        side,
        squash,
        triple(c.get("mean"), OPENAI_MEAN, file),
        triple(c.get("std"), OPENAI_STD, file),
        squash
            ? List.of()
            : List.of(
                "The square is cut from the centre as Hugging Face does, which on some sizes lies one"
                    + " pixel beside OpenCLIP's own."));
  }

  /** A number, or an object with the number under a key; 224 if it is not stated, as in HF. */
  private static int side(JsonNode c, String name, String key, Path file) {
    JsonNode node = c.path(name);
    JsonNode number = node.isObject() ? node.path(key) : node;
    boolean square = !node.isObject() || !node.has("width") || node.get("width").equals(number);
    if (node.isMissingNode()) {
      return 224;
    }
    if (!number.canConvertToInt() || !square) {
      throw refused(file, name + " = " + node, "a number or {\"" + key + "\": number}");
    }
    return number.asInt();
  }

  private static List<Double> triple(@Nullable JsonNode node, List<Double> fallback, Path file) {
    if (node == null || node.isNull()) {
      return fallback;
    }
    if (node.size() != 3 || !node.get(0).isNumber()) {
      throw refused(file, "mean or deviation = " + node, "three numbers");
    }
    return List.of(node.get(0).asDouble(), node.get(1).asDouble(), node.get(2).asDouble());
  }

  private static EngramException refused(Path file, String what, String implemented) {
    return new EngramException(
        "%s asks for %s, which Engram does not implement; it implements %s."
            .formatted(file, what, implemented));
  }

  private static JsonNode read(Path file) {
    ObjectMapper json = new ObjectMapper();
    if (!Files.exists(file)) {
      return json.createObjectNode();
    }
    try {
      return json.readTree(Files.readAllBytes(file));
    } catch (IOException e) {
      String why = e.getMessage() == null ? e.toString() : e.getMessage();
      throw new EngramException(
          "%s cannot be read as JSON: %s."
              .formatted(file, why.lines().findFirst().orElse("it is empty")),
          e);
    }
  }

  /**
   * @param image any size
   * @return what the model sees of it, before normalisation: crop × crop pixels
   */
  public BufferedImage crop(BufferedImage image) {
    return squash ? PillowResize.resize(image, size, size) : PillowResize.centre(image, size, crop);
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
