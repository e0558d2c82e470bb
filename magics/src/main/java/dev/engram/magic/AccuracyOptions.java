package dev.engram.magic;

import dev.engram.lab.Accuracy;
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

  /** Where to measure. */
  Accuracy accuracy(EngramSession session) {
    Accuracy where =
        name == null
            ? Accuracy.onOpenImages()
            : name.equals(NONE) ? Accuracy.none() : Accuracy.on(session.dataset(name, false, null));
    return where.sample(sample);
  }
}
