package dev.engram.magic.result;

import tech.tablesaw.api.Table;

/**
 * The value of {@code %reproduce} without a name, and of {@code %reproduce NAME?}.
 *
 * @param table the experiments that there are, or the settings of one
 */
public record ExperimentList(Table table) implements ReproduceAnswer {
  @Override
  public String toString() {
    return table.name();
  }
}
