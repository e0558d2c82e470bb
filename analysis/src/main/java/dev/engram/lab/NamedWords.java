package dev.engram.lab;

import java.util.List;

/**
 * The words of a dictionary.
 *
 * @param name shown with every result
 * @param words in the order of their indices, each once
 */
public record NamedWords(String name, List<String> words) {
  /** Keeps a copy. */
  public NamedWords {
    words = List.copyOf(words);
  }
}
