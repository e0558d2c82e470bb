package dev.engram.edit;

import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Traces;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.TraceRequest;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;

/**
 * k* and v* of an association at one weight (Eq. 22 and 23), of the class token: k* is the weight's
 * input averaged over the images, v* its output averaged over the guides, without the bias.
 *
 * @param key k* (inputs)
 * @param value v* (d)
 */
public record KeyValue(double[] key, double[] value) {
  /** Images in one pass on a CPU. */
  private static final int AT_ONCE = 8;

  /**
   * Reads them for several weights at once.
   *
   * @param weights W_fc2 or W_o of some layers
   */
  public static Map<Weight, KeyValue> of(
      Clip clip, Collection<Weight> weights, Association association, Progress progress) {
    TraceRequest inputs = TraceRequest.none();
    TraceRequest outputs = TraceRequest.none();
    for (Weight w : weights) {
      inputs = inputs.with(Site.coefficients(w.block()), Tokens.CLASS);
      outputs = outputs.with(Site.output(w.block()), Tokens.CLASS);
    }
    int first = weights.stream().mapToInt(Weight::layer).min().orElse(0);
    int last = weights.stream().mapToInt(Weight::layer).max().orElse(0);
    inputs = inputs.layers(first, last);
    outputs = outputs.layers(first, last);
    Map<Weight, KeyValue> out = new LinkedHashMap<>();
    for (Weight w : weights) {
      int width = w.columns(clip.config().vision());
      out.put(w, new KeyValue(new double[width], new double[clip.config().vision().width()]));
    }
    String what = "reading '" + association.name() + "'";
    sums(
        clip.traces(association.images(), inputs).telling(what, progress),
        weights,
        Site::coefficients,
        (w, rows, share) -> add(of(out, w).key, rows, share));
    sums(
        clip.traces(association.guides(), outputs).telling(what + " guided", progress),
        weights,
        Site::output,
        (w, rows, share) -> add(of(out, w).value, rows, share));
    out.forEach(
        (w, kv) ->
            add(kv.value, clip.vision().outputBias(w.block(), w.layer()).toFloatArray(), -1));
    return out;
  }

  private static KeyValue of(Map<Weight, KeyValue> all, Weight weight) {
    return Objects.requireNonNull(all.get(weight));
  }

  /** Takes rows of a weight, each to be counted with a share. */
  @FunctionalInterface
  private interface Rows {
    void add(Weight weight, float[] rows, double share);
  }

  private static void sums(
      Traces traces, Collection<Weight> weights, Function<Neuron.Block, Site> site, Rows rows) {
    double share = 1.0 / traces.pixels().size();
    traces
        .atOnce(AT_ONCE)
        .each(
            batch -> {
              Map<Weight, float[]> read = new LinkedHashMap<>();
              for (Weight w : weights) {
                read.put(w, batch.trace().get(site.apply(w.block()), w.layer()).toFloatArray());
              }
              return read;
            },
            (from, read) -> read.forEach((w, all) -> rows.add(w, all, share)));
  }

  /** Adds the sum of rows, times a share. */
  private static void add(double[] to, float[] rows, double share) {
    for (int i = 0; i < rows.length; i++) {
      to[i % to.length] += share * rows[i];
    }
  }
}
