package dev.engram.dissect;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.engram.AtomicFile;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.model.Clip;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
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

  private static final int HASH_BYTES = 32;

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

  private static long size(int rows, int width) {
    return HASH_BYTES + (long) rows * width * Float.BYTES;
  }

  private static Optional<float[][]> read(Path file, int rows, int width) {
    try {
      long size = size(rows, width);
      if (size > MOST_BYTES || !Files.isRegularFile(file) || Files.size(file) != size) {
        return Optional.empty();
      }
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      byte[] hash = new byte[HASH_BYTES];
      bytes.get(hash);
      MessageDigest sha = Sha256.digest();
      sha.update(bytes.duplicate());
      if (!MessageDigest.isEqual(hash, sha.digest())) {
        return Optional.empty();
      }
      float[][] out = new float[rows][width];
      for (float[] row : out) {
        bytes.asFloatBuffer().get(row);
        bytes.position(bytes.position() + width * Float.BYTES);
      }
      return Optional.of(out);
    } catch (IOException | SecurityException e) {
      return Optional.empty(); // computed again, and replaced
    }
  }

  private static void write(Path file, float[][] rows) {
    int width = rows[0].length;
    long size = size(rows.length, width);
    if (size > MOST_BYTES) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(HASH_BYTES);
    for (float[] row : rows) {
      bytes.asFloatBuffer().put(row);
      bytes.position(bytes.position() + width * Float.BYTES);
    }
    MessageDigest sha = Sha256.digest();
    sha.update(bytes.array(), HASH_BYTES, bytes.capacity() - HASH_BYTES);
    bytes.put(0, sha.digest());
    try {
      Files.createDirectories(file.getParent());
      AtomicFile.write(file, bytes.array());
    } catch (IOException | SecurityException e) {
      // kept for the session only: the next one computes it again
    }
  }
}
