package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;

/**
 * The vision transformer of CLIP (Sec. 3.1): patches and a class token, L layers, and the
 * projection of the last class token, z = P LN_post(h[L][0]) (Eq. 8). Tokens: 0 is the class token,
 * 1 to N are the patches, row by row; a SigLIP has patches alone, and an attention pool for a head.
 */
public final class VisionTower {
  private final NDManager manager;
  private final ClipConfig config;
  private final PatchEmbedding embedding;
  private final List<TransformerLayer> layers;
  private final Head head;
  private final ResidualSuppression suppression;
  private final AtomicReference<IntConsumer> beforePass;

  VisionTower(
      NDManager m, Checkpoint c, ClipConfig config, Precision precision, Progress progress) {
    this.manager = m;
    this.config = config;
    ClipConfig.Tower v = config.vision();
    embedding = new PatchEmbedding(m, c, config);
    TransformerLayer.Parts parts =
        TransformerLayer.Parts.of(m, v, Rotation.of(m, config), precision);
    List<TransformerLayer> read = new ArrayList<>();
    for (int l = 0; l < v.layers(); l++) {
      progress.step("loading layers", l, v.layers());
      read.add(new TransformerLayer(m, c, "vision_model.encoder.layers." + l, v, parts));
    }
    layers = List.copyOf(read);
    head =
        config.family().hasClassToken()
            ? new ClassTokenHead(m, c, config)
            : new AttentionPool(m, c, config);
    suppression = ResidualSuppression.NONE;
    beforePass = new AtomicReference<>(images -> {});
  }

  private VisionTower(
      VisionTower origin,
      NDManager m,
      Map<Weight, NDArray> weights,
      ResidualSuppression suppression) {
    this.manager = m;
    this.config = origin.config;
    this.embedding = origin.embedding;
    this.head = origin.head;
    this.suppression = suppression;
    this.beforePass = origin.beforePass;
    List<TransformerLayer> changed = new ArrayList<>(origin.layers);
    Map<Integer, Map<Weight.Kind, NDArray>> byLayer = new TreeMap<>();
    weights.forEach(
        (w, array) ->
            byLayer
                .computeIfAbsent(w.layer(), l -> new EnumMap<>(Weight.Kind.class))
                .put(w.kind(), array));
    byLayer.forEach((l, others) -> changed.set(l, origin.layers.get(l).with(others)));
    this.layers = List.copyOf(changed);
  }

  /**
   * A tower that has other arrays in the place of some weights and shares all the rest; this one
   * stays as it is.
   *
   * @param m owner of what the tower computes; must not outlive this tower's
   * @param weights the other arrays, each of the shape of {@link Weight.Kind#shape}; still the
   *     caller's
   */
  public VisionTower with(NDManager m, Map<Weight, NDArray> weights) {
    return new VisionTower(this, m, weights, suppression);
  }

  /**
   * A tower whose last residual stream lacks what neurons add to it: the standing form of residual
   * suppression (A.7).
   *
   * @param neurons all that are to be suppressed; those of this tower are no longer
   * @throws EngramException if there are some and the tower has no class token
   */
  VisionTower suppressing(Collection<Neuron> neurons) {
    if (!neurons.isEmpty()) {
      requireClassToken("residual suppression");
    }
    return new VisionTower(this, manager, Map.of(), ResidualSuppression.of(neurons));
  }

  /**
   * The forward pass.
   *
   * @param pixels normalised images (B, 3, S, S); unchanged, still the caller's
   * @param request what to keep
   * @param interventions changes to the pass, applied in this order
   * @return what was kept, to be closed by the caller
   * @throws IllegalStateException if an intervention never met its site
   */
  public Trace forward(NDArray pixels, TraceRequest request, List<Intervention> interventions) {
    return pass(
        pixels,
        request,
        interventions,
        (scope, taps) -> layers(0, embedding.of(pixels, scope), scope, taps));
  }

  /**
   * The rest of a forward pass whose beginning is known.
   *
   * @param h the residual stream before the layer (B, T, d); unchanged, still the caller's
   * @param layer the first layer that is computed, from 0
   * @param request what to keep of the rest
   * @return what was kept, to be closed by the caller
   * @throws IllegalStateException if the tower suppresses neurons, perhaps before the layer
   */
  public Trace resume(NDArray h, int layer, TraceRequest request) {
    return resume(h, layer, request, List.of());
  }

