package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.norm.LayerNorm;
import dev.engram.Progress;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The vision transformer of CLIP (Sec. 3.1): patches and a class token, L layers, and the
 * projection of the last class token, z = P LN_post(h[L][0]) (Eq. 8). Tokens: 0 is the class token,
 * 1 to N are the patches, row by row.
 */
public final class VisionTower {
  private final NDManager manager;
  private final ClipConfig config;
  private final NDArray patchWeight; // (d, 3, p, p)
  private final NDArray classToken; // (1, 1, d)
  private final NDArray positions; // (T, d)
  private final NDArray lnPreWeight; // (d)
  private final NDArray lnPreBias; // (d)
  private final List<TransformerLayer> layers = new ArrayList<>();
  private final NDArray lnPostWeight; // (d)
  private final NDArray lnPostBias; // (d)
  private final NDArray projection; // P, (D, d)
  private final NDArray projectionT; // Pᵀ, (d, D)

  VisionTower(NDManager m, Checkpoint c, ClipConfig config, Progress progress) {
    this.manager = m;
    this.config = config;
    ClipConfig.Tower v = config.vision();
    int d = v.width();
    int p = config.patchSize();
    String name = "vision_model";
    patchWeight = c.tensor(m, name + ".embeddings.patch_embedding.weight", d, 3, p, p);
    classToken = c.tensor(m, name + ".embeddings.class_embedding", d).reshape(1, 1, d);
    positions =
        c.tensor(m, name + ".embeddings.position_embedding.weight", config.patches() + 1, d);
    lnPreWeight = c.tensor(m, name + ".pre_layrnorm.weight", d);
    lnPreBias = c.tensor(m, name + ".pre_layrnorm.bias", d);
    for (int l = 0; l < v.layers(); l++) {
      progress.step("loading layers", l, v.layers());
      layers.add(new TransformerLayer(m, c, name + ".encoder.layers." + l, v));
    }
    lnPostWeight = c.tensor(m, name + ".post_layernorm.weight", d);
    lnPostBias = c.tensor(m, name + ".post_layernorm.bias", d);
    projection = c.tensor(m, "visual_projection.weight", config.projectionWidth(), d);
    projectionT = projection.transpose();
  }

  /** The tower with the layers from one on drawn anew; it shares everything else. */
  private VisionTower(VisionTower from, NDManager m, int firstRandom, long seed) {
    manager = m;
    config = from.config;
    patchWeight = from.patchWeight;
    classToken = from.classToken;
    positions = from.positions;
    lnPreWeight = from.lnPreWeight;
    lnPreBias = from.lnPreBias;
    for (int l = 0; l < from.layers.size(); l++) {
      TransformerLayer layer = from.layers.get(l);
      Progress.checkInterrupt();
      // A layer is drawn alike however many layers are.
      layers.add(l < firstRandom ? layer : layer.randomised(m, new Random(31 * seed + l)));
    }
    lnPostWeight = from.lnPostWeight;
    lnPostBias = from.lnPostBias;
    projection = from.projection;
    projectionT = from.projectionT;
  }

  /**
   * @param m gets the new weights and what is computed with them
   */
  VisionTower randomised(NDManager m, int firstRandom, long seed) {
    return new VisionTower(this, m, firstRandom, seed);
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
    Trace trace = new Trace(manager.newSubManager(), request, layers.size());
    try (NDManager scope = manager.newSubManager()) {
      Taps taps = new Taps(trace, interventions);
      boolean patchesOfLastLayer = request.patchesOfLastLayer();

      NDArray h = embed(pixels, scope);
      for (int l = 0; l < layers.size(); l++) {
        Progress.checkInterrupt();
        boolean classOnly = l == layers.size() - 1 && !patchesOfLastLayer;
        try (NDManager layerScope = scope.newSubManager()) {
          h.attach(layerScope);
          h = layers.get(l).forward(taps.enter(l, h), null, classOnly, taps);
          h.attach(scope);
        }
      }
      h = taps.enter(layers.size(), h);
      NDArray pooled = layerNorm(h.get(":, 0"), lnPostWeight, lnPostBias);
      trace.finish(pooled, pooled.matMul(projectionT)); // Eq. 8
      taps.checkAllFired();
      return trace;
    } catch (Throwable t) {
      trace.close();
      throw t;
    }
  }

