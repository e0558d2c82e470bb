package dev.engram.lab;

import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.ZeroShot;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.Set;

/** What every edit is measured by. */
final class EditMeasures {
  private EditMeasures() {}

  /**
   * @param edited files of the images that the edit is about
   * @return zero-shot accuracy before and after
   */
  static AccuracyChange accuracy(
      Clip before, Clip after, Dataset on, Set<Path> edited, Progress progress) {
    ZeroShot.Settings settings = ZeroShot.Settings.standard();
    return new AccuracyChange(
        ZeroShot.run(before, on, settings, progress),
        ZeroShot.run(after, on, settings, progress),
        edited);
  }
}
