package dev.engram.lab;

import dev.engram.dissect.EnglishWords;
import dev.engram.dissect.ShippedEmbeddings;
import dev.engram.dissect.WordList;
import dev.engram.model.Clip;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The words in which neurons are put. Where a request has none, the model's own are taken ({@code
 * words.txt} in its folder), else the 20,000 most frequent English words.
 *
 * @param name shown with every result
 * @param file where they were read from; null for a list that is built in
 * @param words at least one, each once
 * @param embeddings a file that {@link dev.engram.dissect.ShippedEmbeddings} made of a model and
 *     these words; null for none
 */
public record Vocabulary(
    String name, @Nullable Path file, List<String> words, @Nullable Path embeddings) {
  /** Keeps a copy. */
  public Vocabulary {
    words = List.copyOf(words);
  }

  /** Words without embeddings. */
  public Vocabulary(String name, @Nullable Path file, List<String> words) {
    this(name, file, words, null);
  }

  /** The 20,000 most frequent English words. */
  public static Vocabulary english() {
    return new Vocabulary(EnglishWords.NAME, null, EnglishWords.list());
  }

  /**
   * A text file with a word on each line.
   *
   * @throws dev.engram.EngramException if it cannot be read, or is empty
   */
  public static Vocabulary of(Path file) {
    return new Vocabulary(file.toString(), file, WordList.read(file));
  }

  /**
   * The model's own words if its folder brings some, or the folder around it words and embeddings
   * that were made for it, as for the embedded model; else English.
   */
  static Vocabulary of(Clip clip) {
    Path own = clip.directory().resolve(WordList.FILE);
    if (Files.isRegularFile(own)) {
      return new Vocabulary(WordList.FILE, own, WordList.read(own));
    }
    Path beside = clip.directory().resolveSibling(WordList.FILE);
    Path embeddings = clip.directory().resolveSibling(ShippedEmbeddings.FILE);
    return Files.isRegularFile(beside) && Files.isRegularFile(embeddings)
        ? new Vocabulary(WordList.FILE, beside, WordList.read(beside), embeddings)
        : english();
  }
}
