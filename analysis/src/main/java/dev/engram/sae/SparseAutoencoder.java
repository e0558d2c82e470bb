package dev.engram.sae;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.TensorFile;
import dev.engram.sae.SaeConfig.Activation;
import dev.engram.sae.SaeConfig.Architecture;
import dev.engram.trace.Feature;
import dev.engram.trace.Neuron;
import java.nio.file.Path;
import java.util.List;

/**
 * A sparse autoencoder of one place of a model: f = encode(x) are the features of a token, x̂ =
 * decode(f) is what they say of its activations. What feature i adds to x̂ is m w, with the
 * coefficient m = f_i s, s undoing the normalisation of x, and the value vector w, its row of the
 * decoder: as a neuron adds m w to the output of its block.
 *
 * <p>Holds native memory of the model's device until it, or the model, is closed.
 */
public final class SparseAutoencoder implements AutoCloseable {
  /** What SAELens and ViT-Prisma add to a standard deviation before they divide by it. */
  private static final double EPS = 1e-5;

  private final SaeConfig config;
  private final String name;
  private final String hash;
  private final NDManager manager;
  private final SaeWeights weights;

  private SparseAutoencoder(
      SaeConfig config, String name, String hash, NDManager manager, SaeWeights weights) {
    this.config = config;
    this.name = name;
    this.hash = hash;
    this.manager = manager;
    this.weights = weights;
  }

  /**
   * Opens an autoencoder of a model.
   *
   * @param given its folder, or its file of weights
   * @param clip the model; must outlive this
   * @throws EngramException if a file is missing or damaged, says what Engram does not know, or is
   *     of another model
   */
  public static SparseAutoencoder open(Path given, Clip clip) {
    SaeFiles files = SaeFiles.of(given);
    SaeConfig config = SaeConfig.read(files.config());
    clip.vision().requireClassToken("a feature of a sparse autoencoder");
    checkFits(config, clip);
    TensorFile tensors = TensorFile.open(files.weights());
    NDManager manager = clip.original().manager().newSubManager();
    try {
      SaeWeights weights = SaeWeights.read(tensors, config, clip.config().vision(), manager);
      Path folder = files.weights().toAbsolutePath().getParent();
      String name = String.valueOf(folder == null ? given : folder.getFileName());
      return new SparseAutoencoder(config, SaeHook.shown(name), files.hash(), manager, weights);
    } catch (Throwable t) {
      manager.close();
      throw t;
    }
  }

  private static void checkFits(SaeConfig config, Clip clip) {
    ClipConfig.Tower tower = clip.config().vision();
    SaeHook hook = config.hook();
    if (hook.layer() >= tower.layers()) {
      throw new EngramException(
          "The autoencoder reads %s, and %s has layers from 0 to %d; load the model that it was trained on%s."
              .formatted(hook, clip.name(), tower.layers() - 1, trainedOn(config)));
    }
    if (hook.isOfNeurons() && tower.innerNorms()) {
      throw new EngramException(
          "The autoencoder reads %s, and in %s a layer norm stands between it and the block's output, so its features have no value vectors."
              .formatted(hook, clip.name()));
    }
    if (config.width() != 0 && config.width() != hook.width(tower)) {
      throw new EngramException(
          "The autoencoder reads %d numbers at %s, where %s has %d; load the model that it was trained on%s."
              .formatted(config.width(), hook, clip.name(), hook.width(tower), trainedOn(config)));
    }
  }

  private static String trainedOn(SaeConfig config) {
    return config.model().isEmpty() ? "" : " (" + SaeHook.shown(config.model()) + ")";
  }

  /** What its file says of it. */
  public SaeConfig config() {
    return config;
  }

  /** What it reads. */
  public SaeHook hook() {
    return config.hook();
  }

  /** The name of its folder. */
  public String name() {
    return name;
  }

  /** SHA-256 of its files, in hexadecimal. */
  public String hash() {
    return hash;
  }

  /** Tensors of its file that are not read. */
  public List<String> unread() {
    return weights.unread();
  }

  /** How many features it has. */
  public int count() {
    return weights.count();
  }

  /** Whether it can still be asked. */
  public boolean isOpen() {
    return manager.isOpen();
  }

  /**
   * The feature of an index.
   *
   * @param index from 0
   */
  public Feature feature(int index) {
    return new Feature(hook().layer(), index);
  }

  /**
   * Holds a feature against the autoencoder.
   *
   * @return the same
   * @throws EngramException if the autoencoder has no such feature
   */
  public Feature known(Feature feature) {
    if (feature.layer() != hook().layer() || feature.index() >= count()) {
      throw new EngramException(
          "There is no feature %s: the open autoencoder has L%dS0 to L%dS%d (every index from 0)."
              .formatted(feature, hook().layer(), hook().layer(), count() - 1));
    }
    return feature;
  }

  /**
   * The features of tokens.
   *
   * @param features f (n, count), or those that were asked for; 0 where a feature is not active
   * @param scale s (n, 1), by which f is multiplied to be a coefficient
   * @param shift what was taken from x to normalise it (n, 1)
   */
  public record Encoded(NDArray features, NDArray scale, NDArray shift) {
    /** M = f s, what a feature's value vector is multiplied with (n, count). */
    public NDArray coefficients() {
      return features.mul(scale);
    }
  }

