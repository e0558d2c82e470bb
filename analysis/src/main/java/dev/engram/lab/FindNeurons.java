package dev.engram.lab;

import dev.engram.EngramException;
import dev.engram.atlas.Atlas;
import dev.engram.atlas.AtlasNeurons.Sort;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.trace.Neuron;
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
 * @param like those whose value vectors point most nearly the way of this neuron's; null for none
 * @param in an atlas of the model, whose images stand for the open ones; null for none
 */
public record FindNeurons(
    @Nullable Set<Integer> layers,
    @Nullable Block kind,
    @Nullable String word,
    @Nullable Target entity,
    int count,
    @Nullable By by,
    @Nullable Vocabulary words,
    @Nullable Neuron like,
    @Nullable InAtlas in) {
  /**
   * What is asked of an atlas.
   *
   * @param atlas of the open model
   * @param leastDensity neurons that speak more seldom are left out, from 0
   * @param mostDensity neurons that speak more often are left out, to 1
   * @param sort what they are ranked by in the place of a score; null for the score
   * @param ascending whether the smallest come first; of a sort alone
   */
  public record InAtlas(
      Atlas atlas,
      double leastDensity,
      double mostDensity,
      @Nullable Sort sort,
      boolean ascending) {
    /** Refuses a density that is no share. */
    public InAtlas {
      if (!(0 <= leastDensity && leastDensity <= mostDensity && mostDensity <= 1)) {
        throw new EngramException(
            "A density lies between 0 and 1, and a range of it goes upwards; got %s to %s."
                .formatted(leastDensity, mostDensity));
      }
    }

    /** All its neurons, by the score of the search. */
    public static InAtlas of(Atlas atlas) {
      return new InAtlas(atlas, 0, 1, null, false);
    }
  }

  /** Refuses what cannot be searched for. */
  public FindNeurons {
    layers = layers == null ? null : Set.copyOf(layers);
    if (count < 1) {
      throw new EngramException("A search takes a number of neurons from 1; got " + count + ".");
    }
    if (word != null && word.isBlank()) {
      throw new EngramException("A search takes a word or a phrase, got '" + word + "'.");
    }
    if (word != null && like != null) {
      throw new EngramException(
          "A search takes a word or a neuron to be like, not both; got '%s' and %s."
              .formatted(word, like));
    }
  }

  /** The ten neurons that improve an entity of the open images most, each its own. */
  public static FindNeurons best() {
    return new FindNeurons(null, null, null, null, 10, null, null, null, null);
  }

  /**
   * The same in some layers.
   *
   * @param which from 0; null for all
   */
  public FindNeurons layers(@Nullable Set<Integer> which) {
    return new FindNeurons(which, kind, word, entity, count, by, words, like, in);
  }

  /**
   * The same in one kind of block.
   *
   * @param block null for both
   */
  public FindNeurons kind(@Nullable Block block) {
    return new FindNeurons(layers, block, word, entity, count, by, words, like, in);
  }

  /**
   * Those that say something.
   *
   * @param text a word or a phrase; null for none
   */
  public FindNeurons word(@Nullable String text) {
    return new FindNeurons(layers, kind, text, entity, count, by, words, like, in);
  }

  /**
   * Those that improve something.
   *
   * @param images under their own label; null for none
   */
  public FindNeurons entity(@Nullable Target images) {
    return new FindNeurons(layers, kind, word, images, count, by, words, like, in);
  }

  /**
   * Fewer or more of them.
   *
   * @param neurons from 1
   */
  public FindNeurons count(int neurons) {
    return new FindNeurons(layers, kind, word, entity, neurons, by, words, like, in);
  }

  /**
   * The same in another order.
   *
   * @param score null for what is searched for, the product for word and entity
   */
  public FindNeurons by(@Nullable By score) {
    return new FindNeurons(layers, kind, word, entity, count, score, words, like, in);
  }

  /**
   * The same in other words.
   *
   * @param dictionary null for the model's own
   */
  public FindNeurons words(@Nullable Vocabulary dictionary) {
    return new FindNeurons(layers, kind, word, entity, count, by, dictionary, like, in);
  }

  /**
   * Those that are like a neuron.
   *
   * @param neuron null for none
   */
  public FindNeurons like(@Nullable Neuron neuron) {
    return new FindNeurons(layers, kind, word, entity, count, by, words, neuron, in);
  }

  /**
   * The same in an atlas.
   *
   * @param atlas null for none
   */
  public FindNeurons in(@Nullable InAtlas atlas) {
    return new FindNeurons(layers, kind, word, entity, count, by, words, like, atlas);
  }

  /** Whether neurons have a cosine with something. */
  boolean hasCosine() {
    return word != null || like != null;
  }

  /** What they are ranked by in the end. */
  By score() {
    if (by != null) {
      if (!hasCosine() && (by == By.COSINE || by == By.PRODUCT)) {
        throw new EngramException(
            "A search by %s needs a word; give one (--word TEXT), or a neuron to be like (--like NEURON)."
                .formatted(by));
      }
      return by;
    }
    return !hasCosine() ? By.IMPROVEMENT : entity == null ? By.COSINE : By.PRODUCT;
  }
}
