package dev.engram.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A CLIP model: vision tower, text tower, tokenizer and image processor, read from one directory.
 * Owns the native memory of its weights until it is closed; what its methods return is plain Java,
 * except a {@link Trace}.
 */
public final class Clip implements AutoCloseable, Provenance.Model {
  private final ClipParts parts;
  private final String name;
  private final NDManager manager;
  private final VisionTower vision;
  private final @Nullable Clip origin;
  private final Fingerprint fingerprint;
  private final Embedder embedder = new Embedder(this);

  /** A model as it was read. */
  Clip(ClipParts parts, String name, NDManager manager, VisionTower vision) {
    this.parts = parts;
    this.name = name;
    this.manager = manager;
    this.vision = vision;
    origin = null;
    fingerprint = Fingerprint.of(parts, this::values);
  }

  /**
   * A model that shares everything with its original but some weights of the vision tower; see
   * {@link Variants}.
   *
   * @param changed digests of these weights
   */
  Clip(
      Clip origin,
      String name,
      NDManager manager,
      VisionTower vision,
      SortedMap<Weight, String> changed) {
    this.parts = origin.parts;
    this.name = name;
    this.manager = manager;
    this.vision = vision;
    this.origin = origin;
    fingerprint = origin.fingerprint.edited(changed, vision.suppressed(), this::values);
  }

  /**
   * Begins to load a model: {@code Clip.from(directory).device("gpu").load()}.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   */
  public static ClipLoader from(Path directory) {
    return new ClipLoader(directory);
  }

  /**
   * The same model with other values in some weights of its vision tower. This one stays as it is,
   * and everything that is not changed is shared with it; so it must be open as long as the other
   * is. Changed weights are kept and multiplied in float32, whatever the model's precision: a small
   * change is not lost to rounding.
   *
   * @param values for each changed weight all its values, row-major
   * @param suppressed neurons whose direct part the last residual stream lacks (A.7); may be empty
   * @return a model with a hash of its own, unless no value differs; to be closed by the caller
   * @throws IllegalStateException if this model is an edited one
   * @throws EngramException if a value is not finite
   */
  public Clip edited(Map<Weight, float[]> values, Collection<Neuron> suppressed) {
    if (origin != null) {
      throw new IllegalStateException("edits are laid upon the original, not upon an edited model");
    }
    return Variants.of(this, name + " (edited)", values, suppressed);
  }

  /**
   * The same model with upper layers that know nothing: every weight of them is drawn from a normal
   * distribution with the mean and the deviation of its values. This one stays as it is; it must be
   * open as long as the other is.
   *
   * @param firstLayer the lowest layer of the vision tower that is drawn, from 0
   * @param seed the same seed, the same weights; a layer is drawn alike whatever the first one is
   * @return a model with a hash of its own, to be closed by the caller
   */
  public Clip randomised(int firstLayer, long seed) {
    Map<Weight, float[]> values = new HashMap<>();
    fingerprint.changed().forEach(weight -> values.put(weight, values(weight)));
    values.putAll(RandomLayers.draw(this, firstLayer, seed));
    return Variants.of(
        original(),
        "%s (random from layer %d)".formatted(name, firstLayer),
        values,
        vision.suppressed());
  }

  /** The model as it was read from its directory, itself where it is not edited. */
  public Clip original() {
    return origin == null ? this : origin;
  }

  /**
   * Saves the model, with its edits, as a directory of Hugging Face's {@code CLIPModel}, which
   * {@code transformers} and Engram read: weights in float32, configuration, tokenizer, image
   * processor. It gives the same embeddings to the bit; of a model in {@link Precision#F16} with
   * the rounded weights, and the same embeddings where it is loaded in that precision without
   * edits.
   *
   * @param directory is not there yet, or empty
   * @param metadata texts beside the weights; may be empty
   * @throws EngramException if the directory holds something or cannot be written, or if the model
   *     is resized or suppresses neurons, which no weights express; nothing is left behind then
   */
  public void save(Path directory, Map<String, String> metadata, Progress progress) {
    new CheckpointWriter(parts.checkpoint(), this).write(directory, metadata, progress);
  }

