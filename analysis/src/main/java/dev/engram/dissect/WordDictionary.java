package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.Clip;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

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
    return new WordDictionary(
        clip.manager(), name, words, clip.embedTexts(words, progress), hash(words, new float[0][]));
  }

  /**
   * @return what the dictionary is called
   */
  public String name() {
    return name;
  }

  /**
   * @return the words, in the order of their indices
   */
  public List<String> words() {
    return words;
  }

  /**
   * @return SHA-256 of what tells this dictionary from another of the same model, in hexadecimal:
   *     the words, and their embeddings unless the model's text tower made them
   */
  public String hash() {
    return hash;
  }

  private static String hash(List<String> words, float[][] given) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(String.join("\n", words).getBytes(StandardCharsets.UTF_8));
      for (float[] row : given) {
        ByteBuffer bytes = ByteBuffer.allocate(row.length * Float.BYTES);
        bytes.asFloatBuffer().put(row);
        sha.update(bytes);
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /**
   * @return D
   */
  public int width() {
    return (int) atoms.getShape().get(1);
  }

  /**
   * @return the embeddings of some words, of unit length (n, D)
   */
  public float[][] embeddings(int... indices) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray rows =
          atoms.get(
              new NDIndex(
                  "{}", scope.create(java.util.Arrays.stream(indices).asLongStream().toArray())));
      rows.attach(scope);
      float[] flat = rows.toFloatArray();
      float[][] out = new float[indices.length][];
      for (int i = 0; i < out.length; i++) {
        out[i] = java.util.Arrays.copyOfRange(flat, i * width(), (i + 1) * width());
      }
      return out;
    }
  }

  /**
   * The words with the largest and the smallest inner products, found by the engine so that no
   * table of vectors × words leaves it.
   *
   * @param vectors (n, D)
   * @param count how many of each sign
   * @return for each vector the words and their products, at most 2 · count
   */
  Extreme[] extremes(float[][] vectors, int count) {
    try (NDManager scope = manager.newSubManager()) {
      FloatBuffer flat = FloatBuffer.allocate(vectors.length * width());
      for (float[] v : vectors) {
        flat.put(v);
      }
      int k = Math.min(count, words.size());
      NDArray products =
          scope.create(flat.flip(), new Shape(vectors.length, width())).matMul(atomsT);
      NDList high = products.topK(k, 1, true, false);
      NDList low = products.topK(k, 1, false, false);
      long[][] indices = {high.get(1).toLongArray(), low.get(1).toLongArray()};
      float[][] values = {high.get(0).toFloatArray(), low.get(0).toFloatArray()};
      Extreme[] out = new Extreme[vectors.length];
      for (int row = 0; row < out.length; row++) {
        int[] which = new int[2 * k];
        float[] product = new float[2 * k];
        for (int i = 0; i < 2 * k; i++) {
          which[i] = Math.toIntExact(indices[i / k][row * k + i % k]);
          product[i] = values[i / k][row * k + i % k];
        }
        out[row] = new Extreme(which, product);
      }
      return out;
    }
  }

  /** Words and their inner products with a vector. */
  record Extreme(int[] words, float[] products) {}

  @Override
  public void close() {
    manager.close();
  }
}
