package dev.engram.magic.completion;

import java.util.List;

/**
 * The answer to a Tab: a part of a line and what can take its place.
 *
 * @param start where that part begins in the line; it ends at the cursor
 * @param candidates with quotes where they need some; the most likely first
 */
public record Completion(int start, List<Candidate> candidates) {
  /** Forbids changes. */
  public Completion {
    candidates = List.copyOf(candidates);
  }
}