  /** The same with changes to the layers that are computed. */
  public Trace resume(
      NDArray h, int layer, TraceRequest request, List<Intervention> interventions) {
    checkResumable();
    return pass(
        h,
        request,
        interventions,
        (scope, taps) -> {
          NDArray copy = h.duplicate();
          copy.attach(scope);
          return layers(layer, copy, scope, taps);
        });
  }

  /**
   * The same from between the blocks of a layer.
   *
   * @param mid h + A, the residual stream after the layer's MSA block (B, T, d), or (B, 1, d) in
   *     the last layer; unchanged, still the caller's
   */
  public Trace resumeFfn(NDArray mid, int layer, TraceRequest request) {
    checkResumable();
    return pass(
        mid,
        request,
        List.of(),
        (scope, taps) -> {
          taps.enter(layer);
          NDArray h;
          try (NDManager layerScope = scope.newSubManager()) {
            NDArray copy = mid.duplicate();
            copy.attach(layerScope);
            h = layers.get(layer).ffn(copy, taps);
            h.attach(scope);
          }
          return layers(layer + 1, h, scope, taps);
        });
  }

  /** Whether {@link #resume} is possible: it is, unless neurons are suppressed. */
  public boolean isResumable() {
    return suppression.neurons().isEmpty();
  }

  private void checkResumable() {
    if (!isResumable()) {
      throw new IllegalStateException(
          "a pass of a model with suppressed neurons begins at its first layer");
    }
  }

  /**
   * Tells of every pass before it begins, of this tower's and of those made of it: so a test can
   * pretend that the memory is full.
   *
   * @param images is given how many images pass at once
   */
  void beforePass(IntConsumer images) {
    beforePass.set(images);
  }

  /** From the pixels, or from a residual stream, to h[L]. */
  @FunctionalInterface
  private interface Stream {
    NDArray last(NDManager scope, Taps taps);
  }

  private Trace pass(
      NDArray images, TraceRequest request, List<Intervention> interventions, Stream stream) {
    Objects.requireNonNull(beforePass.get()).accept((int) images.getShape().get(0));
    if (request.sites().containsValue(Tokens.CLASS) || !request.patchMaxima().isEmpty()) {
      requireClassToken("what is read at the class token");
    }
    Trace trace = new Trace(manager.newSubManager(), request, layers.size());
    try (NDManager scope = manager.newSubManager()) {
      Taps taps = new Taps(trace, suppression.after(interventions, this, scope));
      NDArray h = taps.enter(layers.size(), stream.last(scope, taps));
      Head.Result read = head.read(h); // Eq. 8
      trace.finish(read.pooled(), read.embedding());
      taps.checkAllFired();
      return trace;
    } catch (Throwable t) {
      trace.close();
      throw t;
    }
  }

  /** h[first] to h[L], of which the last layer may be computed for the class token alone. */
  private NDArray layers(int first, NDArray stream, NDManager scope, Taps taps) {
    NDArray h = stream;
    for (int l = first; l < layers.size(); l++) {
      Progress.checkInterrupt();
      boolean classOnly =
          l == layers.size() - 1
              && config.family().hasClassToken()
              && !taps.request().patchesOfLastLayer();
      try (NDManager layerScope = scope.newSubManager()) {
        h.attach(layerScope);
        h = layers.get(l).forward(taps.enter(l, h), null, classOnly, taps);
        h.attach(scope);
      }
    }
    return h;
  }

  /**
   * Reads a residual stream as if it were the last: P LN_post(x), statistics of x itself (Eq. 8).
   *
   * @param x (B, d); owns the result
   * @return (B, D)
   */
  public NDArray project(NDArray x) {
    return head.read(x.expandDims(1)).embedding();
  }

  /** From the last residual stream to the embedding. */
  public Head head() {
    return head;
  }

  /**
   * Refuses what is defined by a class token where there is none.
   *
   * @param what a phrase, as "residual suppression"
   * @throws EngramException if the tower has none
   */
  public void requireClassToken(String what) {
    if (!config.family().hasClassToken()) {
      throw new EngramException(
          "A %s has no class token, so %s is not defined for it; attribution with the reading direct, words, complete removal, MSA and FFN tracing at all tokens and fine-tuning are."
              .formatted(config.family().title(), what));
    }
  }

