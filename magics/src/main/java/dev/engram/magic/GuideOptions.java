package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.data.Templates;
import dev.engram.edit.Caption;
import dev.engram.magic.EngramSession.Selection;
import dev.engram.magic.view.Gallery;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.trace.Tokens;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the magics that need guides: pictures that the model does recognise (A.7). */
final class GuideOptions {
  private static final String CAPTIONED = "captioned";

  /** Pictures of guides on a page. */
  private static final int SHOWN = 4;

  private static final int SIDE = 120;

  @Option(
      names = "--guide",
      required = true,
      arity = "1..*",
      paramLabel = "captioned|DIR|ENTITY",
      description =
          "Where the outputs come from: the images with the name written on them, or other images"
              + " that the model does recognise.")
  private List<String> guide = List.of();

  @Option(
      names = "--font-size",
      paramLabel = "PERCENT",
      description = "Height of a caption's letters in percent of the picture (default: 14).")
  private double size = Caption.STANDARD.size();

  @Option(
      names = "--place",
      paramLabel = "PLACE",
      description = "Where a caption stands: top, center (default) or bottom.")
  private Caption.Place place = Caption.STANDARD.place();

  @Option(
      names = "--contrast",
      paramLabel = "CONTRAST",
      description =
          "A caption's letters: light with a dark edge (default), dark with a light one, or in a"
              + " box.")
  private Caption.Contrast contrast = Caption.STANDARD.contrast();

  @Option(
      names = "--template",
      paramLabel = "TEXT",
      description =
          "The text that a name becomes, with {} for the name; the caption of an entity of that"
              + " name if left out, else \"a photo of {}\".")
  private @Nullable String template;

  @Option(
      names = "--tokens",
      paramLabel = "all|class",
      description =
          "Where tracing replaces outputs: at all tokens, the default with captions (A.7), or at the"
              + " class token, the default with other guides, whose patches would bring in another"
              + " picture altogether.")
  private @Nullable Tokens tokens;

  /**
   * Guides of one name.
   *
   * @param pixels as the processor makes them, each (3, S, S)
   * @param shown some of them, as the model sees them
   * @param source for provenance
   */
  record Guides(List<float[]> pixels, List<Gallery.Item> shown, String source) {}

  /** Where causal tracing replaces outputs. */
  Tokens tokens() {
    return tokens != null ? tokens : captioned() ? Tokens.ALL : Tokens.CLASS;
  }

  private boolean captioned() {
    return guide.equals(List.of(CAPTIONED));
  }

  /**
   * @param names how many names share the guides
   * @return what was given for each of them
   */
  List<Selection> selections(EngramSession session, int names) {
    if (captioned()) {
      return List.of();
    }
    if (names == 1) {
      return List.of(session.selectAll(guide));
    }
    if (guide.size() != names) {
      throw new EngramException(
          "%d names need as many guides, or captioned; got %d.".formatted(names, guide.size()));
    }
    return guide.stream().map(g -> session.selectAll(List.of(g))).toList();
  }

  /**
   * @param images that are to be guided
   * @param name what a caption says
   * @param other the guides, null for captions
   */
  Guides guides(
      Clip clip,
      List<LabelledImage> images,
      String name,
      @Nullable Selection other,
      Progress progress) {
    Caption caption = new Caption(size, place, contrast);
    List<LabelledImage> from = other == null ? images : other.images();
    List<float[]> pixels = new ArrayList<>();
    List<Gallery.Item> shown = new ArrayList<>();
    for (LabelledImage image : from) {
      progress.step("reading guides", pixels.size(), from.size());
      BufferedImage picture = ImageReader.read(image.file());
      if (other == null) {
        picture = caption.draw(picture, name, clip.processor());
      }
      pixels.add(clip.processor().process(picture));
      if (shown.size() < SHOWN) {
        String file = String.valueOf(image.file().getFileName());
        shown.add(new Gallery.Item(Gallery.shrunk(clip.processor().crop(picture), SIDE), file));
      }
    }
    return new Guides(
        pixels,
        shown,
        other == null
            ? "captions \"%s\" (size %s %%, %s, %s)"
                .formatted(
                    name,
                    size,
                    place.toString().toLowerCase(Locale.ROOT),
                    contrast.toString().toLowerCase(Locale.ROOT))
            : "%d images of %s".formatted(from.size(), other.title()));
  }

  /**
   * @return the text that stands for an entity
   */
  String label(Selection entity) {
    return template == null ? entity.label() : Templates.fill(template, entity.title());
  }

  /**
   * @return the text that stands for a name
   */
  String label(EngramSession session, String name) {
    if (template != null) {
      return Templates.fill(template, name);
    }
    if (session.hasImages() && session.images().hasEntity(name)) {
      return session.images().entity(name).label();
    }
    return ImageSet.DEFAULT_TEMPLATE.replace("{name}", name);
  }
}
