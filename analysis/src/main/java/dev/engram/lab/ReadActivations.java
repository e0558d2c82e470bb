package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks for the activations of images, as the forward pass computes them.
 *
 * @param target images, taken together in their order
 * @param sites where they are read, at least one, each once
 * @param layers from 0; {@link Site#H} has one more, the stream after the last layer; empty for all
 * @param tokens the class token or all; null for the class token where the model has one, else all
 */
public record ReadActivations(
    Target target, List<Site> sites, List<Integer> layers, @Nullable Tokens tokens) {
  /**
   * Keeps copies.
   *
   * @throws EngramException if no site is named, or one is named twice
   */
  public ReadActivations {
    sites = List.copyOf(sites);
    layers = List.copyOf(layers);
    if (sites.isEmpty() || sites.stream().distinct().count() < sites.size()) {
      throw new EngramException(
          "Activations are read at one or more of the sites %s, each named once; got %s."
              .formatted(List.of(Site.values()), sites));
    }
    if (layers.stream().distinct().count() < layers.size()) {
      throw new EngramException("Each layer is named once; got " + layers + ".");
    }
  }

  /**
   * The residual stream of the class token in all layers.
   *
   * @param images names of entities, images, files or folders
   */
  public static ReadActivations of(String... images) {
    return of(Target.of(images));
  }

  /** The residual stream of the class token in all layers. */
  public static ReadActivations of(Target target) {
    return new ReadActivations(target, List.of(Site.H), List.of(), null);
  }

  /**
   * @param which at least one
   */
  public ReadActivations at(Site... which) {
    return at(List.of(which));
  }

  /**
   * @param which at least one
   */
  public ReadActivations at(List<Site> which) {
    return new ReadActivations(target, which, layers, tokens);
  }

  /**
   * @param which from 0; empty for all
   */
  public ReadActivations layers(List<Integer> which) {
    return new ReadActivations(target, sites, which, tokens);
  }

  /**
   * @param which null for the class token where the model has one, else all
   */
  public ReadActivations tokens(@Nullable Tokens which) {
    return new ReadActivations(target, sites, layers, which);
  }
}
