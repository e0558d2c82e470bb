package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The full-size concept dictionary: the 20,000 most frequent English words, for models that were
 * trained on the language of the web (Sec. 3.3, A.2). The credit lies beside the list.
 */
public final class EnglishWords {
  /** What the list is called. */
  public static final String NAME = "english-20k";

  private EnglishWords() {}

  /** 20,000 words in lower case, the most frequent first. */
  public static List<String> list() {
    try (InputStream in = EnglishWords.class.getResourceAsStream(NAME + ".txt")) {
      if (in == null) {
        throw new IllegalStateException(NAME + ".txt is not on the class path");
      }
      return new String(in.readAllBytes(), UTF_8).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("The word list " + NAME + " cannot be read: " + e, e);
    }
  }
}
