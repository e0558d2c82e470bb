package dev.engram;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads JSON that somebody else has written: one value and nothing after it, every key once, not
 * too deep and not too much of it. What is wrong is said in one line.
 */
public final class Json {
  /** The largest tokenizers have 35 million bytes. */
  private static final long MOST_BYTES = 64_000_000;

  /** The largest tokenizers have 3 million; a tree takes about 50 bytes for each. */
  private static final long MOST_TOKENS = 6_000_000;

  private static final int DEEPEST = 64;
  private static final int MOST_SHOWN = 160;

  private static final ObjectMapper STRICT =
      new ObjectMapper(
              JsonFactory.builder()
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  // A vocabulary has names that come once: the JVM's own table of them is only
                  // slow.
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxTokenCount(MOST_TOKENS)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Json() {}

  /**
   * @throws EngramException if the file cannot be read as an object
   */
  public static JsonNode object(Path file) {
    if (Files.isDirectory(file)) {
      throw new EngramException(file + " is a folder; a JSON file is needed.");
    }
    JsonNode node;
    try {
      node = parse(RegularFile.read(file, MOST_BYTES));
    } catch (JsonProcessingException e) {
      throw new EngramException("Not valid JSON, " + file + ": " + why(e) + ".", e);
    } catch (IOException e) {
      Progress.checkInterrupt();
      throw new EngramException("Cannot read " + file + ": " + why(e) + ".", e);
    }
    if (!node.isObject()) {
      throw new EngramException("Expected a JSON object in " + file + ".");
    }
    return node;
  }

  /**
   * The value; a missing node where there are only blanks.
   *
   * @throws JsonProcessingException if it is not valid; {@link #why} says why
   * @throws IOException if the bytes are no text
   */
  public static JsonNode parse(byte[] bytes) throws IOException {
    return STRICT.readTree(bytes);
  }

  /** {@link #parse(byte[])} of a text. */
  public static JsonNode parse(String text) throws JsonProcessingException {
    return STRICT.readTree(text);
  }

  /** What is wrong, fit for a sentence: one line, without a full stop, not too long. */
  public static String why(IOException e) {
    String message =
        e instanceof AccessDeniedException
            ? "access is denied"
            : e instanceof JsonProcessingException json
                ? json.getOriginalMessage()
                : e.getMessage();
    String line = Printable.line(String.valueOf(message).strip());
    return line.length() <= MOST_SHOWN ? line : line.substring(0, MOST_SHOWN) + "…";
  }
}
