package dev.engram.dissect;

import dev.engram.Provenance;
import dev.engram.trace.Neuron;
import java.util.List;
import java.util.Locale;

/**
 * What a neuron says in words: its value vector as a weighted sum of concepts (Sec. 3.3).
 *
 * @param neuron which
 * @param sign −1 if query and value vector were turned around (A.2), else +1
 * @param words with their weights, in the order of selection
 * @param residual length of what the words leave unsaid, of a target of length 1
 * @param target the projected value vector, of unit length (D)
 * @param provenance where the numbers come from
 */
public record Interpretation(
    Neuron neuron,
    int sign,
    List<Weighted> words,
    double residual,
    double[] target,
    Provenance provenance) {
  /**
   * A word and its share.
   *
   * @param index in the dictionary
   * @param word the concept
   * @param weight ω, may be negative
   */
  public record Weighted(int index, String word, double weight) {}

  @Override
  public String toString() {
    StringBuilder s =
        new StringBuilder(neuron.toString()).append(sign < 0 ? " (sign turned):" : ":");
    words.forEach(w -> s.append(String.format(Locale.ROOT, " %+.2f %s", w.weight(), w.word())));
    return s.append(String.format(Locale.ROOT, " (residual %.2f)", residual)).toString();
  }
}
