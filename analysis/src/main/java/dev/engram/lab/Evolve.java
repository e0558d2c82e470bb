package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks how a concept grows from earlier ones (A.5): for a neuron its query neurons, theirs, and so
 * on.
 *
 * @param neuron where the graphs start
 * @param images of each the first image; a graph is grown on each
 * @param depth how many steps back, 1 to 12
 * @param branch how many query neurons of each neuron, 1 to 5
 * @param words the dictionary; null for the model's own
 */
public record Evolve(
    Neuron neuron, List<Target> images, int depth, int branch, @Nullable Vocabulary words) {
  /** Refuses graphs that nobody could read. */
  public Evolve {
    images = List.copyOf(images);
    if (images.isEmpty()) {
      throw new EngramException("A graph is grown on an image; give at least one.");
    }
    if (depth < 1 || depth > 12 || branch < 1 || branch > 5) {
      throw new EngramException(
          "A graph has a depth of 1 to 12 and 1 to 5 branches; got %d and %d."
              .formatted(depth, branch));
    }
  }

  /**
   * Three steps back, with two query neurons of each neuron.
   *
   * @param neuron where the graphs start
   * @param images at least one
   */
  public static Evolve of(Neuron neuron, List<Target> images) {
    return new Evolve(neuron, images, 3, 2, null);
  }

  /**
   * Three steps back, with two query neurons of each neuron.
   *
   * @param neuron where the graphs start
   * @param images names of images or entities; at least one
   */
  public static Evolve of(Neuron neuron, String... images) {
    return of(neuron, Stream.of(images).map(i -> Target.of(i)).toList());
  }

  /**
   * The same with other graphs.
   *
   * @param steps back, 1 to 12
   * @param branches query neurons of each neuron, 1 to 5; 1 gives the path of the paper
   */
  public Evolve size(int steps, int branches) {
    return new Evolve(neuron, images, steps, branches, words);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public Evolve words(@Nullable Vocabulary dictionary) {
    return new Evolve(neuron, images, depth, branch, dictionary);
  }
}
