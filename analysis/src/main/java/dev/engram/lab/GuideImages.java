package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.data.ImageSelection;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Caption;
import dev.engram.edit.CausalTrace;
import dev.engram.edit.CausalTracing;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.trace.Tokens;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Guides of one name as the model takes them.
 *
 * @param pixels as the processor makes them, each (3, S, S)
 * @param shown the first of them, as the model sees them
 * @param source where they come from, for provenance
 */
record GuideImages(List<float[]> pixels, List<Picture> shown, String source) {
  /** Guides that a result shows. */
  private static final int SHOWN = 4;

  /**
   * @param images that are to be guided
   * @param name what a caption says
   * @param other the guides where they are other images; null for captions
   */
  static GuideImages of(
      Clip clip,
      Guides guides,
      ImageSelection images,
      String name,
      @Nullable ImageSelection other,
      Progress progress) {
    Caption caption = guides.caption();
    List<LabelledImage> from = other == null ? images.images() : other.images();
    List<float[]> pixels = new ArrayList<>();
    List<Picture> shown = new ArrayList<>();
    for (LabelledImage image : from) {
      progress.step("reading guides", pixels.size(), from.size());
      BufferedImage picture = ImageReader.read(image.file());
      if (caption != null) {
        picture = caption.draw(picture, name, clip.processor());
      }
      pixels.add(clip.processor().process(picture));
      if (shown.size() < SHOWN) {
        shown.add(
            new Picture(
                String.valueOf(image.file().getFileName()), clip.processor().crop(picture)));
      }
    }
    return new GuideImages(
        pixels,
        shown,
        other == null
            ? source(caption == null ? Caption.STANDARD : caption, name)
            : "%d images of %s".formatted(from.size(), other.title()));
  }

  private static String source(Caption caption, String name) {
    return "captions \"%s\" (size %s %%, %s, %s)"
        .formatted(
            name,
            caption.size(),
            caption.place().toString().toLowerCase(Locale.ROOT),
            caption.contrast().toString().toLowerCase(Locale.ROOT));
  }

  /**
   * Causal tracing of images towards a text. Guides that are other images are taken in turn, one
   * for each image.
   *
   * @param pixels of the images, each (3, S, S)
   * @param title of the images
   */
  CausalTrace trace(
      Clip clip,
      List<float[]> images,
      String text,
      String title,
      Tokens tokens,
      Progress progress) {
    List<float[]> paired =
        IntStream.range(0, images.size()).mapToObj(i -> pixels.get(i % pixels.size())).toList();
    return new CausalTracing(clip)
        .trace(
            images,
            paired,
            text,
            clip.embedTexts(List.of(text), Progress.NONE)[0],
            tokens,
            "%d images of %s, guides %s".formatted(images.size(), title, source),
            progress);
  }
}
