package dev.engram.dissect;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * Puts neurons into words: projects their value vectors into the space of the texts and decomposes
 * them over a dictionary (Sec. 3.3, A.2).
 */
public final class Interpreter {
  /** The paper's number of concepts. */
  public static final int WORDS = 5;

  private final Clip clip;
  private final WordDictionary dictionary;
  private final MatchingPursuit pursuit;

  /**
   * @param clip the model; must outlive this
   * @param dictionary of the same model; must outlive this
   */
  public Interpreter(Clip clip, WordDictionary dictionary) {
    this.clip = clip;
    this.dictionary = dictionary;
    this.pursuit = new MatchingPursuit(dictionary);
  }

  /**
   * @param neurons which
   * @param signs +1, or −1 to turn a neuron around (A.2), one for each
   * @return one interpretation for each neuron, of {@link #WORDS} words
   */
  public List<Interpretation> interpret(
      List<Neuron> neurons, int[] signs, ValueReading reading, Progress progress) {
    List<Said> said = said(targets(neurons, signs, reading), progress);
    Provenance provenance = provenance(reading);
    return IntStream.range(0, said.size())
        .mapToObj(
            i ->
                new Interpretation(
                    neurons.get(i),
                    signs[i],
                    said.get(i).words(),
                    said.get(i).residual(),
                    said.get(i).target(),
                    provenance))
        .toList();
  }

  /**
   * A vector in words.
   *
   * @param words with their weights, in the order of selection
   * @param residual length of what the words leave unsaid, of a target of length 1
   * @param target the projected vector, of unit length (D)
   */
  public record Said(List<Interpretation.Weighted> words, double residual, double[] target) {}

  /**
   * Puts any vectors of the residual stream into words, as value vectors of neurons are.
   *
   * @param vectors (d) each
   * @param names of them, for a refusal: "feature L10S123"
   * @return one for each, of {@link #WORDS} words
   */
  public List<Said> say(
      List<float[]> vectors, List<String> names, ValueReading reading, Progress progress) {
    return said(projected(vectors.size(), vectors::get, i -> 1, names::get, reading), progress);
  }

  private List<Said> said(double[][] targets, Progress progress) {
    MatchingPursuit.Code[] codes = pursuit.solve(targets, WORDS, progress);
    List<Said> out = new ArrayList<>();
    for (int i = 0; i < codes.length; i++) {
      MatchingPursuit.Code code = codes[i];
      List<Interpretation.Weighted> words = new ArrayList<>();
      for (int j = 0; j < code.indices().length; j++) {
        int index = code.indices()[j];
        words.add(
            new Interpretation.Weighted(
                index, dictionary.words().get(index), code.coefficients()[j]));
      }
      out.add(new Said(List.copyOf(words), code.residual(), targets[i]));
    }
    return out;
  }

  /** Where words come from. */
  public Provenance provenance(ValueReading reading) {
    return Provenance.of(
        clip,
        "dictionary",
        dictionary.name() + " (" + dictionary.words().size() + " words)",
        "value vector",
        reading.name().toLowerCase(java.util.Locale.ROOT),
        "OMP",
        WORDS + " atoms");
  }

  /**
   * What the words leave unsaid of vectors that mean nothing: so much a neuron's residual must be
   * below to say more than chance.
   *
   * @param count of the random vectors, from 1
   * @param seed draws them; the same number draws the same
   */
  public ResidualByChance residualByChance(int count, long seed, Progress progress) {
    Random random = new Random(seed);
    int d = clip.config().vision().width();
    float[][] vectors = new float[count][d];
    for (float[] v : vectors) {
      for (int j = 0; j < d; j++) {
        v[j] = (float) random.nextGaussian();
      }
    }
    double[][] targets =
        projected(count, i -> vectors[i], i -> 1, i -> "random vector " + i, ValueReading.LINEAR);
    return ResidualByChance.of(
        Arrays.stream(pursuit.solve(targets, WORDS, progress))
            .mapToDouble(MatchingPursuit.Code::residual)
            .toArray());
  }

  /** The value vectors of neurons in the shared space, of unit length (n, D). */
  public double[][] targets(List<Neuron> neurons, int[] signs, ValueReading reading) {
    return projected(
        neurons.size(),
        i -> clip.vision().valueVector(neurons.get(i)),
        i -> signs[i],
        i -> "neuron " + neurons.get(i),
        reading);
  }

  /** Vectors of the residual stream in the shared space, of unit length (n, D). */
  private double[][] projected(
      int count,
      IntFunction<float[]> vectors,
      IntUnaryOperator signs,
      IntFunction<String> names,
      ValueReading reading) {
    int d = clip.config().vision().width();
    double eps = clip.config().vision().layerNormEps();
    float[] gamma = clip.vision().postNormWeight().toFloatArray();
    float[] beta = clip.vision().postNormBias().toFloatArray();
    FloatBuffer values = FloatBuffer.allocate(count * d);
    for (int i = 0; i < count; i++) {
      float[] w = vectors.apply(i);
      double mean = 0;
      for (float x : w) {
        mean += x / (double) d;
      }
      double variance = 0;
      for (float x : w) {
        variance += (x - mean) * (x - mean) / d;
      }
      double std = Math.sqrt(variance + eps);
      for (int j = 0; j < d; j++) {
        double linear = gamma[j] * (w[j] - mean) / std;
        values.put(
            (float)
                (signs.applyAsInt(i)
                    * switch (reading) {
                      case LINEAR -> linear;
                      case AFFINE -> linear + beta[j];
                      case PLAIN -> w[j];
                    }));
      }
    }
    try (NDManager scope = clip.manager().newSubManager()) {
      NDArray pt = clip.vision().projection().transpose();
      pt.attach(scope);
      float[] flat = scope.create(values.flip(), new Shape(count, d)).matMul(pt).toFloatArray();
      int width = flat.length / count;
      double[][] out = new double[count][width];
      for (int i = 0; i < out.length; i++) {
        double norm = 0;
        for (int j = 0; j < width; j++) {
          out[i][j] = flat[i * width + j];
          norm += out[i][j] * out[i][j];
        }
        if (!(norm > 0 && norm < Double.POSITIVE_INFINITY)) {
          throw new EngramException(
              "The %s cannot be put into words: its value vector has the length %s in the space of the texts."
                  .formatted(names.apply(i), Math.sqrt(norm)));
        }
        for (int j = 0; j < width; j++) {
          out[i][j] /= Math.sqrt(norm);
        }
      }
      return out;
    }
  }
}
