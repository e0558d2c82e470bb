package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.TextSpan;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What each attention head writes to the embedding of images, as an exact share of the cosine with
 * a text, and what some heads say in words.
 *
 * @param title of the images
 * @param label the text
 * @param cosine of images and text, the mean over the images; the sum of all shares
 * @param shares of every head (L, H)
 * @param ffn share of all FFN blocks
 * @param rest share of the biases, the initial embedding and P β
 * @param words of the heads that were asked for, by layer and head
 * @param provenance where the numbers come from
 */
public record HeadReadings(
    String title,
    String label,
    double cosine,
    double[][] shares,
    double ffn,
    double rest,
    List<HeadWords> words,
    Provenance provenance) {
  /** Keeps a copy. */
  public HeadReadings {
    words = List.copyOf(words);
  }

  /**
   * What a head says.
   *
   * @param layer from 0
   * @param head from 0
   * @param said words in the order of selection; none where the head writes the same for every
   *     image
   */
  public record HeadWords(int layer, int head, List<TextSpan.Said> said) {
    /** Keeps a copy. */
    public HeadWords {
      said = List.copyOf(said);
    }

    /** The share of the variance of its outputs that the words explain, from 0 to 1. */
    public double explained() {
      return said.stream().mapToDouble(TextSpan.Said::share).sum();
    }
  }

  /** The words of a head; empty if its layer was not asked for. */
  public Optional<HeadWords> words(int layer, int head) {
    return words.stream().filter(w -> w.layer() == layer && w.head() == head).findFirst();
  }

  /** The share of all heads. */
  public double heads() {
    return Arrays.stream(shares).flatMapToDouble(Arrays::stream).sum();
  }
}
