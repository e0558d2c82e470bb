package dev.engram.lab;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks which block brings images closest to a name when its output is replaced by the guide's:
 * causal tracing (A.7).
 *
 * @param target the images
 * @param name what they are to be recognised as; null for the entity itself with captions, else for
 *     the guides' entity
 * @param template the text that a name becomes, with {@code {}} for the name; null for the caption
 *     of an entity of that name, else {@code a photo of {}}
 * @param guides where the outputs come from
 */
public record TraceBlocks(
    Target target, @Nullable String name, @Nullable String template, Guides guides) {
  /**
   * With captions as guides.
   *
   * @param target the images
   */
  public static TraceBlocks of(Target target) {
    return new TraceBlocks(target, null, null, Guides.captioned());
  }

  /**
   * With captions as guides.
   *
   * @param targets names of entities, images, files or folders
   */
  public static TraceBlocks of(String... targets) {
    return of(Target.of(List.of(targets)));
  }

  /**
   * @param recognised what the images are to be recognised as; null for the default
   */
  public TraceBlocks name(@Nullable String recognised) {
    return new TraceBlocks(target, recognised, template, guides);
  }

  /**
   * @param text that a name becomes, with {@code {}} for the name; null for the default
   */
  public TraceBlocks template(@Nullable String text) {
    return new TraceBlocks(target, name, text, guides);
  }

  /**
   * @param from where the outputs come from
   */
  public TraceBlocks guides(Guides from) {
    return new TraceBlocks(target, name, template, from);
  }
}
