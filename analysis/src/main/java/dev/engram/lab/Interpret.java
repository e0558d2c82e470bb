package dev.engram.lab;

import dev.engram.trace.Neuron;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Asks what neurons say, in words (Sec. 3.3, A.2).
 *
 * @param neurons at least one
 * @param turnedFor images for which a neuron is turned around where it helps them with a negative
 *     coefficient (A.2); null to turn none
 * @param words the dictionary; null for the model's own
 */
public record Interpret(
    List<Neuron> neurons, @Nullable Target turnedFor, @Nullable Vocabulary words) {
  /** Keeps a copy. */
  public Interpret {
    neurons = List.copyOf(neurons);
  }

  /**
   * As they are, in the model's own words.
   *
   * @param neurons at least one
   */
  public static Interpret of(List<Neuron> neurons) {
    return new Interpret(neurons, null, null);
  }

  /**
   * The same for neurons as they act on images.
   *
   * @param images under their own label; null to turn no neuron around
   */
  public Interpret turnedFor(@Nullable Target images) {
    return new Interpret(neurons, images, words);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public Interpret words(@Nullable Vocabulary dictionary) {
    return new Interpret(neurons, turnedFor, dictionary);
  }
}
