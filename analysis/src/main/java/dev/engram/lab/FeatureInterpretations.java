package dev.engram.lab;

import dev.engram.Provenance;
import dev.engram.dissect.Interpretation;
import dev.engram.trace.Feature;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What features of a sparse autoencoder say: their value vectors as weighted sums of words, as
 * those of neurons (Sec. 3.3, A.2).
 *
 * @param features one for each that was asked for, in that order
 * @param provenance where the numbers come from
 */
public record FeatureInterpretations(List<OfFeature> features, Provenance provenance)
    implements WordReadings {
  /** Keeps a copy. */
  public FeatureInterpretations {
    features = List.copyOf(features);
  }

  /**
   * What one feature says.
   *
   * @param feature which
   * @param words with their weights, in the order of selection
   * @param residual length of what the words leave unsaid, of a target of length 1
   */
  public record OfFeature(Feature feature, List<Interpretation.Weighted> words, double residual) {
    @Override
    public String toString() {
      return feature
          + ": "
          + words.stream()
              .map(w -> String.format(Locale.ROOT, "%+.2f %s", w.weight(), w.word()))
              .collect(Collectors.joining(" "))
          + String.format(Locale.ROOT, " (residual %.2f)", residual);
    }
  }

  @Override
  public String toString() {
    return features.stream().map(OfFeature::toString).collect(Collectors.joining("\n"));
  }
}
