package dev.engram.model;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.engram.EngramException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Predicate;

/**
 * From a text to CLIP's tokens: lower case, byte-level BPE, a start and an end token. The same as
 * Hugging Face's {@code CLIPTokenizerFast} on every input. SigLIP's are SentencePiece tokens, as
 * its {@code tokenizer.json} says.
 *
 * <p>OpenAI's first tokenizer differs where a text has HTML entities ({@code &amp;}), curly quotes,
 * ligatures, full-width letters or control characters, because it repairs these before (ftfy,
 * {@code html.unescape}), and where a text holds {@code <|endoftext|>} itself, which it reads as
 * plain letters. Names of entities have none of these, as a rule.
 *
 * <p>No network is needed: the native library ships in the jar and is unpacked below {@code
 * DJL_CACHE_DIR} (default {@code ~/.djl.ai}). Thread-safe; close it to free native memory.
 */
public final class Tokenizer implements AutoCloseable {
  private final HuggingFaceTokenizer tokenizer;
  private final int contextLength;
  private final int start;
  private final int end;
  private final int pad;
  private final String hash;

  private Tokenizer(
      HuggingFaceTokenizer tokenizer, String hash, int contextLength, int[] frame, int pad) {
    this.tokenizer = tokenizer;
    this.hash = hash;
    this.contextLength = contextLength;
    this.start = frame.length == 2 ? frame[0] : -1;
    this.end = frame[frame.length - 1];
    this.pad = pad >= 0 ? pad : end;
  }

  /**
   * Reads {@code tokenizer.json}, or {@code vocab.json} with {@code merges.txt}.
   *
   * @param modelDirectory folder of the checkpoint
   * @param contextLength most tokens of a text, start and end included
   * @param endOfTextId id that the text tower looks for, or -1 if it looks for the largest one
   * @throws EngramException if the files are missing, cannot be read, or end a text otherwise than
   *     the model expects
   */
  public static Tokenizer of(Path modelDirectory, int contextLength, int endOfTextId) {
    return read(
        modelDirectory,
        contextLength,
        TokenizerDialect.PLAIN,
        frame -> frame.length == 2 && (endOfTextId < 0 || frame[1] == endOfTextId),
        "a start token and "
            + (endOfTextId < 0
                ? "an end token"
                : "the end token "
                    + endOfTextId
                    + ", which is the eos_token_id of its configuration (49407 where that is silent)"));
  }

  /**
   * Reads the {@code tokenizer.json} of a SigLIP: SentencePiece, with an end token and no start
   * token. What the file and the dialect say of lower case and punctuation is done, and no more.
   *
   * @param modelDirectory folder of the checkpoint
   * @param contextLength most tokens of a text, end included
   * @throws EngramException if the file is missing, cannot be read, or frames a text otherwise
   */
  static Tokenizer withoutStart(Path modelDirectory, int contextLength, TokenizerDialect dialect) {
    return read(
        modelDirectory, contextLength, dialect, frame -> frame.length == 1, "an end token alone");
  }

  private static Tokenizer read(
      Path modelDirectory,
      int contextLength,
      TokenizerDialect dialect,
      Predicate<int[]> expected,
      String said) {
    TokenizerFiles files = TokenizerFiles.read(modelDirectory, dialect);
    // On a machine with CUDA, DJL would otherwise download another build of its native library.
    if (System.getenv("RUST_FLAVOR") == null && System.getProperty("RUST_FLAVOR") == null) {
      System.setProperty("RUST_FLAVOR", "cpu");
    }
    HuggingFaceTokenizer tokenizer;
    try {
      tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(files.encoder()),
              Map.of("truncation", "do_not_truncate", "padding", "do_not_pad"));
    } catch (IOException | RuntimeException e) {
      throw new EngramException(
          "The tokenizer in %s cannot be read: %s.".formatted(files.source(), e.getMessage()), e);
    }
    int[] frame = ids(tokenizer, "");
    if (!expected.test(frame)) {
      tokenizer.close();
      throw new EngramException(
          "The tokenizer in %s frames a text with %s; the model needs %s."
              .formatted(files.source(), Arrays.toString(frame), said));
    }
    return new Tokenizer(tokenizer, files.hash(), contextLength, frame, files.padId());
  }

  /** SHA-256 of the definition that it was read from, in hexadecimal. */
  public String hash() {
    return hash;
  }

  /**
   * @param text a label
   * @return its tokens from start to end, at most the context length, unpadded
   * @throws EngramException if the text is blank or too long, or the tokenizer has no token for a
   *     part of it
   */
  public int[] encode(String text) {
    if (text.isBlank()) {
      throw new EngramException("A label is needed, such as \"a photo of a dog\"; it is empty.");
    }
    int[] ids = ids(tokenizer, text);
    if (ids.length > contextLength) {
      throw new EngramException(
          "The label \"%s\" has %d tokens (start and end included), but the model reads at most %d; shorten it."
              .formatted(shown(text), ids.length, contextLength));
    }
    return ids;
  }

  /**
   * @param text a label
   * @return its tokens, filled up to the context length with the padding token (for CLIP the end of
   *     the text, repeated)
   * @throws EngramException if the text is blank or too long
   */
  public int[] encodePadded(String text) {
    return pad(encode(text));
  }

  /**
   * Cuts a long text and keeps the end token, as {@code truncation=True} does in Python; a blank
   * text gives start and end.
   *
   * @param text any text
   * @return at most the context length of tokens, unpadded
   * @throws EngramException if the tokenizer has no token for a part of the text, not even one for
   *     what it does not know
   */
  public int[] encodeTruncated(String text) {
    int[] ids = ids(tokenizer, text);
    if (ids.length > contextLength) {
      ids = Arrays.copyOf(ids, contextLength);
      ids[contextLength - 1] = end;
    }
    return ids;
  }

  /**
   * @param ids at most the context length
   * @return a copy, filled up to the context length with the padding token
   */
  public int[] pad(int[] ids) {
    int[] padded = Arrays.copyOf(ids, contextLength);
    Arrays.fill(padded, ids.length, contextLength, pad);
    return padded;
  }

  /** The tokens of a whole text, however long. */
  int[] encodeAll(String text) {
    return ids(tokenizer, text);
  }

  private static int[] ids(HuggingFaceTokenizer tokenizer, String text) {
    Encoding encoding;
    try {
      encoding = tokenizer.encode(wellFormed(text), true, false);
    } catch (RuntimeException e) { // the native library's: a Unigram without unk_id, for one
      throw new EngramException(
          "The model's tokenizer.json cannot turn \"%s\" into tokens: %s."
              .formatted(shown(text), e.getMessage()),
          e);
    }
    long[] ids = encoding.getIds();
    int[] result = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      result[i] = Math.toIntExact(ids[i]);
    }
    return result;
  }

  private static String shown(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }

  /** Half a surrogate pair has no UTF-8: native code must not see it. */
  private static String wellFormed(String text) {
    StringBuilder result = new StringBuilder(text.length());
    text.codePoints().forEach(c -> result.appendCodePoint(c >= 0xd800 && c <= 0xdfff ? 0xfffd : c));
    return result.toString();
  }

  /** Most tokens of a text, start and end included. */
  public int contextLength() {
    return contextLength;
  }

  /** Id of the token that begins every text; -1 where there is none. */
  public int startOfTextId() {
    return start;
  }

  /** Id of the token that ends every text. */
  public int endOfTextId() {
    return end;
  }

  /** Id of the token that fills a text up. */
  public int padId() {
    return pad;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
