package dev.engram.edit;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Knowledge insertion (Sec. 4.4, A.7, A.8): ROME's rank-one edit of one weight for one association
 * (Eq. 7), and MEMIT's edit for several associations at once, in one weight or several (Eq. 25).
 * Both are W + R S with what is missing, R = V* − W K*, and S from C⁻¹ K*; computed in float64.
 */
public final class Insertion {
  private final Clip clip;
  private final Map<Weight, BackgroundKeys> keys;
  private final double ridge;
  private final BackgroundKeys.Solver solver;
  private final String keySource;

  /**
   * @param clip the model to be edited, original or with edits; must outlive this
   * @param keys background keys of the weights that are to be edited
   * @param keySource which images they come from, for provenance
   * @param ridge λ in units of the mean of diag(K Kᵀ), above 0
   * @param solver how C is inverted
   * @throws EngramException if the keys are another model's
   */
  public Insertion(
      Clip clip,
      Map<Weight, BackgroundKeys> keys,
      String keySource,
      double ridge,
      BackgroundKeys.Solver solver) {
    this.clip = clip;
    this.keys = Map.copyOf(keys);
    this.keySource = keySource;
    this.ridge = ridge;
    this.solver = solver;
    keys.forEach(
        (w, k) -> {
          if (!k.model().equals(clip.original().hash()) || !k.weight().equals(w)) {
            throw new EngramException(
                "The background keys of %s were read from another model or weight than %s of %s; read them again."
                    .formatted(k.weight(), w, clip.name()));
          }
        });
  }

  /**
   * ROME: W + (v* − W k*) (C⁻¹ k*)ᵀ / ((C⁻¹ k*)ᵀ k*), so that the new W k* is v* (Eq. 7).
   *
   * @param where W_fc2 or W_o of a layer, with background keys
   */
  public Edit rankOne(Weight where, Association association, Progress progress) {
    keysOf(where);
    KeyValue kv = Objects.requireNonNull(read(List.of(where), association, progress).get(where));
    progress.step("solving for " + where, 0, 1);
    return rankOne(where, association.name(), association.source(), kv);
  }

  /**
   * The same for a key and a value that are known.
   *
   * @param where W_fc2 or W_o of a layer, with background keys
   * @param name what is taught, for the edit's title
   * @param source where the pair comes from, for provenance
   */
  public Edit rankOne(Weight where, String name, String source, KeyValue kv) {
    BackgroundKeys background = keysOf(where);
    double[] x = background.solve(new double[][] {kv.key()}, ridge, solver)[0];
    double scale = 0;
    for (int i = 0; i < x.length; i++) {
      scale += x[i] * kv.key()[i];
    }
    if (!(scale > 0)) {
      throw new EngramException(
          "The input of %s for '%s' is 0, so it cannot carry knowledge; choose another block."
              .formatted(where, name));
    }
    double[] right = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      right[i] = x[i] / scale;
    }
    double[] left = residual(where, kv);
    return Edit.of(
        Edit.Method.RANK_ONE,
        "insertion of " + name,
        clip,
        Map.of(where, new WeightChange.LowRank(1, left, right)),
        provenance(List.of(where), source));
  }

  /**
   * MEMIT: W + (V* − W K*) K*ᵀ (C + K* K*ᵀ)⁻¹ (Eq. 25), each weight by itself with the keys and
   * values of the model as it is.
   *
   * @param where W_fc2 or W_o of one layer or several, with background keys
   * @param associations one column of K* and V* each
   */
  public Edit memit(Collection<Weight> where, List<Association> associations, Progress progress) {
    if (where.isEmpty() || associations.isEmpty()) {
      throw new EngramException(
          "MEMIT needs at least one weight and one association, got %d and %d."
              .formatted(where.size(), associations.size()));
    }
    where.forEach(this::keysOf);
    List<Map<Weight, KeyValue>> read = new ArrayList<>();
    for (Association a : associations) {
      read.add(read(where, a, progress));
    }
    Map<Weight, WeightChange> changes = new TreeMap<>();
    int done = 0;
    for (Weight w : where) {
      progress.step("solving for " + w, done++, where.size());
      changes.put(w, memit(w, read.stream().map(m -> m.get(w)).toList()));
    }
    return Edit.of(
        Edit.Method.MEMIT,
        "insertion of "
            + associations.stream().map(Association::name).collect(Collectors.joining(", ")),
        clip,
        changes,
        provenance(
            where,
            associations.stream()
                .map(Association::source)
                .distinct()
                .collect(Collectors.joining("; "))));
  }

  /** K*ᵀ (C + K* K*ᵀ)⁻¹ = (I + K*ᵀ X)⁻¹ Xᵀ with X = C⁻¹ K*: one small system more than ROME's. */
  private WeightChange memit(Weight where, List<KeyValue> pairs) {
    int m = pairs.size();
    double[][] k = pairs.stream().map(KeyValue::key).toArray(double[][]::new);
    double[][] x = keysOf(where).solve(k, ridge, solver);
    double[] small = new double[m * m];
    for (int i = 0; i < m; i++) {
      for (int j = 0; j <= i; j++) {
        double sum = i == j ? 1 : 0;
        for (int c = 0; c < k[i].length; c++) {
          sum += k[i][c] * x[j][c];
        }
        small[i * m + j] = sum;
      }
    }
    Cholesky system = Cholesky.of(small, m);
    int n = k[0].length;
    double[] right = new double[m * n];
    for (int c = 0; c < n; c++) {
      int column = c;
      double[] solved = system.solve(Arrays.stream(x).mapToDouble(row -> row[column]).toArray());
      for (int j = 0; j < m; j++) {
        right[j * n + c] = solved[j];
      }
    }
    int d = pairs.get(0).value().length;
    double[] left = new double[d * m];
    for (int j = 0; j < m; j++) {
      double[] r = residual(where, pairs.get(j));
      for (int i = 0; i < d; i++) {
        left[i * m + j] = r[i];
      }
    }
    return new WeightChange.LowRank(m, left, right);
  }

  /** v* − W k*. */
  private double[] residual(Weight where, KeyValue kv) {
    float[] w = clip.values(where);
    double[] key = kv.key();
    double[] value = kv.value();
    return IntStream.range(0, value.length)
        .parallel()
        .mapToDouble(i -> value[i] - Rows.dot(w, i * key.length, key))
        .toArray();
  }

  private BackgroundKeys keysOf(Weight where) {
    BackgroundKeys k = keys.get(where);
    if (k == null) {
      throw new EngramException(
          "There are no background keys of %s; there are some of %s."
              .formatted(where, keys.keySet().stream().sorted().toList()));
    }
    return k;
  }

  private Map<Weight, KeyValue> read(
      Collection<Weight> where, Association association, Progress progress) {
    return KeyValue.of(clip, where, association, progress);
  }

  private Provenance provenance(Collection<Weight> where, String source) {
    BackgroundKeys any = keysOf(where.iterator().next());
    return Provenance.of(
        clip,
        "weights",
        where.stream().sorted().map(Weight::toString).collect(Collectors.joining(", ")),
        "images",
        source,
        "keys",
        "%d (%s token) of %s"
            .formatted(
                any.count(), any.tokens().name().toLowerCase(java.util.Locale.ROOT), keySource),
        "ridge",
        ridge + " of the mean of diag(K Kᵀ)",
        "solver",
        (solver == BackgroundKeys.Solver.AUTO ? any.cheaper() : solver)
            .name()
            .toLowerCase(java.util.Locale.ROOT));
  }
}