  /** h[0] = LN_pre([class; patches] + positions), (B, T, d). */
  private NDArray embed(NDArray pixels, NDManager scope) {
    long b = pixels.getShape().get(0);
    long d = config.vision().width();
    int p = config.patchSize();
    NDArray patches = Conv2d.conv2d(pixels, patchWeight, null, new Shape(p, p)).singletonOrThrow();
    patches.attach(scope);
    NDArray cls = classToken.broadcast(b, 1, d);
    cls.attach(scope);
    NDArray tokens = cls.concat(patches.reshape(b, d, -1).transpose(0, 2, 1), 1).add(positions);
    return layerNorm(tokens, lnPreWeight, lnPreBias);
  }

  private NDArray layerNorm(NDArray x, NDArray gamma, NDArray beta) {
    return LayerNorm.layerNorm(
            x, gamma.getShape(), gamma, beta, (float) config.vision().layerNormEps())
        .singletonOrThrow();
  }

  /**
   * Reads a residual stream as if it were the last: P LN_post(x), statistics of x itself (Eq. 8).
   *
   * @param x (B, d); owns the result
   * @return (B, D)
   */
  public NDArray project(NDArray x) {
    return layerNorm(x, lnPostWeight, lnPostBias).matMul(projectionT);
  }

  /**
   * @return W_fc2 or W_o of a layer (d, n): column c is the value vector of neuron c. The model's
   *     own array: do not close or change it.
   */
  public NDArray values(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).w2 : layers.get(layer).wo;
  }

  /**
   * @return W_fc1 or W_v of a layer (n, d): row c is the query vector of neuron c
   */
  public NDArray queries(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).w1 : layers.get(layer).wv;
  }

  /**
   * @return b_1 or b_v of a layer (n), added to the inner products with the query vectors
   */
  public NDArray queryBias(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).b1 : layers.get(layer).bv;
  }

  /**
   * @return b_2 or b_o of a layer (d), added to the block's output
   */
  public NDArray outputBias(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).b2 : layers.get(layer).bo;
  }

  /**
   * @return γ of the block's input layer norm, LN_f or LN_a (d)
   */
  public NDArray inputNormWeight(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).lnFWeight : layers.get(layer).lnAWeight;
  }

  /**
   * @return β of the block's input layer norm, LN_f or LN_a (d)
   */
  public NDArray inputNormBias(Neuron.Block block, int layer) {
    return block == Neuron.Block.FFN ? layers.get(layer).lnFBias : layers.get(layer).lnABias;
  }

  /**
   * @return γ of LN_post (d)
   */
  public NDArray postNormWeight() {
    return lnPostWeight;
  }

  /**
   * @return β of LN_post (d)
   */
  public NDArray postNormBias() {
    return lnPostBias;
  }

  /**
   * @return P (D, d)
   */
  public NDArray projection() {
    return projection;
  }

  /**
   * @return sizes and settings of this tower
   */
  public ClipConfig.Tower config() {
    return config.vision();
  }

  /** What sits at the sites of one forward pass: the interventions first, then the trace. */
  private static final class Taps implements TransformerLayer.Tap {
    private final Trace trace;
    private final List<Intervention> interventions;
    private final boolean[] fired;
    private int layer;

    Taps(Trace trace, List<Intervention> interventions) {
      this.trace = trace;
      this.interventions = interventions;
      this.fired = new boolean[interventions.size()];
    }

    /** Begins a layer; its input is the site H. */
    NDArray enter(int layer, NDArray h) {
      this.layer = layer;
      return at(Site.H, h);
    }

    @Override
    public NDArray at(Site site, NDArray value) {
      NDArray v = value;
      for (int i = 0; i < fired.length; i++) {
        Intervention x = interventions.get(i);
        if (x.site() == site && x.layer() == layer) {
          v = x.change().apply(v);
          fired[i] = true;
        }
      }
      trace.keep(site, layer, v);
      return v;
    }

    void checkAllFired() {
      for (int i = 0; i < fired.length; i++) {
        if (!fired[i]) {
          Intervention x = interventions.get(i);
          throw new IllegalStateException(
              "intervention '%s' never met its site %s of layer %d; layers count from 0 to %d"
                  .formatted(x.description(), x.site(), x.layer(), trace.layers() - 1));
        }
      }
    }
  }
}
