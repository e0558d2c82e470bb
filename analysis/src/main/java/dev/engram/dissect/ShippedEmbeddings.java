package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDManager;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.model.Clip;
import dev.engram.model.Safetensors;
import dev.engram.model.SafetensorsWriter;
import dev.engram.trace.Trace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The embeddings of a dictionary that come with a model, so that the first question about words
 * does not wait for them. A file is taken only if it was made of these weights, this tokenizer and
 * these words, and agrees with the model about a sample of the words.
 *
 * <p>One safetensors file: {@code embeddings} (M, D) of unit length in float16, which changes a
 * cosine by less than 1e-4, and the hash {@code made_of} in its metadata.
 */
public final class ShippedEmbeddings {
  /** Beside the words. */
  public static final String FILE = "words.safetensors";

  private static final String TENSOR = "embeddings";
  private static final String MADE_OF = "made_of";

  private ShippedEmbeddings() {}

  /**
   * Reads a dictionary.
   *
   * @param file as {@link #write} makes it; may be missing
   * @param name shown with every result
   * @return to be closed by the caller; empty if the file does not fit the model and the words
   */
  public static Optional<WordDictionary> dictionary(
      Path file, Clip clip, String name, List<String> words) {
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      Safetensors tensors = Safetensors.open(file);
      long[] shape = {words.size(), clip.config().projectionWidth()};
      if (!hash(clip, words).equals(tensors.metadata().get(MADE_OF))
          || !tensors.names().contains(TENSOR)
          || !Arrays.equals(shape, tensors.shape(TENSOR))) {
        return Optional.empty();
      }
      float[][] rows = Trace.rows(tensors.floats(scope, TENSOR));
      return DictionaryStore.agrees(clip, words, rows)
          ? Optional.of(WordDictionary.embedded(clip, name, words, rows))
          : Optional.empty();
    } catch (EngramException damaged) {
      return Optional.empty(); // computed instead
    }
  }

  /**
   * Writes the file of a model and its words.
   *
   * @param words M words, none empty
   * @throws EngramException if it cannot be written
   */
  public static void write(Path file, Clip clip, List<String> words, Progress progress) {
    float[][] rows = clip.embedTexts(words, progress);
    int width = clip.config().projectionWidth();
    float[] unit = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      double norm = 0;
      for (float x : rows[i]) {
        norm += (double) x * x;
      }
      for (int j = 0; j < width; j++) {
        unit[i * width + j] = (float) (rows[i][j] / Math.sqrt(norm));
      }
    }
    new SafetensorsWriter()
        .metadata(MADE_OF, hash(clip, words))
        .halves(TENSOR, new long[] {rows.length, width}, () -> unit)
        .write(file, progress);
  }

  /** Of all that embeddings depend on besides the library, of which the sample tells. */
  private static String hash(Clip clip, List<String> words) {
    String parts =
        String.join("\n", clip.weightsHash(), clip.tokenizer().hash(), String.join("\n", words));
    return Sha256.of(parts.getBytes(UTF_8));
  }

  /**
   * Makes the file of a model: {@code MODEL WORDS FILE}.
   *
   * @param args the model's folder, a file of words, and the file to write
   */
  public static void main(String[] args) {
    if (args.length != 3) {
      throw new EngramException("Expected MODEL WORDS FILE, got %d words.".formatted(args.length));
    }
    Path file = Path.of(args[2]);
    try (Clip clip = Clip.from(Path.of(args[0])).device("cpu").load()) {
      write(file, clip, WordList.read(Path.of(args[1])), Progress.NONE);
    }
    System.out.println("Wrote " + file + ".");
  }
}
