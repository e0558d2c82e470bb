package dev.engram.lab;

import dev.engram.attribution.Reading;
import dev.engram.trace.Neuron;
import org.jspecify.annotations.Nullable;

/**
 * Asks for all that the open images tell about one neuron: its words, images, entities, query
 * neurons, and what it is for.
 *
 * @param neuron which
 * @param reading of the improvements
 * @param seed draws the random images; the same number draws the same
 * @param words the dictionary; null for the model's own
 */
public record Describe(Neuron neuron, Reading reading, long seed, @Nullable Vocabulary words) {
  /**
   * With the paper's reading as printed.
   *
   * @param neuron which
   */
  public static Describe of(Neuron neuron) {
    return new Describe(neuron, Reading.LITERAL, 0, null);
  }

  /**
   * The same with another reading.
   *
   * @param of the improvements
   */
  public Describe reading(Reading of) {
    return new Describe(neuron, of, seed, words);
  }

  /**
   * The same with other random images.
   *
   * @param number draws them
   */
  public Describe seed(long number) {
    return new Describe(neuron, reading, number, words);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public Describe words(@Nullable Vocabulary dictionary) {
    return new Describe(neuron, reading, seed, dictionary);
  }
}
