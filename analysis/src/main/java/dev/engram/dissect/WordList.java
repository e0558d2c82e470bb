package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.EngramException;
import dev.engram.RegularFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.MalformedInputException;
import java.nio.file.Path;
import java.util.List;

/** A list of words as a text file in UTF-8, with a word on each line. */
public final class WordList {
  /** Under this name a model's folder brings the words that its text tower was trained on. */
  public static final String FILE = "words.txt";

  private static final long MOST_BYTES = 64_000_000;

  private WordList() {}

  /**
   * At least one word, each once, in the order of the file.
   *
   * @throws EngramException if the file cannot be read, is not text in UTF-8, or has no word
   */
  public static List<String> read(Path file) {
    try {
      List<String> words =
          UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(RegularFile.read(file, MOST_BYTES)))
              .toString()
              .lines()
              .map(String::strip)
              .filter(w -> !w.isEmpty())
              .distinct()
              .toList();
      if (words.isEmpty()) {
        throw new EngramException("The dictionary " + file + " is empty.");
      }
      return words;
    } catch (MalformedInputException e) {
      throw new EngramException("The dictionary " + file + " is not text in UTF-8.", e);
    } catch (IOException e) {
      throw new EngramException("The dictionary " + file + " cannot be read: " + e + ".", e);
    }
  }
}