  /** All values of a weight of the vision tower, row-major. */
  public float[] values(Weight weight) {
    try (NDManager scope = manager.newSubManager()) {
      return vision.weight(weight, scope).toFloatArray();
    }
  }

  /** SHA-256 of a weight's values as float32, little endian, in hexadecimal. */
  public String digest(Weight weight) {
    return fingerprint.digest(weight);
  }

  Fingerprint fingerprint() {
    return fingerprint;
  }

  /**
   * One forward pass of the vision tower.
   *
   * @param pixels images as the processor makes them, each (3, S, S) row-major
   * @return what was kept; the caller closes it
   */
  public Trace trace(List<float[]> pixels, TraceRequest request, List<Intervention> interventions) {
    try (NDManager scope = manager.newSubManager()) {
      Trace trace = vision.forward(batch(scope, pixels), request, interventions);
      try {
        for (float[] embedding : trace.embeddings()) {
          embedder.checkUsable(embedding, "an image");
        }
      } catch (Throwable t) {
        trace.close();
        throw t;
      }
      return trace;
    }
  }

  /**
   * Passes images through the vision tower, as many at once as there is memory for: {@code
   * clip.traces(pixels, request).each(batch -> …)}.
   *
   * @param pixels images as the processor makes them, each (3, S, S) row-major
   * @param request what to keep of each
   */
  public Traces traces(List<float[]> pixels, TraceRequest request) {
    return new Traces(
        this, pixels, request, List.of(), Traces.usual(this), "passing images", Progress.NONE);
  }

  /**
   * Puts images into one array.
   *
   * @param owner of the array
   * @param pixels images, each (3, S, S) row-major
   * @return (B, 3, S, S) on the model's device
   */
  public NDArray batch(NDManager owner, List<float[]> pixels) {
    int s = config().imageSize();
    FloatBuffer all = FloatBuffer.allocate(pixels.size() * 3 * s * s);
    for (float[] p : pixels) {
      if (p.length != 3 * s * s) {
        throw new IllegalArgumentException(
            "expected an image of 3 x %d x %d values, got %d".formatted(s, s, p.length));
      }
      all.put(p);
    }
    return owner.create(all.flip(), new Shape(pixels.size(), 3, s, s), DataType.FLOAT32);
  }

  /**
   * Images that are read when they are asked for, so that a thousand of them need no memory; who
   * goes through the list twice reads them twice.
   *
   * @param files image files
   * @return their pixels, each (3, S, S); reading throws an EngramException for a damaged file
   */
  public List<float[]> pixels(List<Path> files) {
    return processor().pixels(files);
  }

  /**
   * Embeds images.
   *
   * @param pixels images as the processor makes them, each (3, S, S) row-major
   * @return M_image, not normalised (n, D)
   */
  public float[][] embedImages(List<float[]> pixels, Progress progress) {
    return embedder.images(pixels, progress);
  }

  /**
   * Embeds texts.
   *
   * @return M_text, not normalised (n, D)
   * @throws EngramException for an empty text, or one beyond the context length
   */
  public float[][] embedTexts(List<String> texts, Progress progress) {
    return embedTokens(texts.stream().map(tokenizer()::encode).toList(), progress);
  }

  /**
   * Embeds texts that are token ids already.
   *
   * @param ids one text each, start and end included
   * @return M_text, not normalised (n, D)
   */
  public float[][] embedTokens(List<int[]> ids, Progress progress) {
    return embedder.tokens(ids, progress);
  }

  /** The sentence of the directory's {@code caution.txt}, for every number; empty for none. */
  @Override
  public Optional<String> caution() {
    return parts.caution();
  }