  /**
   * @param scope owns the result where the weight is kept in fewer bits
   * @return a weight in float32, perhaps the model's own array: do not close or change it
   */
  public NDArray weight(Weight weight, NDManager scope) {
    NDArray kept = layers.get(weight.layer()).weight(weight.kind());
    if (kept.getDataType() == DataType.FLOAT32) {
      return kept;
    }
    NDArray wide = kept.toType(DataType.FLOAT32, true);
    wide.attach(scope);
    return wide;
  }

  /** The neurons whose part the last residual stream lacks; empty in a model as it was read. */
  public List<Neuron> suppressed() {
    return suppression.neurons();
  }

  /**
   * @param scope owns the result where the weight is kept in fewer bits
   * @return W_fc2 or W_o of a layer (d, n), float32: column c is the value vector of neuron c.
   *     Perhaps the model's own array: do not close or change it.
   */
  public NDArray values(Neuron.Block block, int layer, NDManager scope) {
    return weight(Weight.values(block, layer), scope);
  }

  /** The value vector of a neuron, its column of W_fc2 or W_o (d). */
  public float[] valueVector(Neuron neuron) {
    return vector(
        Weight.values(neuron.block(), neuron.layer()), ":, " + neuron.column(headWidth()));
  }

  /**
   * The query vector of a neuron, its row of W_fc1 or W_v (d).
   *
   * @throws EngramException for a gated FFN, whose neurons have two query vectors
   */
  public float[] queryVector(Neuron neuron) {
    requireQueryVectors(neuron.block());
    boolean ffn = neuron.block() == Neuron.Block.FFN;
    return vector(
        new Weight(neuron.layer(), ffn ? Weight.Kind.W_FC1 : Weight.Kind.W_V),
        String.valueOf(neuron.column(headWidth())));
  }

  private int headWidth() {
    return config.vision().headWidth();
  }

  /** A row or a column of a matrix, without the rest of it. */
  private float[] vector(Weight matrix, String index) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray part = layers.get(matrix.layer()).weight(matrix.kind()).get(index);
      // To read a column, DJL makes a contiguous copy and leaves it to the column's manager.
      part.attach(scope);
      return part.toType(DataType.FLOAT32, false).toFloatArray();
    }
  }

  /** b_1 or b_v of a layer (n), added to products with query vectors; refuses a gated FFN. */
  public NDArray queryBias(Neuron.Block block, int layer) {
    requireQueryVectors(block);
    return block == Neuron.Block.FFN
        ? layers.get(layer).weight(Weight.Kind.B_FC1)
        : layers.get(layer).bv;
  }

  /**
   * Refuses the neurons of a block that have no query vector.
   *
   * @throws EngramException for a gated FFN
   */
  public void requireQueryVectors(Neuron.Block block) {
    if (block == Neuron.Block.FFN && config.vision().gated()) {
      throw new EngramException(
          "The FFN neurons of this %s are gated (SwiGLU): a product of two inner products, not one query vector, makes their coefficients, so ask for an MSA neuron, as L5A0H3."
              .formatted(config.family().title()));
    }
  }

  /** B_2 or b_o of a layer (d), added to the block's output. */
  public NDArray outputBias(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).b2 : layers.get(layer).bo;
  }

  /** Γ of the block's input layer norm, LN_f or LN_a (d). */
  public NDArray inputNormWeight(Neuron.Block block, int layer) {
    return layers
        .get(layer)
        .weight(block == Neuron.Block.FFN ? Weight.Kind.LN_F_WEIGHT : Weight.Kind.LN_A_WEIGHT);
  }

  /** Β of the block's input layer norm, LN_f or LN_a (d). */
  public NDArray inputNormBias(Neuron.Block block, int layer) {
    return layers
        .get(layer)
        .weight(block == Neuron.Block.FFN ? Weight.Kind.LN_F_BIAS : Weight.Kind.LN_A_BIAS);
  }

  /** γ of LN_post (d). */
  public NDArray postNormWeight() {
    return head.postNormWeight();
  }

  /** β of LN_post (d). */
  public NDArray postNormBias() {
    return head.postNormBias();
  }

  /** P (D, d); see {@link Head#projection} for an attention pool. */
  public NDArray projection() {
    return head.projection();
  }

  /** What is added after P (D), zeros in a CLIP. */
  public NDArray projectionBias() {
    return head.projectionBias();
  }

  /** Sizes and settings of this tower. */
  public ClipConfig.Tower config() {
    return config.vision();
  }
}
