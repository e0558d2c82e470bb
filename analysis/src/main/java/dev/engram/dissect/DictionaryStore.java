package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.model.Clip;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Keeps the embeddings of dictionaries on disk, since 20,000 words take a large text tower minutes.
 * A file's name is the hash of all that they depend on; a file that is damaged, or does not agree
 * with the model about a sample of its words, counts as absent and is written anew.
 */
public final class DictionaryStore {
  /** Words that are embedded again when a file is read. */
  private static final int SAMPLE = 8;

  /** How near a kept embedding has to be to one made now; batches of other sizes differ by 1e-6. */
  private static final double AGREEMENT = 1 - 1e-4;

  /** A file is read and written as one array; a dictionary beyond that is not kept. */
  private static final long MOST_BYTES = 1L << 30;

  private final Path folder;

  /**
   * @param folder is made with the first file; may be deleted at any time
   */
  public DictionaryStore(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
  }

  /**
   * A dictionary of a model: read if it was kept, else computed and kept. Where nothing can be kept
   * it is computed each time.
   *
   * @param name shown with every result
   * @param words M words, none empty
   * @return to be closed by the caller
   */
  public WordDictionary dictionary(Clip clip, String name, List<String> words, Progress progress) {
    Path file = folder.resolve(key(clip, words) + ".f32");
    Optional<float[][]> kept = read(file, words.size(), clip.config().projectionWidth());
    if (kept.isPresent() && agrees(clip, words, kept.get())) {
      return WordDictionary.embedded(clip, name, words, kept.get());
    }
    String doing = "embedding the words of %s, once for this model".formatted(name);
    float[][] fresh =
        clip.embedTexts(words, (what, done, total) -> progress.step(doing, done, total));
    write(file, fresh);
    return WordDictionary.embedded(clip, name, words, fresh);
  }

  /** Edits and the precision leave the text tower alone, so the weight files stand for it. */
  private static String key(Clip clip, List<String> words) {
    String parts =
        String.join(
            "\n",
            clip.weightsHash(),
            clip.config().toString(),
            clip.tokenizer().hash(),
            clip.device(),
            String.join("\n", words));
    return Sha256.of(parts.getBytes(UTF_8));
  }

  /** So that no change of the library, which no key can name, leads to old embeddings. */
  static boolean agrees(Clip clip, List<String> words, float[][] kept) {
    int[] sample =
        IntStream.range(0, Math.min(SAMPLE, words.size()))
            .map(i -> (int) ((long) i * words.size() / SAMPLE))
            .map(i -> Math.min(i, words.size() - 1))
            .distinct()
            .toArray();
    float[][] now =
        clip.embedTexts(IntStream.of(sample).mapToObj(words::get).toList(), Progress.NONE);
    return IntStream.range(0, sample.length)
        .allMatch(i -> Cosine.of(kept[sample[i]], now[i]) > AGREEMENT);
  }

  private static Optional<float[][]> read(Path file, int rows, int width) {
    long size = (long) rows * width * Float.BYTES;
    return size > MOST_BYTES
        ? Optional.empty()
        : HashedFile.read(file, size)
            .map(
                bytes -> {
                  float[][] out = new float[rows][width];
                  FloatBuffer floats = bytes.asFloatBuffer();
                  for (float[] row : out) {
                    floats.get(row);
                  }
                  return out;
                });
  }

  private static void write(Path file, float[][] rows) {
    long size = (long) rows.length * rows[0].length * Float.BYTES;
    if (size > MOST_BYTES) {
      return;
    }
    ByteBuffer bytes = HashedFile.allocate(size);
    FloatBuffer floats = bytes.asFloatBuffer();
    for (float[] row : rows) {
      floats.put(row);
    }
    HashedFile.write(file, bytes);
  }
}
