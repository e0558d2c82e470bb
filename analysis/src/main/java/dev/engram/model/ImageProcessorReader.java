package dev.engram.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.engram.EngramException;
import dev.engram.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes an {@link ImageProcessor} from the files of a model, in the dialect of transformers or of
 * OpenCLIP. A setting that is not implemented is refused, because a wrong input gives plausible and
 * wrong numbers.
 */
final class ImageProcessorReader {
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
          ImageProcessor.RULE_KEY);

  /** What another image processor has to state, since its defaults may differ. */
  private static final List<String> STATED_BY_OTHERS =
      List.of("size", "resample", "do_center_crop", "image_mean", "image_std");

  private static final Set<String> OPEN_CLIP_READ =
      Set.of("size", "mode", "mean", "std", "interpolation", "resize_mode", "fill_color");

  private final int imageSize;
  private final Family family;
  private final Naming naming;

  ImageProcessorReader(int imageSize, Family family, Naming naming) {
    this.imageSize = imageSize;
    this.family = family;
    this.naming = naming;
  }

  /** See {@link ImageProcessor#of}. */
  ImageProcessor read(Path modelDirectory) {
    ModelFolder.check(modelDirectory);
    Path openClip = modelDirectory.resolve(OPEN_CLIP);
    boolean hasOpenClip = Files.exists(openClip);
    JsonNode settings =
        hasOpenClip ? Json.object(openClip).path("preprocess_cfg") : MissingNode.getInstance();
    boolean stated = settings.isObject();
    if (stated && !naming.isTransformers()) {
      return ofOpenClip(settings, openClip);
    }
    Path own = modelDirectory.resolve(OWN);
    Path joint = modelDirectory.resolve(JOINT);
    JsonNode nested =
        !Files.exists(own) && Files.exists(joint)
            ? Json.object(joint).get("image_processor")
            : null;
    if (nested != null) {
      return ofTransformers(nested, joint);
    }
    if (Files.exists(own)) {
      return ofTransformers(Json.object(own), own);
    }
    if (stated) {
      return ofOpenClip(settings, openClip);
    }
    boolean transformers = naming.isTransformers();
    FamilyDefaults otherwise = family.defaults();
    ImageProcessor assumed =
        new ImageProcessor(
            otherwise.filter(),
            imageSize,
            imageSize,
            otherwise.squash(),
            transformers ? CropRule.TRANSFORMERS : CropRule.TORCHVISION,
            otherwise.mean(),
            otherwise.std(),
            List.of());
    String who =
        transformers ? otherwise.preparing() : hasOpenClip ? "OpenCLIP does" : naming.preparing();
    return assumed.noting(
        "No file says how images are prepared (%s): it is done as %s by default: %s."
            .formatted(transformers ? OWN : OWN + ", " + OPEN_CLIP, who, assumed.description()));
  }

  private ImageProcessor ofTransformers(JsonNode c, Path file) {
    String type = c.path("image_processor_type").asText(c.path("feature_extractor_type").asText());
    FamilyDefaults otherwise = Families.ofProcessor(type, family);
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
    ResizeFilter filter = filter(c.path("resample"), otherwise.filter(), file);
    double factor = c.path("rescale_factor").asDouble(1 / 255.0);
    if (Math.abs(factor * 255 - 1) > 1e-6) {
      throw refused(file, "rescale_factor = " + factor, "1/255");
    }
    int size = side(c, "size", squash ? "height" : "shortest_edge", file);
    int crop = cuts ? side(c, "crop_size", "height", file) : size;
    if (crop != imageSize && !family.interpolatesPositions()) {
      boolean silent = !c.hasNonNull(cuts ? "crop_size" : "size");
      throw new EngramException(
          silent
              ? "%s does not say to how many pixels images are cut, which means %d in transformers, but the model takes %d."
                  .formatted(file, crop, imageSize)
              : "%s cuts images to %d pixels, but the model takes %d."
                  .formatted(file, crop, imageSize));
    }
    boolean torchvision =
        c.path(ImageProcessor.RULE_KEY).asText().equals(CropRule.TORCHVISION.title());
    ImageProcessor found =
        new ImageProcessor(
            filter,
            size,
            crop,
            squash,
            torchvision ? CropRule.TORCHVISION : CropRule.TRANSFORMERS,
            triple(c.get("image_mean"), otherwise.mean(), file),
            triple(c.get("image_std"), otherwise.std(), file),
            List.of());
    return notingAssumed(
        notingUnread(found, c, READ, file),
        c,
        List.of("image_mean", "image_std"),
        otherwise.processor().isEmpty() ? family.title() : otherwise.processor(),
        file);
  }

  private ImageProcessor ofOpenClip(JsonNode c, Path file) {
    String mode = c.path("resize_mode").asText("shortest");
    if (!mode.equals("shortest") && !mode.equals("squash")) {
      throw refused(file, "resize_mode = " + mode, "shortest or squash");
    }
    ResizeFilter filter =
        switch (c.path("interpolation").asText("bicubic")) {
          case "bicubic", "random" -> ResizeFilter.BICUBIC;
          case "bilinear" -> ResizeFilter.BILINEAR;
          default ->
              throw refused(
                  file,
                  "interpolation = " + c.path("interpolation").asText(),
                  "bicubic and bilinear");
        };
    if (!c.path("mode").asText("RGB").equals("RGB")) {
      throw refused(file, "mode = " + c.path("mode"), "RGB");
    }
    JsonNode size = c.path("size");
    int stated = (size.isArray() ? size.path(0) : size).asInt(imageSize);
    ImageProcessor found =
        new ImageProcessor(
            filter,
            imageSize,
            imageSize,
            mode.equals("squash"),
            CropRule.TORCHVISION,
            triple(c.get("mean"), FamilyDefaults.OPENAI_MEAN, file),
            triple(c.get("std"), FamilyDefaults.OPENAI_STD, file),
            List.of());
    if (stated != imageSize) {
      found =
          found.noting(
              "%s prepares images of %d px for a model of %d px; as in OpenCLIP, the model's size is taken."
                  .formatted(file.getFileName(), stated, imageSize));
    }
    return notingAssumed(
        notingUnread(found, c, OPEN_CLIP_READ, file), c, List.of("mean", "std"), "OpenCLIP", file);
  }

  private static ImageProcessor notingUnread(
      ImageProcessor found, JsonNode c, Set<String> read, Path file) {
    List<String> unread = Settings.unread(c, read);
    return unread.isEmpty()
        ? found
        : found.noting(
            "%s says more of images than Engram reads: %s."
                .formatted(file.getFileName(), String.join(", ", unread)));
  }

  private static ImageProcessor notingAssumed(
      ImageProcessor found, JsonNode c, List<String> keys, String whose, Path file) {
    List<String> silent = keys.stream().filter(key -> !c.hasNonNull(key)).toList();
    return silent.isEmpty()
        ? found
        : found.noting(
            "%s leaves out %s, so the defaults of %s are taken: %s."
                .formatted(
                    file.getFileName(), String.join(" and ", silent), whose, found.description()));
  }

  /** By its number in Pillow. */
  private static ResizeFilter filter(JsonNode number, ResizeFilter otherwise, Path file) {
    if (number.isMissingNode() || number.isNull()) {
      return otherwise;
    }
    return Arrays.stream(ResizeFilter.values())
        .filter(f -> number.isIntegralNumber() && f.number() == number.asInt())
        .findFirst()
        .orElseThrow(() -> refused(file, "resample = " + number, "2 (bilinear) and 3 (bicubic)"));
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
}