  /** The name of the model, its directory's where it was given none. */
  @Override
  public String name() {
    return name;
  }

  /**
   * SHA-256 of the weight files' bytes, in hexadecimal; computed at the first call. Of an edited
   * model that of its original's with every weight that differs, whatever edits led to it. Another
   * precision than float32 and another resolution than the model's own are part of it.
   */
  @Override
  public String hash() {
    return fingerprint.hash();
  }

  /**
   * SHA-256 of the weight files' bytes, in hexadecimal, whatever the edits and the precision are:
   * what the text tower depends on, which both leave alone.
   */
  public String weightsHash() {
    return fingerprint.weightsHash();
  }

  /** Sizes, settings, and what was inferred. */
  public ClipConfig config() {
    return parts.config();
  }

  /** The directory that it was read from. */
  public Path directory() {
    return parts.checkpoint().directory;
  }

  /** Who named the tensors: {@code Hugging Face}, {@code OpenAI / OpenCLIP}, …. */
  public String naming() {
    return parts.checkpoint().naming.title();
  }

  /** The type in which the weights are stored, F32, F16 or BF16; not {@link #precision}. */
  public String storedType() {
    return parts.checkpoint().dtype("vision_model.embeddings.patch_embedding.weight");
  }

  /** {@code cpu} or {@code gpu(0)}. */
  public String device() {
    return parts.device().device().toString().replace("()", "");
  }

  /** Whether images have another size than the model learned with. */
  public boolean isResized() {
    return parts.resized();
  }

  /** In which its image tower's layers multiply. */
  public Precision precision() {
    return parts.precision();
  }

  /**
   * Refuses what needs gradients: the engine's conversion to float16 cuts them off, so those that
   * come through the residual stream alone would be taken for all.
   *
   * @param what a phrase, as "fine-tuning"
   * @throws EngramException if the model is in another precision than float32
   */
  public void requireFloat32(String what) {
    if (precision() != Precision.F32) {
      throw new EngramException(
          "%s needs gradients, which the engine does not pass through %s; load the model with --precision f32."
              .formatted(what, precision()));
    }
  }

  /** How many images it takes at once where it computes; shared with its edited models. */
  public Batches batches() {
    return parts.batches();
  }

  /** An estimate of what one image takes on its way through the vision tower, in bytes. */
  public long bytesPerImage() {
    return config().vision().bytesOfPass(config().imageTokens());
  }

  /** Why it computes there, a phrase. */
  public String deviceReason() {
    return parts.device().reason();
  }

  /** The image tower. */
  public VisionTower vision() {
    return vision;
  }

  /**
   * The text tower.
   *
   * @throws EngramException if the model is an image tower alone
   */
  public TextTower text() {
    config().text(); // refuses
    return Objects.requireNonNull(parts.text());
  }

  /**
   * exp(logit_scale), by which cosines are multiplied before a softmax over classes.
   *
   * @throws EngramException if the checkpoint has none
   */
  public double logitScale() {
    Double scale = parts.logitScale();
    if (scale == null) {
      throw new EngramException("The checkpoint has no logit_scale, so it gives no probabilities.");
    }
    return scale;
  }

  /**
   * Text to token ids.
   *
   * @throws EngramException if the model is an image tower alone
   */
  public Tokenizer tokenizer() {
    config().text(); // refuses
    return Objects.requireNonNull(parts.tokenizer());
  }

  /** Image files to pixels. */
  public ImageProcessor processor() {
    return parts.processor();
  }

  /** Owner of the weights; work in a sub-manager of it. */
  public NDManager manager() {
    return manager;
  }

  /** Frees the weights; of an edited model those alone that it does not share. */
  @Override
  public void close() {
    manager.close();
    Tokenizer tokenizer = parts.tokenizer();
    if (origin == null && tokenizer != null) {
      tokenizer.close();
    }
  }
}
