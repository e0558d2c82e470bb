package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.magic.result.DisplayLimits;
import picocli.CommandLine.Option;

/** How many rows of its table a magic shows; its value has all. */
final class TopOptions {
  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many rows of the table to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  /**
   * What was asked for.
   *
   * @throws EngramException if it is no number of rows
   */
  DisplayLimits shown() {
    if (top < 1) {
      throw new EngramException("--top takes a number of rows from 1, got " + top + ".");
    }
    return DisplayLimits.first(top);
  }
}
