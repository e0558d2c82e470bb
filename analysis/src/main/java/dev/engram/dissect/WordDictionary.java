package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Sha256;
import dev.engram.model.Clip;
import dev.engram.trace.Trace;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The concept dictionary of Sec. 3.3: words, each with its text embedding of unit length, without a
 * prompt around it. Owns its native memory until it is closed.
 */
public final class WordDictionary implements AutoCloseable {
  private final String name;
  private final List<String> words;
  private final String hash;
  private final NDManager manager;
  private final NDArray atoms; // (M, D), rows of unit length
  private final NDArray atomsT; // (D, M)

  /**
   * A dictionary of embeddings that are there already.
   *
   * @param owner the model's manager
   * @param name shown with every result
   * @param words M words
   * @param embeddings (M, D), of any length but 0
   */
  public WordDictionary(NDManager owner, String name, List<String> words, float[][] embeddings) {
    this(owner, name, words, embeddings, hash(words, embeddings));
  }

  private WordDictionary(
      NDManager owner, String name, List<String> words, float[][] embeddings, String hash) {
    if (words.isEmpty() || words.size() != embeddings.length) {
      throw new EngramException(
          "A dictionary needs at least one word and an embedding for each; got %d words and %d embeddings."
              .formatted(words.size(), embeddings.length));
    }
    this.name = name;
    this.words = List.copyOf(words);
    this.hash = hash;
    int width = embeddings[0].length;
    FloatBuffer rows = FloatBuffer.allocate(words.size() * width);
    for (int i = 0; i < embeddings.length; i++) {
      float[] e = embeddings[i];
      double norm = 0;
      for (float x : e) {
        norm += (double) x * x;
      }
      norm = Math.sqrt(norm);
      if (!(norm > 0 && norm < Double.POSITIVE_INFINITY)) {
        throw new EngramException(
            "The word '%s' of the dictionary %s has an embedding of length %s; leave it out."
                .formatted(words.get(i), name, norm));
      }
      for (float x : e) {
        rows.put((float) (x / norm));
      }
    }
    manager = owner.newSubManager();
    atoms = manager.create(rows.flip(), new Shape(words.size(), width));
    atomsT = atoms.transpose();
  }

  /**
   * Embeds words with the model's text tower.
   *
   * @param name shown with every result
   * @throws EngramException if a word is empty
   */
  public static WordDictionary of(Clip clip, String name, List<String> words, Progress progress) {
    return embedded(clip, name, words, clip.embedTexts(words, progress));
  }

  /** Of embeddings that the model's own text tower made. */
  static WordDictionary embedded(Clip clip, String name, List<String> words, float[][] embeddings) {
    return new WordDictionary(clip.manager(), name, words, embeddings, hash(words, new float[0][]));
  }

  /** What the dictionary is called. */
  public String name() {
    return name;
  }

  /** The words, in the order of their indices. */
  public List<String> words() {
    return words;
  }

  /**
   * SHA-256 of what tells this dictionary from another of the same model, in hexadecimal: the
   * words, and their embeddings unless the model's text tower made them.
   */
  public String hash() {
    return hash;
  }

  private static String hash(List<String> words, float[][] given) {
    MessageDigest sha = Sha256.digest();
    sha.update(String.join("\n", words).getBytes(StandardCharsets.UTF_8));
    for (float[] row : given) {
      ByteBuffer bytes = ByteBuffer.allocate(row.length * Float.BYTES);
      bytes.asFloatBuffer().put(row);
      sha.update(bytes);
    }
    return Sha256.hex(sha);
  }

  /** The width of the shared space, D. */
  public int width() {
    return (int) atoms.getShape().get(1);
  }

  /** The embeddings of some words, of unit length (n, D). */
  public float[][] embeddings(int... indices) {
    float[][] out = new float[indices.length][width()];
    if (!manager.getDevice().isGpu()) {
      FloatBuffer table = inPlace(atoms); // gathering by the engine takes ten times as long
      for (int i = 0; i < out.length; i++) {
        table.get(indices[i] * width(), out[i]);
      }
      return out;
    }
    try (NDManager scope = manager.newSubManager()) {
      NDArray rows =
          atoms.get(
              new NDIndex("{}", scope.create(Arrays.stream(indices).asLongStream().toArray())));
      rows.attach(scope);
      FloatBuffer flat = FloatBuffer.wrap(rows.toFloatArray());
      for (float[] row : out) {
        flat.get(row);
      }
      return out;
    }
  }

  /** What the engine holds on a CPU, not copied; valid as long as the array is open. */
  private static FloatBuffer inPlace(NDArray array) {
    return array.toByteBuffer(true).asFloatBuffer();
  }

  /**
   * The word with the largest |inner product| for each vector; the first of exact ties.
   *
   * @param vectors (n, D)
   * @return the indices of n words
   */
  int[] mostCorrelated(float[][] vectors) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray products = products(vectors, scope);
      return manager.getDevice().isGpu() ? largestOnDevice(products) : largest(products);
    }
  }

  /** The same by the engine alone: no table of vectors × words leaves the device. */
  int[] mostCorrelatedOnDevice(float[][] vectors) {
    try (NDManager scope = manager.newSubManager()) {
      return largestOnDevice(products(vectors, scope));
    }
  }

  /**
   * The inner products of vectors with every word.
   *
   * @param vectors (n, D)
   * @return (n, M)
   */
  float[][] products(float[][] vectors) {
    try (NDManager scope = manager.newSubManager()) {
      return Trace.rows(products(vectors, scope));
    }
  }

  private NDArray products(float[][] vectors, NDManager scope) {
    FloatBuffer flat = FloatBuffer.allocate(vectors.length * width());
    for (float[] v : vectors) {
      flat.put(v);
    }
    return scope.create(flat.flip(), new Shape(vectors.length, width())).matMul(atomsT);
  }

  private static int[] largestOnDevice(NDArray products) {
    products.muli(products); // squared in place: abs() would be another table of that size
    return Arrays.stream(products.argMax(1).toLongArray()).mapToInt(Math::toIntExact).toArray();
  }

  /** Read where the engine put it: its argMax on a CPU takes several times as long. */
  private int[] largest(NDArray products) {
    FloatBuffer table = inPlace(products);
    return IntStream.range(0, (int) products.getShape().get(0))
        .parallel()
        .map(
            i -> {
              float[] row = new float[words.size()];
              table.get(i * row.length, row);
              return largest(row);
            })
        .toArray();
  }

  private static int largest(float[] row) {
    int best = 0;
    float most = -1;
    for (int j = 0; j < row.length; j++) {
      float x = Math.abs(row[j]);
      if (x > most) {
        most = x;
        best = j;
      }
    }
    return best;
  }

  @Override
  public void close() {
    manager.close();
  }
}
