package dev.engram.atlas;

import dev.engram.Progress;
import java.io.IOException;

/** Passes the images of a survey through the model, somewhere else than here. */
@FunctionalInterface
public interface SurveyEngine {
  /**
   * Has everything passed that is left of a survey. What it gives back to the job is kept, also
   * where it ends early.
   *
   * @throws IOException if what was computed cannot be kept
   * @throws dev.engram.EngramException if the work cannot be done
   */
  void run(SurveyJob job, Progress progress) throws IOException;
}
