package dev.engram.lab;

import dev.engram.edit.EditPreview;
import dev.engram.edit.MatchedTraining.Checkpoint;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.SimilarityChange;
import java.util.List;

/**
 * What a training changes (Table 4's baselines). The model is as it was until {@link #apply}.
 *
 * @param name what was taught
 * @param preview the model of the checkpoint that was kept
 * @param similarity cosines of its images with its label
 * @param accuracy zero-shot accuracy on the name and on everything else
 * @param checkpoints all that were tried
 * @param kept index in them of the one that was kept
 * @param wanted the accuracy that the checkpoint should come close to, 0 to 1
 */
public record Tuned(
    String name,
    EditPreview preview,
    SimilarityChange similarity,
    AccuracyChange accuracy,
    List<Checkpoint> checkpoints,
    int kept,
    double wanted)
    implements PreviewedEdit {
  /** Keeps a copy. */
  public Tuned {
    checkpoints = List.copyOf(checkpoints);
  }
}
