package dev.engram.experiment;

import java.time.LocalDate;
import java.util.Optional;

/**
 * How much of a result was computed now, and how much before.
 *
 * @param computed parts that were computed now
 * @param read parts that were computed before and kept
 * @param first day on which one of those was computed; empty without any
 * @param last day likewise
 * @param trouble one sentence why nothing could be kept; empty if it could, or was not to be
 */
public record KeptParts(
    int computed,
    int read,
    Optional<LocalDate> first,
    Optional<LocalDate> last,
    Optional<String> trouble) {
  /** Whether something was read, and could be computed again. */
  public boolean anyRead() {
    return read > 0;
  }

  /** What is to be known of it, in sentences; "" if all was computed now and kept. */
  @Override
  public String toString() {
    String said =
        anyRead()
            ? "%s parts of this result were computed %s and kept."
                .formatted(computed == 0 ? "All" : read + " of " + (read + computed), dates())
            : "";
    return said + (said.isEmpty() || trouble.isEmpty() ? "" : " ") + trouble.orElse("");
  }

  private String dates() {
    return first.equals(last)
        ? first.orElseThrow().toString()
        : first.orElseThrow() + " to " + last.orElseThrow();
  }
}
