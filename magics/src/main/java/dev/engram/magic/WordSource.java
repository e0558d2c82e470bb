package dev.engram.magic;

import dev.engram.EngramException;
import dev.engram.Suggest;
import dev.engram.data.UserPath;
import dev.engram.dissect.EnglishWords;
import dev.engram.dissect.ShippedEmbeddings;
import dev.engram.iconclip.Iconclip;
import dev.engram.lab.Vocabulary;
import dev.engram.magic.result.NeuronRecipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a user may call a dictionary: a list that is built in, or a file of words. */
final class WordSource {
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

  private WordSource() {}

  /** The words that iconclip was trained on. */
  static Vocabulary iconclip() {
    return new Vocabulary(
        NeuronRecipe.ICONCLIP_WORDS,
        null,
        Iconclip.words(),
        Iconclip.root().resolve(ShippedEmbeddings.FILE));
  }

  /**
   * Finds a dictionary.
   *
   * @param wanted a file, or the name of a list; a file of that name comes first
   * @throws EngramException if there is neither, or the file is no list of words
   */
  static Vocabulary of(String wanted) {
    Path file = UserPath.of(wanted);
    if (Files.isRegularFile(file)) {
      return Vocabulary.of(file);
    }
    return switch (wanted) {
      case EnglishWords.NAME -> Vocabulary.english();
      case EngramSession.ICONCLIP -> iconclip();
      default ->
          throw new EngramException(
              "There is no dictionary %s; give a text file with a word on each line, or %s%s"
                  .formatted(file, EnglishWords.NAME, Suggest.didYouMean(wanted, BUILT_IN)));
    };
  }
}
