package dev.engram.lab;

import dev.engram.edit.EditPreview;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.trace.Neuron;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the removal of an entity's knowledge neurons changes, in the manner of Table 3. The model is
 * as it was until {@link #apply}.
 *
 * @param title of the entity
 * @param neurons that are removed, the strongest first
 * @param preview the model with the removal
 * @param entity cosines of its images with its label
 * @param unrelated cosines of other images with the same label: lower bounds
 * @param others which images those are
 * @param accuracy zero-shot accuracy on it and on everything else; null if it was not measured
 */
public record Forgotten(
    String title,
    List<Neuron> neurons,
    EditPreview preview,
    SimilarityChange entity,
    SimilarityChange unrelated,
    String others,
    @Nullable AccuracyChange accuracy)
    implements PreviewedEdit {
  /** Keeps a copy. */
  public Forgotten {
    neurons = List.copyOf(neurons);
  }
}
