package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.engram.EngramException;
import dev.engram.Json;
import dev.engram.model.ClipConfig.Family;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * From a picture to the input of the vision tower, with Pillow's bicubic filter: shorter side to
 * {@code size}, centre square of {@code crop}, values / 255, minus mean, by standard deviation.
 * SigLIP and DFN-5B squash the picture to the square instead. A setting that is not implemented is
 * refused, because a wrong input gives plausible and wrong numbers.
 *
 * @param size length of the shorter side after scaling, in pixels
 * @param crop S, side of the square that the model sees, in pixels
 * @param squash both sides are scaled to {@code size}, whatever their ratio, and nothing is cut
 * @param rule where the square begins; without meaning where nothing is cut
 * @param mean of red, green and blue, in units of 0 to 1
 * @param std of red, green and blue, in units of 0 to 1
 * @param notes what was assumed rather than read, one sentence each
 */
public record ImageProcessor(
    int size,
    int crop,
    boolean squash,
    CropRule rule,
    List<Double> mean,
    List<Double> std,
    List<String> notes) {
  private static final int BICUBIC = 3;

  /** Where CheckpointWriter says that a saved model's square is torchvision's. */
  static final String RULE_KEY = "engram_crop_rule";

  private static final String OWN = "preprocessor_config.json";
  private static final String JOINT = "processor_config.json";
  private static final String OPEN_CLIP = "open_clip_config.json";

  /** What transformers' processors read, or what changes nothing here. */
  private static final Set<String> READ =
      Set.of(
          "size",
          "crop_size",
          "resample",
          "rescale_factor",
          "image_mean",
          "image_std",
          "do_resize",
          "do_center_crop",
          "do_rescale",
          "do_normalize",
          // pictures are always made RGB
          "do_convert_rgb",
          "image_processor_type",
          "feature_extractor_type",
          "processor_class",
          RULE_KEY);

  /** What another image processor has to state, since its defaults may differ. */
  private static final List<String> STATED_BY_OTHERS =
      List.of("size", "resample", "do_center_crop", "image_mean", "image_std");

  private static final Set<String> OPEN_CLIP_READ =
      Set.of("size", "mode", "mean", "std", "interpolation", "resize_mode", "fill_color");

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
  static ImageProcessor of(
      Path modelDirectory, int imageSize, Family family, Checkpoint.Naming naming) {
    ModelFolder.check(modelDirectory);
    Path openClip = modelDirectory.resolve(OPEN_CLIP);
    boolean hasOpenClip = Files.exists(openClip);
    JsonNode settings =
        hasOpenClip ? Json.object(openClip).path("preprocess_cfg") : MissingNode.getInstance();
    boolean stated = settings.isObject();
    if (stated && naming != Checkpoint.Naming.HUGGING_FACE) {
      return ofOpenClip(settings, imageSize, openClip);
    }
    Path own = modelDirectory.resolve(OWN);
    Path joint = modelDirectory.resolve(JOINT);
    JsonNode nested =
        !Files.exists(own) && Files.exists(joint)
            ? Json.object(joint).get("image_processor")
            : null;
    if (nested != null) {
      return ofTransformers(nested, joint, imageSize, family);
    }
    if (Files.exists(own)) {
      return ofTransformers(Json.object(own), own, imageSize, family);
    }
    if (stated) {
      return ofOpenClip(settings, imageSize, openClip);
    }
    boolean transformers = naming == Checkpoint.Naming.HUGGING_FACE;
    FamilyDefaults otherwise = FamilyDefaults.of(family);
    ImageProcessor assumed =
        new ImageProcessor(
            imageSize,
            imageSize,
            otherwise.squash(),
            transformers ? CropRule.TRANSFORMERS : CropRule.TORCHVISION,
            otherwise.mean(),
            otherwise.std(),
            List.of());
    String who =
        transformers
            ? otherwise.processor() + " of transformers does"
            : hasOpenClip || naming == Checkpoint.Naming.OPENCLIP_TIMM
                ? "OpenCLIP does"
                : "OpenAI's CLIP does";
    return assumed.noting(
        "No file says how images are prepared (%s): it is done as %s by default: %s."
            .formatted(transformers ? OWN : OWN + ", " + OPEN_CLIP, who, assumed.description()));
  }

  private ImageProcessor noting(String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return new ImageProcessor(size, crop, squash, rule, mean, std, more);
  }

  /**
   * @return what is done with a picture, a phrase without a full stop
   */
  public String description() {
    String square =
        squash
            ? "scaled to %d × %d px whatever the ratio".formatted(size, size)
            : "shorter side to %d px, a square of %d px from the centre as %s cuts it"
                .formatted(size, crop, rule.title());
    return "%s (bicubic, as Pillow), mean %s, deviation %s"
        .formatted(square, said(mean), said(std));
  }

  private static String said(List<Double> three) {
    boolean same = three.stream().distinct().count() == 1;
    return same ? String.valueOf(three.get(0)) : three.toString();
  }

  private static ImageProcessor ofTransformers(
      JsonNode c, Path file, int imageSize, Family family) {
    String type = c.path("image_processor_type").asText(c.path("feature_extractor_type").asText());
    FamilyDefaults otherwise = FamilyDefaults.ofProcessor(type, family);
    if (!type.isEmpty() && !otherwise.isProcessor(type)) {
      // its defaults are not known here
      for (String key : STATED_BY_OTHERS) {
        if (!c.hasNonNull(key)) {
          throw refused(
              file,
              "%s without stating %s".formatted(Settings.shown(type), key),
              "the defaults of CLIPImageProcessor and SiglipImageProcessor");
        }
      }
    }
    JsonNode sides = c.path("size");
    boolean squash =
        sides.isObject() ? sides.has("height") && sides.has("width") : otherwise.squash();
    boolean cuts = !otherwise.squash() && c.path("do_center_crop").asBoolean(true);
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
    int crop = cuts ? side(c, "crop_size", "height", file) : size;
    if (crop != imageSize) {
      boolean silent = !c.hasNonNull(cuts ? "crop_size" : "size");
      throw new EngramException(
          silent
              ? "%s does not say to how many pixels images are cut, which means %d in transformers, but the model takes %d."
                  .formatted(file, crop, imageSize)
              : "%s cuts images to %d pixels, but the model takes %d."
                  .formatted(file, crop, imageSize));
    }
    boolean torchvision = c.path(RULE_KEY).asText().equals(CropRule.TORCHVISION.title());
    ImageProcessor found =
        new ImageProcessor(
            size,
            crop,
            squash,
            torchvision ? CropRule.TORCHVISION : CropRule.TRANSFORMERS,
            triple(c.get("image_mean"), otherwise.mean(), file),
            triple(c.get("image_std"), otherwise.std(), file),
            List.of());
    return found
        .notingUnread(c, READ, file)
        .notingAssumed(c, List.of("image_mean", "image_std"), otherwise.processor(), file);
  }

  private static ImageProcessor ofOpenClip(JsonNode c, int imageSize, Path file) {
    String mode = c.path("resize_mode").asText("shortest");
    if (!mode.equals("shortest") && !mode.equals("squash")) {
      throw refused(file, "resize_mode = " + mode, "shortest or squash");
    }
    String interpolation = c.path("interpolation").asText("bicubic");
    if (!interpolation.equals("bicubic") && !interpolation.equals("random")) {
      throw refused(file, "interpolation = " + interpolation, "bicubic");
    }
    if (!c.path("mode").asText("RGB").equals("RGB")) {
      throw refused(file, "mode = " + c.path("mode"), "RGB");
    }
    FamilyDefaults otherwise = FamilyDefaults.of(Family.EVA); // OpenCLIP's, whatever the model
    JsonNode size = c.path("size");
    int stated = (size.isArray() ? size.path(0) : size).asInt(imageSize);
    ImageProcessor found =
        new ImageProcessor(
            imageSize,
            imageSize,
            mode.equals("squash"),
            CropRule.TORCHVISION,
            triple(c.get("mean"), otherwise.mean(), file),
            triple(c.get("std"), otherwise.std(), file),
            List.of());
    if (stated != imageSize) {
      found =
          found.noting(
              "%s prepares images of %d px for a model of %d px; as in OpenCLIP, the model's size is taken."
                  .formatted(file.getFileName(), stated, imageSize));
    }
    return found
        .notingUnread(c, OPEN_CLIP_READ, file)
        .notingAssumed(c, List.of("mean", "std"), "OpenCLIP", file);
  }

  private ImageProcessor notingUnread(JsonNode c, Set<String> read, Path file) {
    List<String> unread = Settings.unread(c, read);
    return unread.isEmpty()
        ? this
        : noting(
            "%s says more of images than Engram reads: %s."
                .formatted(file.getFileName(), String.join(", ", unread)));
  }

  private ImageProcessor notingAssumed(JsonNode c, List<String> keys, String whose, Path file) {
    List<String> silent = keys.stream().filter(key -> !c.hasNonNull(key)).toList();
    return silent.isEmpty()
        ? this
        : noting(
            "%s leaves out %s, so the defaults of %s are taken: %s."
                .formatted(file.getFileName(), String.join(" and ", silent), whose, description()));
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
    if (node.isNumber()) {
      return Collections.nCopies(3, node.asDouble());
    }
    if (node.size() != 3 || !areNumbers(node)) {
      throw refused(file, "mean or deviation = " + node, "three numbers");
    }
    return List.of(node.get(0).asDouble(), node.get(1).asDouble(), node.get(2).asDouble());
  }

  private static boolean areNumbers(JsonNode list) {
    for (JsonNode n : list) {
      if (!n.isNumber()) {
        return false;
      }
    }
    return true;
  }

  private static EngramException refused(Path file, String what, String implemented) {
    return new EngramException(
        "%s asks for %s, which Engram does not implement; it implements %s."
            .formatted(file, what, implemented));
  }

  /**
   * @param image any size
   * @return what the model sees of it, before normalisation: crop × crop pixels
   */
  public BufferedImage crop(BufferedImage image) {
    return squash
        ? PillowResize.resize(image, size, size)
        : PillowResize.centre(image, size, crop, rule);
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
