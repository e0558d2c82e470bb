package dev.engram.magic;

import dev.engram.lab.Vocabulary;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which words neurons are put into. */
final class DictionaryOptions {
  @Option(
      names = "--dictionary",
      paramLabel = WordSource.LABEL,
      description = "Words: " + WordSource.DESCRIPTION)
  private @Nullable String dictionary;

  /** As it was typed; null if it was left out. */
  @Nullable String typed() {
    return dictionary;
  }

  /**
   * What was asked for.
   *
   * @return null for the model's own words
   */
  @Nullable Vocabulary words(EngramSession session) {
    return session.vocabulary(dictionary);
  }
}
