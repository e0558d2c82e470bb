package dev.engram.magic;

import dev.engram.magic.result.DisplayLimits;
import picocli.CommandLine.Option;

/** How many rows of its table a magic shows; its value has all. */
final class RowOptions {
  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "10",
      description = "How many rows of the table to show (default: ${DEFAULT-VALUE}).")
  private int top = 10;

  /**
   * What was asked for.
   *
   * @throws dev.engram.EngramException if it is no number of rows
   */
  DisplayLimits shown() {
    return DisplayLimits.first(top);
  }
}
