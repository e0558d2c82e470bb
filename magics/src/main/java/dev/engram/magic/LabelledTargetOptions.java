package dev.engram.magic;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is looked at, and the text that it is held against. */
final class LabelledTargetOptions extends TargetOptions {
  @Option(
      names = "--label",
      paramLabel = "TEXT",
      description = "The text; the entity's label if left out.")
  private @Nullable String label;

  /** The text; null for the entity's own. */
  @Nullable String label() {
    return label;
  }
}
