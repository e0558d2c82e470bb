package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.trace.Neuron;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks for linked pages of several neurons: where each looks, what it says, which entities it
 * serves, what drives it, what is lost without it. With images, they are the neurons that bring
 * these closest to their label; with neurons alone, these, the neurons that drive them, and the
 * best of their entity; with neither, the best neurons of the open images.
 *
 * @param images what is looked at; null for the entity that each neuron serves
 * @param neurons that are there in any case, first
 * @param label the text that the images are held against; null for their own
 * @param top how many neurons in all, from 1; all of {@code neurons} if these are more
 * @param words the dictionary; null for the model's own
 */
public record Explore(
    @Nullable Target images,
    List<Neuron> neurons,
    @Nullable String label,
    int top,
    @Nullable Vocabulary words) {
  /** How many neurons, unless somebody asks for more or fewer. */
  public static final int TOP = 30;

  /** Refuses what cannot be explored. */
  public Explore {
    neurons = List.copyOf(neurons);
    if (top < 1) {
      throw new EngramException(
          "An exploration takes a number of neurons from 1; got " + top + ".");
    }
    if (label != null && images == null) {
      throw new EngramException(
          "The label \"%s\" needs images that are held against it; name some.".formatted(label));
    }
  }

  /** The best neurons of the open images, each with the entity that it improves most. */
  public static Explore best() {
    return new Explore(null, List.of(), null, TOP, null);
  }

  /**
   * The neurons of an entity or of an image.
   *
   * @param images under their own label
   */
  public static Explore of(Target images) {
    return best().images(images);
  }

  /**
   * Neurons, with what drives them.
   *
   * @param neurons at least one
   */
  public static Explore of(Neuron... neurons) {
    return best().neurons(List.of(neurons));
  }

  /**
   * The same of some images.
   *
   * @param target null for the entity that each neuron serves
   */
  public Explore images(@Nullable Target target) {
    return new Explore(target, neurons, label, top, words);
  }

  /**
   * The same with some neurons first.
   *
   * @param first are there in any case
   */
  public Explore neurons(List<Neuron> first) {
    return new Explore(images, first, label, top, words);
  }

  /**
   * The same with another text.
   *
   * @param text that the images are held against; null for their own label
   */
  public Explore label(@Nullable String text) {
    return new Explore(images, neurons, text, top, words);
  }

  /**
   * Fewer or more of them.
   *
   * @param count from 1
   */
  public Explore top(int count) {
    return new Explore(images, neurons, label, count, words);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public Explore words(@Nullable Vocabulary dictionary) {
    return new Explore(images, neurons, label, top, dictionary);
  }
}
