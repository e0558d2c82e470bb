package dev.engram.model;

import java.util.Set;

/**
 * What a family's tokenizer has besides its {@code tokenizer.json}.
 *
 * @param padToken fills texts up where {@code tokenizer_config.json} states no token; "" for the
 *     one that ends a text
 * @param lowering classes of transformers that make a text lower case before the file's own rules
 */
record TokenizerDialect(String padToken, Set<String> lowering) {
  /** What the file says, and no more. */
  static final TokenizerDialect PLAIN = new TokenizerDialect("", Set.of());

  /**
   * @param tokenizerClass of {@code tokenizer_config.json}
   */
  boolean lowers(String tokenizerClass) {
    return lowering.contains(tokenizerClass);
  }
}
