package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.trace.Neuron.Block;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Searches neurons: by layer, by the entity that they improve, by the word that they say.
 *
 * @param layers from 0; null for all
 * @param kind FFN or MSA; null for both
 * @param word those whose value vectors are nearest to it; null for none
 * @param entity those that improve these images most; null for none
 * @param count how many, from 1
 * @param by what they are ranked by; null for what is searched for
 * @param words the dictionary for what they say; null for the model's own
 */
public record FindNeurons(
    @Nullable Set<Integer> layers,
    @Nullable Block kind,
    @Nullable String word,
    @Nullable Target entity,
    int count,
    @Nullable By by,
    @Nullable Vocabulary words) {
  /** Refuses what cannot be searched for. */
  public FindNeurons {
    layers = layers == null ? null : Set.copyOf(layers);
    if (count < 1) {
      throw new EngramException("A search takes a number of neurons from 1; got " + count + ".");
    }
    if (word != null && word.isBlank()) {
      throw new EngramException("A search takes a word or a phrase, got '" + word + "'.");
    }
  }

  /** The ten neurons that improve an entity of the open images most, each its own. */
  public static FindNeurons best() {
    return new FindNeurons(null, null, null, null, 10, null, null);
  }

  /**
   * The same in some layers.
   *
   * @param which from 0; null for all
   */
  public FindNeurons layers(@Nullable Set<Integer> which) {
    return new FindNeurons(which, kind, word, entity, count, by, words);
  }

  /**
   * The same in one kind of block.
   *
   * @param block null for both
   */
  public FindNeurons kind(@Nullable Block block) {
    return new FindNeurons(layers, block, word, entity, count, by, words);
  }

  /**
   * Those that say something.
   *
   * @param text a word or a phrase; null for none
   */
  public FindNeurons word(@Nullable String text) {
    return new FindNeurons(layers, kind, text, entity, count, by, words);
  }

  /**
   * Those that improve something.
   *
   * @param images under their own label; null for none
   */
  public FindNeurons entity(@Nullable Target images) {
    return new FindNeurons(layers, kind, word, images, count, by, words);
  }

  /**
   * Fewer or more of them.
   *
   * @param neurons from 1
   */
  public FindNeurons count(int neurons) {
    return new FindNeurons(layers, kind, word, entity, neurons, by, words);
  }

  /**
   * The same in another order.
   *
   * @param score null for what is searched for, the product for word and entity
   */
  public FindNeurons by(@Nullable By score) {
    return new FindNeurons(layers, kind, word, entity, count, score, words);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public FindNeurons words(@Nullable Vocabulary dictionary) {
    return new FindNeurons(layers, kind, word, entity, count, by, dictionary);
  }

  /** What they are ranked by in the end. */
  By score() {
    if (by != null) {
      if (word == null && (by == By.COSINE || by == By.PRODUCT)) {
        throw new EngramException("A search by " + by + " needs a word; give one (--word TEXT).");
      }
      return by;
    }
    return word == null ? By.IMPROVEMENT : entity == null ? By.COSINE : By.PRODUCT;
  }
}
