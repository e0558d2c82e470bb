package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.data.UserPath;
import dev.engram.dissect.EnglishWords;
import dev.engram.dissect.WordList;
import dev.engram.iconclip.Iconclip;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the words of a dictionary come from: a list that is built in, or a file with a word on each
 * line.
 *
 * @param name of the list, or the file as it is shown
 * @param file null for a list that is built in
 */
record WordSource(String name, @Nullable Path file) {
  /** What options that choose a dictionary say of themselves. */
  static final String LABEL = "FILE|" + EnglishWords.NAME;

  static final String DESCRIPTION =
      "a file with a word on each line, or "
          + EnglishWords.NAME
          + ", the 20,000 most frequent English words; if left out, the model's own (words.txt in its"
          + " folder), else "
          + EnglishWords.NAME
          + ".";

  private static final List<String> BUILT_IN = List.of(EnglishWords.NAME, EngramSession.ICONCLIP);

  /** The words of a model that brings none. */
  static WordSource english() {
    return new WordSource(EnglishWords.NAME, null);
  }

  /** The words that iconclip was trained on. */
  static WordSource iconclip() {
    return new WordSource(EngramSession.ICONCLIP + " words", null);
  }

  /**
   * @param wanted a file, or the name of a list; a file of that name comes first
   * @throws EngramException if there is neither
   */
  static WordSource of(String wanted) {
    Path file = UserPath.of(wanted);
    if (Files.isRegularFile(file)) {
      return new WordSource(file.toString(), file);
    }
    return switch (wanted) {
      case EnglishWords.NAME -> english();
      case EngramSession.ICONCLIP -> iconclip();
      default ->
          throw new EngramException(
              "There is no dictionary %s; give a text file with a word on each line, or %s%s"
                  .formatted(file, EnglishWords.NAME, Suggest.didYouMean(wanted, BUILT_IN)));
    };
  }

  /** Whether it is the built-in English list. */
  boolean isEnglish() {
    return name.equals(EnglishWords.NAME);
  }

  /**
   * @return at least one word, each once
   * @throws EngramException if the file cannot be read, or is empty
   */
  List<String> words() {
    if (file == null) {
      return isEnglish() ? EnglishWords.list() : Iconclip.words();
    }
    return WordList.read(file);
  }
}