  /**
   * Encodes tokens.
   *
   * @param x activations of the hook (n, width); owns what is computed
   */
  public Encoded encode(NDArray x) {
    Encoded normal = normalised(x);
    return new Encoded(active(normal.features(), weights), normal.scale(), normal.shift());
  }

  /**
   * Some features of tokens.
   *
   * @param x activations of the hook (n, width); owns what is computed
   * @param features of this autoencoder, at least one
   * @return m of each token (n, features)
   */
  public NDArray coefficients(NDArray x, List<Feature> features) {
    features.forEach(this::known);
    Encoded normal = normalised(x);
    try (NDManager scope = manager.newSubManager()) {
      NDArray f =
          config.architecture() == Architecture.TOPK // which are active, all of them decide
              ? SaeWeights.columns(active(normal.features(), weights), features, x.getManager())
              : active(normal.features(), weights.only(features, scope));
      return f.mul(normal.scale());
    }
  }

  /**
   * Decodes features.
   *
   * @param encoded of all features; owns what is computed
   * @return x̂ (n, width)
   */
  public NDArray decode(Encoded encoded) {
    return encoded
        .features()
        .matMul(weights.decoder())
        .add(weights.decoderBias())
        .mul(encoded.scale())
        .add(encoded.shift());
  }

  /** The input of the encoder, in the place of the features. */
  private Encoded normalised(NDArray x) {
    int[] row = {1};
    NDArray zeros = x.getManager().zeros(new Shape(x.getShape().get(0), 1));
    return switch (config.normalization()) {
      case NONE -> new Encoded(x, zeros.add(1), zeros);
      case LAYER_NORM -> {
        NDArray mean = x.mean(row, true);
        NDArray centred = x.sub(mean);
        long n = x.getShape().get(1);
        NDArray std = centred.square().sum(row, true).div(n - 1).sqrt(); // unbiased, as torch's
        yield new Encoded(centred.div(std.add(EPS)), std, mean);
      }
      case CONSTANT_NORM_RESCALE -> {
        NDArray length = x.square().sum(row, true).sqrt();
        NDArray scale = length.div(Math.sqrt(x.getShape().get(1)));
        yield new Encoded(x.div(scale), scale, zeros);
      }
    };
  }

  private NDArray active(NDArray in, SaeWeights w) {
    NDArray dots = (config.centred() ? in.sub(w.decoderBias()) : in).matMul(w.encoder());
    NDArray pre = dots.add(w.bias());
    return switch (config.architecture()) {
      case STANDARD -> activated(pre);
      case GATED ->
          NDArrays.maximum(dots.mul(w.magnitude()).add(w.magnitudeBias()), 0).mul(mask(pre.gt(0)));
      case JUMPRELU, BATCHTOPK -> activated(pre).mul(mask(pre.gt(w.threshold())));
      case TOPK -> largest(config.rescaled() ? pre.mul(w.lengths()) : pre);
    };
  }

  private NDArray activated(NDArray pre) {
    NDArray positive = NDArrays.maximum(pre, 0);
    return config.activation() == Activation.TANH_RELU ? positive.tanh() : positive;
  }

  /** The k largest features of each token, where they are positive. */
  private NDArray largest(NDArray pre) {
    int k = Math.min(config.k(), count());
    NDArray least = pre.topK(k, 1).get(0).min(new int[] {1}, true);
    return NDArrays.maximum(pre, 0).mul(mask(pre.gte(least)));
  }

  private static NDArray mask(NDArray a) {
    return a.toType(DataType.FLOAT32, false);
  }

  /**
   * The value vectors of all features, as they are added to the residual stream: for an autoencoder
   * of neurons' coefficients what these neurons write.
   *
   * @param clip the model with its edits
   * @param scope owns the result
   * @return (d, count)
   */
  public NDArray values(Clip clip, NDManager scope) {
    return inStream(weights.decoder(), clip, scope);
  }

  /** Those of some features (d, features). */
  NDArray values(Clip clip, List<Feature> features, NDManager scope) {
    return inStream(rows(features, scope), clip, scope);
  }

  /**
   * The value vector of one feature, as it is added to the residual stream.
   *
   * @param clip the model with its edits
   * @return (d)
   */
  public float[] valueVector(Clip clip, Feature feature) {
    try (NDManager scope = manager.newSubManager()) {
      return values(clip, List.of(feature), scope).toFloatArray();
    }
  }

  /** What features add to x for a coefficient of 1 (features, width). */
  NDArray rows(List<Feature> features, NDManager scope) {
    features.forEach(this::known);
    return weights.rows(features, scope);
  }

  /** Rows of the decoder (n, width) as columns of the residual stream (d, n). */
  private NDArray inStream(NDArray rows, Clip clip, NDManager scope) {
    NDArray columns = rows.transpose();
    columns.attach(scope);
    if (!hook().isOfNeurons()) {
      return columns;
    }
    Progress.checkInterrupt();
    Neuron.Block block = hook().block().orElseThrow();
    NDArray written = clip.vision().values(block, hook().layer(), scope).matMul(columns);
    written.attach(scope);
    return written;
  }

  @Override
  public void close() {
    manager.close();
  }
}
