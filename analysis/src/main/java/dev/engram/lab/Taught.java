package dev.engram.lab;

import dev.engram.edit.CausalTrace;
import dev.engram.edit.EditPreview;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import dev.engram.model.Weight;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an insertion changes, in the manner of Tables 4 and 8. The model is as it was until {@link
 * #apply}.
 *
 * @param names each name with the cosines of its images
 * @param where the weights that are edited
 * @param traces causal tracing for each name, where it chose the block; else empty
 * @param preview the model with the insertion
 * @param accuracy zero-shot accuracy on the names and on everything else; null if it was not
 *     measured
 * @param guides some of the guides, as the model sees them
 */
public record Taught(
    List<Name> names,
    List<Weight> where,
    List<CausalTrace> traces,
    EditPreview preview,
    @Nullable AccuracyChange accuracy,
    List<Picture> guides)
    implements PreviewedEdit {
  /**
   * One name.
   *
   * @param name as it was given
   * @param similarity cosines of its images with its label
   * @param onTaught whether those images are the ones that taught it, not others
   */
  public record Name(String name, SimilarityChange similarity, boolean onTaught) {}

  /** Keeps copies. */
  public Taught {
    names = List.copyOf(names);
    where = List.copyOf(where);
    traces = List.copyOf(traces);
    guides = List.copyOf(guides);
  }
}
