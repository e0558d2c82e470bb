package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What fine-tuning changes: the weights of the last layer themselves, or low-rank additions to W_q
 * and W_v of every layer (LoRA).
 */
public sealed interface Trainable {
  /**
   * One array that is trained.
   *
   * @param weight the weight that it is, or to which it belongs
   * @param part which part of it
   */
  record Parameter(Weight weight, Part part) implements Comparable<Parameter> {
    /** In the order of the layers. */
    @Override
    public int compareTo(Parameter o) {
      int c = weight.compareTo(o.weight);
      return c != 0 ? c : part.compareTo(o.part);
    }
  }

  /** What an array is to its weight. */
  enum Part {
    /** The weight itself. */
    WHOLE,
    /** A of W + s B A (rank, inputs). */
    A,
    /** B of W + s B A (outputs, rank). */
    B
  }

  /**
   * The weights of the last layer; all others are frozen (A.7). b_k is left out: a softmax does not
   * see it, so its gradient is 0, and AdamW would make steps of the rounding of it.
   */
  record LastLayer() implements Trainable {
    @Override
    public SortedMap<Parameter, double[]> start(Clip clip) {
      SortedMap<Parameter, double[]> out = new TreeMap<>();
      int last = clip.config().vision().layers() - 1;
      for (Weight.Kind kind : Weight.Kind.of(clip.config().vision())) {
        if (kind != Weight.Kind.B_K) {
          Weight w = new Weight(last, kind);
          float[] values = clip.values(w);
          out.put(
              new Parameter(w, Part.WHOLE),
              IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
        }
      }
      return out;
    }

    @Override
    public Shape shape(Parameter parameter, Clip clip) {
      return new Shape(parameter.weight.kind().shape(clip.config().vision()));
    }

    @Override
    public Map<Weight, NDArray> weights(
        Map<Parameter, NDArray> arrays, Clip clip, NDManager scope) {
      Map<Weight, NDArray> out = new TreeMap<>();
      arrays.forEach((p, array) -> out.put(p.weight, array));
      return out;
    }

    @Override
    public Map<Weight, WeightChange> changes(Map<Parameter, double[]> values) {
      Map<Weight, WeightChange> out = new TreeMap<>();
      values.forEach(
          (p, v) -> {
            float[] floats = new float[v.length];
            for (int i = 0; i < v.length; i++) {
              floats[i] = (float) v[i];
            }
            out.put(p.weight, new WeightChange.Values(floats));
          });
      return out;
    }

    @Override
    public int firstLayer(Clip clip) {
      return clip.config().vision().layers() - 1;
    }

    @Override
    public Edit.Method method() {
      return Edit.Method.FINE_TUNING;
    }
  }

  /**
   * W + (α/r) B A in the place of W_q and W_v of every layer (Hu et al., 2022); only A and B are
   * trained.
   *
   * @param rank r
   * @param alpha α
   * @param factors A (r, d) and B (d, r) of each weight at the start
   */
  record Lora(int rank, double alpha, Map<Weight, Factors> factors) implements Trainable {
    /**
     * A and B of one weight, row-major.
     *
     * @param a (r, inputs)
     * @param b (outputs, r)
     */
    public record Factors(double[] a, double[] b) {}

    /** The paper's r. */
    public static final int RANK = 8;

    /** The paper's α. */
    public static final double ALPHA = 32;

    /**
     * The usual start: A uniform between ± 1/√d, B = 0, so that the first step begins at the model
     * as it is.
     *
     * @param seed of A
     */
    public static Lora of(Clip clip, int rank, double alpha, long seed) {
      int d = clip.config().vision().width();
      if (rank < 1 || rank > d) {
        throw new EngramException(
            "The rank of LoRA is from 1 to the model's width %d, got %d.".formatted(d, rank));
      }
      Random random = new Random(seed);
      double bound = 1 / Math.sqrt(d);
      Map<Weight, Factors> factors = new TreeMap<>();
      for (int l = 0; l < clip.config().vision().layers(); l++) {
        for (Weight.Kind kind : List.of(Weight.Kind.W_Q, Weight.Kind.W_V)) {
          double[] a = random.doubles((long) rank * d, -bound, bound).toArray();
          factors.put(new Weight(l, kind), new Factors(a, new double[d * rank]));
        }
      }
      return new Lora(rank, alpha, factors);
    }

    @Override
    public SortedMap<Parameter, double[]> start(Clip clip) {
      SortedMap<Parameter, double[]> out = new TreeMap<>();
      factors.forEach(
          (w, f) -> {
            out.put(new Parameter(w, Part.A), f.a.clone());
            out.put(new Parameter(w, Part.B), f.b.clone());
          });
      return out;
    }

    @Override
    public Shape shape(Parameter parameter, Clip clip) {
      var tower = clip.config().vision();
      return parameter.part == Part.A
          ? new Shape(rank, parameter.weight.columns(tower))
          : new Shape(parameter.weight.rows(tower), rank);
    }

    @Override
    public Map<Weight, NDArray> weights(
        Map<Parameter, NDArray> arrays, Clip clip, NDManager scope) {
      NDArray scale = scope.create((float) (alpha / rank));
      Map<Weight, NDArray> out = new TreeMap<>();
      for (Weight w : factors.keySet()) {
        NDArray a = get(arrays, w, Part.A);
        NDArray b = get(arrays, w, Part.B);
        out.put(w, b.matMul(a).mul(scale).add(clip.vision().weight(w, scope)));
      }
      return out;
    }

    private static <T> T get(Map<Parameter, T> map, Weight w, Part part) {
      return java.util.Objects.requireNonNull(map.get(new Parameter(w, part)));
    }

    @Override
    public Map<Weight, WeightChange> changes(Map<Parameter, double[]> values) {
      Map<Weight, WeightChange> out = new TreeMap<>();
      for (Weight w : factors.keySet()) {
        double[] left = get(values, w, Part.B).clone();
        for (int i = 0; i < left.length; i++) {
          left[i] *= alpha / rank;
        }
        out.put(w, new WeightChange.LowRank(rank, left, get(values, w, Part.A).clone()));
      }
      return out;
    }

    @Override
    public int firstLayer(Clip clip) {
      return factors.keySet().stream().mapToInt(Weight::layer).min().orElse(0);
    }

    @Override
    public Edit.Method method() {
      return Edit.Method.LORA;
    }
  }

  /** The values of every trained array at the start, row-major. */
  SortedMap<Parameter, double[]> start(Clip clip);

  /** The shape of a trained array. */
  Shape shape(Parameter parameter, Clip clip);

  /**
   * @param arrays the trained arrays
   * @param scope owns what is computed
   * @return the weights that they make
   */
  Map<Weight, NDArray> weights(Map<Parameter, NDArray> arrays, Clip clip, NDManager scope);

  /** What the trained values do to the weights. */
  Map<Weight, WeightChange> changes(Map<Parameter, double[]> values);

  /** The first layer that it changes; those in front of it are computed once. */
  int firstLayer(Clip clip);

  /** How the edit that comes of it was made. */
  Edit.Method method();
}
