package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Dataset;
import dev.engram.experiment.AccuracyChange;
import dev.engram.experiment.ZeroShot;
import dev.engram.model.Clip;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the magics that edit: where accuracy is measured before and after. */
final class AccuracyOptions {
  private static final String NONE = "none";

  @Option(
      names = "--evaluate",
      paramLabel = "DATASET|none",
      description =
          "Where accuracy is measured before and after, as in %%evaluate; the open images if left"
              + " out; none for no measurement.")
  private @Nullable String name;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "At most N images of it, evenly spread; all if left out.")
  private @Nullable Integer sample;

  /**
   * @return where to measure; null if nowhere: nothing is open, or it is not wanted
   */
  @Nullable Dataset dataset(EngramSession session) {
    if (sample != null && sample < 1) {
      throw new EngramException("--sample takes a number of images from 1, got " + sample + ".");
    }
    if (NONE.equals(name)
        || (name == null && (!session.hasImages() || session.images().entities().isEmpty()))) {
      return null;
    }
    Dataset all = session.dataset(name, false, null).heldOut();
    return sample == null ? all : all.spread(sample);
  }

  /**
   * @param edited files of the images that the edit is about
   */
  static AccuracyChange measure(
      Clip before, Clip after, Dataset on, Set<Path> edited, Progress progress) {
    ZeroShot.Settings settings = ZeroShot.Settings.standard();
    return new AccuracyChange(
        ZeroShot.run(before, on, settings, progress),
        ZeroShot.run(after, on, settings, progress),
        edited);
  }
}
