package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The keys of unrelated images at one weight, and C = K Kᵀ + λ I (Eq. 7): what an insertion is to
 * leave as it is. Keeps the keys themselves while they are fewer than their width, else K Kᵀ.
 */
public final class BackgroundKeys {
  /** Images in one pass on a CPU: keys of every token are kept. */
  private static final int AT_ONCE = 8;

  /** How C⁻¹ k is computed; both ways give the same. */
  public enum Solver {
    /** The cheaper one: Woodbury when the keys are fewer than their width. */
    AUTO,
    /** By the decomposition of C, which has the keys' width. */
    CHOLESKY,
    /** By that of Kᵀ K + λ I, which has the number of keys, and Woodbury's identity. */
    WOODBURY
  }

  private final Clip clip;
  private final Weight weight;
  private final String model;
  private final Tokens tokens;
  private final int width;
  private int count;
  private List<float[]> keys = new ArrayList<>(); // (count, width), until there are too many
  private double @Nullable [] gram; // K Kᵀ (width, width), from then on

  /** What was decomposed last: it does not depend on what is taught. */
  private record Kept(Solver way, double lambda, Cholesky decomposed) {}

  /** Soft, since it has up to width² numbers. */
  private SoftReference<Kept> kept = new SoftReference<>(null);

  private BackgroundKeys(Clip clip, Weight weight, Tokens tokens) {
    this.clip = clip.original();
    this.weight = weight;
    this.tokens = tokens;
    this.model = this.clip.hash();
    this.width = weight.columns(clip.config().vision());
  }

  /**
   * Reads the keys of several weights in one pass over the images.
   *
   * @param weights W_fc2 or W_o of some layers
   * @param pixels unrelated images, each (3, S, S); read one after the other
   * @param tokens whether a key is taken from the class token alone or from every token
   */
  public static Map<Weight, BackgroundKeys> of(
      Clip clip,
      Collection<Weight> weights,
      List<float[]> pixels,
      Tokens tokens,
      Progress progress) {
    Map<Weight, BackgroundKeys> out = new LinkedHashMap<>();
    TraceRequest request = TraceRequest.none();
    for (Weight w : weights) {
      out.put(w, new BackgroundKeys(clip, w, tokens));
      request = request.with(Site.coefficients(w.block()), tokens);
    }
    request =
        request.layers(
            weights.stream().mapToInt(Weight::layer).min().orElse(0),
            weights.stream().mapToInt(Weight::layer).max().orElse(0));
    if (pixels.isEmpty()) {
      throw new EngramException("An insertion needs background images for its keys; got none.");
    }
    clip.traces(pixels, request)
        .atOnce(AT_ONCE)
        .telling("reading background keys", progress)
        .each(
            batch -> {
              Map<BackgroundKeys, float[]> read = new LinkedHashMap<>();
              out.forEach(
                  (w, keys) ->
                      read.put(
                          keys,
                          batch
                              .trace()
                              .get(Site.coefficients(w.block()), w.layer())
                              .toFloatArray()));
              return read;
            },
            (from, read) -> read.forEach(BackgroundKeys::add));
    out.values().stream().filter(k -> k.count > k.width).forEach(BackgroundKeys::sum);
    return out;
  }

  /**
   * Keys that were read before.
   *
   * @param weight W_fc2 or W_o of a layer
   * @param keys each of the weight's inputs
   * @param tokens of which tokens they are
   */
  public static BackgroundKeys of(Clip clip, Weight weight, List<float[]> keys, Tokens tokens) {
    BackgroundKeys out = new BackgroundKeys(clip, weight, tokens);
    for (float[] key : keys) {
      if (key.length != out.width) {
        throw new EngramException(
            "A key of %s has %d values, got %d.".formatted(weight, out.width, key.length));
      }
      out.add(key);
    }
    if (out.count > out.width) {
      out.sum();
    }
    return out;
  }

  private void add(float[] rows) {
    for (int i = 0; i < rows.length; i += width) {
      keys.add(Arrays.copyOfRange(rows, i, i + width));
      count++;
    }
    if (keys.size() > 2 * width) {
      sum();
    }
  }

  /** Puts the kept keys into K Kᵀ. */
  private void sum() {
    if (keys.isEmpty()) {
      return;
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray k = matrix(scope);
      NDArray sum = transposedTimes(k, k);
      gram =
          (gram == null ? sum : sum.addi(scope.create(gram, new Shape(width, width))))
              .toDoubleArray();
    }
    keys = new ArrayList<>();
  }

