package dev.engram.magic.completion;

import java.util.stream.Stream;

/** Where candidates come from: what is open in a notebook, and what lies on the disk. */
@FunctionalInterface
public interface Candidates {
  /**
   * Candidates of a kind, the most likely first.
   *
   * @param kind what an option or parameter takes, by the word that its help shows: {@code ENTITY}
   * @param typed what has been typed of it; a source with very many values may give only those that
   *     begin so
   * @return nothing for a kind that is not known
   */
  Stream<Candidate> of(String kind, String typed);
}
