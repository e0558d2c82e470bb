package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.data.ImageSelection;
import dev.engram.edit.Caption;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where an insertion's guides come from (A.7): pictures of the same thing that the model does
 * recognise, either the images with the name written on them or other images.
 *
 * @param caption how the name is written on the images; null for other images
 * @param images the other images, for all names together or for each name; empty with a caption
 * @param tokens at which causal tracing replaces outputs; null for all tokens with captions (A.7),
 *     and for the class token with other images, whose patches would bring in another picture
 *     altogether
 */
public record Guides(@Nullable Caption caption, List<Target> images, @Nullable Tokens tokens) {
  /** Refuses what is both or neither. */
  public Guides {
    images = List.copyOf(images);
    if ((caption == null) == images.isEmpty()) {
      throw new EngramException(
          "Guides are the images with their name written on them, or other images; give one of the"
              + " two.");
    }
  }

  /** The images with the name written on them in large white letters (Fig. 8). */
  public static Guides captioned() {
    return captioned(Caption.STANDARD);
  }

  /**
   * @param look how the name is written
   */
  public static Guides captioned(Caption look) {
    return new Guides(look, List.of(), null);
  }

  /**
   * @param images other images of the thing, or of what it is to be taken for
   */
  public static Guides of(Target... images) {
    return new Guides(null, List.of(images), null);
  }

  /**
   * @param images names of entities, images, files or folders
   */
  public static Guides of(String... images) {
    return new Guides(null, Stream.of(images).map(i -> Target.of(i)).toList(), null);
  }

  /**
   * @param images files or folders
   */
  public static Guides of(Path... images) {
    return new Guides(null, Stream.of(images).map(i -> Target.of(i)).toList(), null);
  }

  /** The same with outputs replaced at these tokens. */
  public Guides tokens(Tokens at) {
    return new Guides(caption, images, at);
  }

  /** Where causal tracing replaces outputs. */
  Tokens tracedTokens() {
    return tokens != null ? tokens : caption != null ? Tokens.ALL : Tokens.CLASS;
  }

  /**
   * @param names how many names share the guides
   * @return the other images of each name; empty with captions
   */
  List<ImageSelection> selections(OpenImages open, int names) {
    if (caption != null) {
      return List.of();
    }
    if (names == 1) {
      return List.of(open.together(images));
    }
    if (images.size() != names) {
      throw new EngramException(
          "%d names need as many guides, or captioned; got %d.".formatted(names, images.size()));
    }
    return images.stream().map(open::select).toList();
  }
}
