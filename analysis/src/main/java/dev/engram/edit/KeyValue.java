package dev.engram.edit;

import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * k* and v* of an association at one weight (Eq. 22 and 23), of the class token: k* is the weight's
 * input averaged over the images, v* its output averaged over the guides, without the bias.
 *
 * @param key k* (inputs)
 * @param value v* (d)
 */
public record KeyValue(double[] key, double[] value) {
  private static final int BATCH = 8;

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
    passes(
        clip,
        association.images(),
        inputs,
        what,
        progress,
        (t, share) ->
            out.forEach(
                (w, kv) ->
                    add(
                        kv.key,
                        t.get(Site.coefficients(w.block()), w.layer()).toFloatArray(),
                        share)));
    passes(
        clip,
        association.guides(),
        outputs,
        what + " guided",
        progress,
        (t, share) ->
            out.forEach(
                (w, kv) ->
                    add(kv.value, t.get(Site.output(w.block()), w.layer()).toFloatArray(), share)));
    out.forEach(
        (w, kv) ->
            add(kv.value, clip.vision().outputBias(w.block(), w.layer()).toFloatArray(), -1));
    return out;
  }

  @FunctionalInterface
  private interface Reader {
    void read(Trace trace, double share);
  }

  private static void passes(
      Clip clip,
      List<float[]> pixels,
      TraceRequest request,
      String what,
      Progress progress,
      Reader reader) {
    for (int i = 0; i < pixels.size(); i += BATCH) {
      progress.step(what, i, pixels.size());
      List<float[]> part = pixels.subList(i, Math.min(pixels.size(), i + BATCH));
      try (Trace t = clip.trace(part, request, List.of())) {
        reader.read(t, 1.0 / pixels.size());
      }
    }
  }

  /** Adds the sum of rows, times a share. */
  private static void add(double[] to, float[] rows, double share) {
    for (int i = 0; i < rows.length; i++) {
      to[i % to.length] += share * rows[i];
    }
  }
}
