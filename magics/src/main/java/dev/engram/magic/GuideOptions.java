package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.edit.Caption;
import dev.engram.lab.Guides;
import dev.engram.lab.Target;
import dev.engram.trace.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the magics that need guides: pictures that the model does recognise (A.7). */
final class GuideOptions {
  private static final String CAPTIONED = "captioned";

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
  private @Nullable Double size;

  @Option(
      names = "--place",
      paramLabel = "PLACE",
      description = "Where a caption stands: top, center (default) or bottom.")
  private Caption.@Nullable Place place;

  @Option(
      names = "--contrast",
      paramLabel = "CONTRAST",
      description =
          "A caption's letters: light with a dark edge (default), dark with a light one, or in a"
              + " box.")
  private Caption.@Nullable Contrast contrast;

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

  /** Where the outputs come from. */
  Guides guides() {
    boolean captioned = guide.equals(List.of(CAPTIONED));
    if (!captioned && (size != null || place != null || contrast != null)) {
      throw new EngramException(
          "--font-size, --place and --contrast are of the letters that --guide captioned writes;"
              + " with --guide %s leave them out.".formatted(String.join(" ", guide)));
    }
    Guides from =
        captioned
            ? Guides.captioned(caption())
            : new Guides(null, guide.stream().map(g -> Target.of(g)).toList(), null);
    return tokens == null ? from : from.tokens(tokens);
  }

  private Caption caption() {
    Caption standard = Caption.STANDARD;
    return new Caption(
        size == null ? standard.size() : size,
        place == null ? standard.place() : place,
        contrast == null ? standard.contrast() : contrast);
  }

  /** The text that a name becomes; null for the default. */
  @Nullable String template() {
    return template;
  }
}
