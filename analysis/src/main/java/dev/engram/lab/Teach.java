package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.edit.BackgroundKeys;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Teaches names from images (Sec. 4.4, A.7, A.8): one name by a rank-one edit of a block's output
 * weight (ROME), several names or blocks by MEMIT. For the images, the block is to give the output
 * that it gives for the guides.
 *
 * @param names what is taught, each once
 * @param images that teach: for one name all of them together, for several one target a name
 * @param shots teach with the first so many images of each name, and measure on the others; null to
 *     teach with all and measure on them
 * @param guides where the outputs come from
 * @param template the text that a name becomes, with {@code {}} for the name; null for the caption
 *     of an entity of that name, else {@code a photo of {}}
 * @param blocks such as {@code L5F} or {@code L5A}; empty for the best of causal tracing
 * @param memit whether MEMIT (Eq. 25) is used for one name and one block, too
 * @param keys unrelated images whose keys stay as they are, of which at most {@value #KEYS} are
 *     taken; null for the background of the open images, else its other entities
 * @param keyTokens whose keys these are
 * @param ridge in units of the mean of diag(K K'), above 0; null for 0.01 with keys of the class
 *     tokens and 0.0001 with those of all tokens
 * @param solver of the keys' system; all give the same
 * @param accuracy where zero-shot accuracy is measured before and after
 */
public record Teach(
    List<String> names,
    List<Target> images,
    @Nullable Integer shots,
    Guides guides,
    @Nullable String template,
    List<String> blocks,
    boolean memit,
    @Nullable Target keys,
    Tokens keyTokens,
    @Nullable Double ridge,
    BackgroundKeys.Solver solver,
    Accuracy accuracy) {
  /** Background images, evenly spread where there are more; the paper does not say how many. */
  public static final int KEYS = 1000;

  /** Refuses what cannot be taught. */
  public Teach {
    names = List.copyOf(names);
    images = List.copyOf(images);
    blocks = List.copyOf(blocks);
    if (names.isEmpty() || names.stream().anyMatch(String::isBlank)) {
      throw new EngramException(
          "Teaching needs a name, got '%s'.".formatted(String.join(", ", names)));
    }
    if (new HashSet<>(names).size() < names.size()) {
      throw new EngramException("Each name is taught once; got " + String.join(", ", names) + ".");
    }
    if (shots != null && shots < 1) {
      throw new EngramException("Teaching takes 1 image of a name or more; got " + shots + ".");
    }
    if (ridge != null && (!(ridge > 0) || ridge.isInfinite())) {
      throw new EngramException("The ridge is a number above 0, such as 0.01; got " + ridge + ".");
    }
  }

  /**
   * One name or several, from images with the name written on them.
   *
   * @param names what is taught
   */
  public static Teach name(String... names) {
    return new Teach(
        List.of(names),
        List.of(),
        null,
        Guides.captioned(),
        null,
        List.of(),
        false,
        null,
        Tokens.CLASS,
        null,
        BackgroundKeys.Solver.AUTO,
        Accuracy.onOpenImages());
  }

  /**
   * @param from images that teach: for one name all of them together, for several one target a name
   */
  public Teach images(Target... from) {
    return images(List.of(from));
  }

  /**
   * @param from folders of images: for one name all of them together, for several one a name
   */
  public Teach images(Path... from) {
    return images(Stream.of(from).map(f -> Target.of(f)).toList());
  }

  /**
   * @param from images that teach: for one name all of them together, for several one target a name
   */
  public Teach images(List<Target> from) {
    return new Teach(
        names, from, shots, guides, template, blocks, memit, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param first how many images of each name teach it; null for all
   */
  public Teach shots(@Nullable Integer first) {
    return new Teach(
        names, images, first, guides, template, blocks, memit, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param from where the outputs come from
   */
  public Teach guides(Guides from) {
    return new Teach(
        names, images, shots, from, template, blocks, memit, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param text that a name becomes, with {@code {}} for the name; null for the default
   */
  public Teach template(@Nullable String text) {
    return new Teach(
        names, images, shots, guides, text, blocks, memit, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param where such as {@code L5F}; none for the best of causal tracing
   */
  public Teach blocks(List<String> where) {
    return new Teach(
        names, images, shots, guides, template, where, memit, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param always whether MEMIT is used for one name and one block, too
   */
  public Teach memit(boolean always) {
    return new Teach(
        names, images, shots, guides, template, blocks, always, keys, keyTokens, ridge, solver,
        accuracy);
  }

  /**
   * @param unrelated images whose keys stay as they are; null for the default
   * @param of the tokens whose keys these are
   */
  public Teach keys(@Nullable Target unrelated, Tokens of) {
    return new Teach(
        names, images, shots, guides, template, blocks, memit, unrelated, of, ridge, solver,
        accuracy);
  }

  /**
   * @param relative in units of the mean of diag(K K'); null for the default
   */
  public Teach ridge(@Nullable Double relative) {
    return new Teach(
        names, images, shots, guides, template, blocks, memit, keys, keyTokens, relative, solver,
        accuracy);
  }

  /**
   * @param with of the keys' system
   */
  public Teach solver(BackgroundKeys.Solver with) {
    return new Teach(
        names, images, shots, guides, template, blocks, memit, keys, keyTokens, ridge, with,
        accuracy);
  }

  /**
   * @param where zero-shot accuracy is measured before and after
   */
  public Teach accuracy(Accuracy where) {
    return new Teach(
        names, images, shots, guides, template, blocks, memit, keys, keyTokens, ridge, solver,
        where);
  }

  /** In units of the mean of diag(K K'). */
  double relativeRidge() {
    return ridge != null ? ridge : keyTokens == Tokens.CLASS ? 1e-2 : 1e-4;
  }

  /** The images of each name, as they are given. */
  List<List<Target>> imagesOfNames() {
    if (images.isEmpty()) {
      throw new EngramException(
          "Teaching %s needs images that show it; got none.".formatted(String.join(", ", names)));
    }
    if (names.size() == 1) {
      return List.of(images);
    }
    if (images.size() != names.size()) {
      throw new EngramException(
          "%d names need as many folders or entities of images; got %d."
              .formatted(names.size(), images.size()));
    }
    return images.stream().map(List::of).toList();
  }
}