  /** The kept keys, one a row, in float64. */
  private NDArray matrix(NDManager scope) {
    float[] flat = new float[keys.size() * width];
    for (int i = 0; i < keys.size(); i++) {
      System.arraycopy(keys.get(i), 0, flat, i * width, width);
    }
    try (NDArray floats = scope.create(flat, new Shape(keys.size(), width))) {
      NDArray doubles = floats.toType(DataType.FLOAT64, true);
      doubles.attach(scope);
      return doubles;
    }
  }

  private static NDArray transposedTimes(NDArray a, NDArray b) {
    try (NDArray aT = a.transpose()) {
      NDArray product = aT.matMul(b);
      product.attach(b.getManager());
      return product;
    }
  }

  /** The weight whose inputs they are. */
  public Weight weight() {
    return weight;
  }

  /** How many keys there are. */
  public int count() {
    return count;
  }

  /** Whether they were taken from the class tokens or from all. */
  public Tokens tokens() {
    return tokens;
  }

  /** Hash of the original model. */
  public String model() {
    return model;
  }

  /**
   * @param relative the ridge in units of the mean of diag(K Kᵀ)
   * @return λ
   */
  public double ridge(double relative) {
    double sum = new Rows(keys, width).squares();
    for (int i = 0; gram != null && i < width; i++) {
      sum += gram[i * width + i];
    }
    return relative * sum / width;
  }

  /**
   * The way that {@link Solver#AUTO} goes.
   *
   * @return Cholesky or Woodbury
   */
  public Solver cheaper() {
    return gram == null && count < width ? Solver.WOODBURY : Solver.CHOLESKY;
  }

  /**
   * C⁻¹ applied to vectors.
   *
   * @param vectors m of them, each of the keys' width
   * @param relative the ridge, above 0, in units of the mean of diag(K Kᵀ)
   * @return m vectors
   * @throws EngramException if the ridge is not above 0 or too small for C to be inverted
   */
  double[][] solve(double[][] vectors, double relative, Solver solver) {
    if (!(relative > 0) || relative == Double.POSITIVE_INFINITY) {
      throw new EngramException("The ridge is a number above 0, as 0.01; got " + relative + ".");
    }
    double lambda = ridge(relative);
    if (!(lambda > 0)) {
      throw new EngramException("All keys of %s are 0: C has no inverse.".formatted(weight));
    }
    Solver way = solver == Solver.AUTO ? cheaper() : solver;
    if (way == Solver.WOODBURY && gram != null) {
      throw new EngramException(
          "Woodbury's way needs fewer keys than the %d inputs of %s, got %d; use Cholesky's."
              .formatted(width, weight, count));
    }
    Cholesky decomposed = decomposed(way, lambda);
    return Arrays.stream(vectors)
        .map(v -> way == Solver.WOODBURY ? woodbury(decomposed, v, lambda) : decomposed.solve(v))
        .toArray(double[][]::new);
  }

  /** (b − K (Kᵀ K + λ I)⁻¹ Kᵀ b) / λ, where the rows here are the columns of K. */
  private double[] woodbury(Cholesky small, double[] b, double lambda) {
    Rows k = new Rows(keys, width);
    double[] x = k.transposedTimes(small.solve(k.times(b)));
    for (int i = 0; i < width; i++) {
      x[i] = (b[i] - x[i]) / lambda;
    }
    return x;
  }

  /** The decomposition of K Kᵀ + λ I, or of Woodbury's Kᵀ K + λ I; computed once, then kept. */
  private Cholesky decomposed(Solver way, double lambda) {
    Kept known = kept.get();
    if (known != null && known.way == way && known.lambda == lambda) {
      return known.decomposed;
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray square;
      if (gram != null) {
        square = scope.create(gram, new Shape(width, width));
      } else if (way == Solver.WOODBURY) {
        square = Cholesky.lowerSquare(matrix(scope));
      } else {
        NDArray kT = matrix(scope).transpose();
        kT.attach(scope);
        square = Cholesky.lowerSquare(kT);
      }
      Kept now = new Kept(way, lambda, Cholesky.of(addToDiagonal(square, lambda)));
      kept = new SoftReference<>(now);
      return now.decomposed;
    }
  }

  private static NDArray addToDiagonal(NDArray a, double lambda) {
    int n = (int) a.getShape().get(0);
    try (NDArray diagonal = a.getManager().eye(n, n, 0, DataType.FLOAT64);
        NDArray ridge = diagonal.mul(lambda)) {
      return a.addi(ridge);
    }
  }
}
