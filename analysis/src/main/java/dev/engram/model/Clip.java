package dev.engram.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.AbstractList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A CLIP model: vision tower, text tower, tokenizer and image processor, read from one directory.
 * Owns the native memory of its weights until it is closed; what its methods return is plain Java,
 * except a {@link Trace}.
 */
public final class Clip implements AutoCloseable, Provenance.Model {
  /** Texts that are embedded at once. */
  private static final int TEXT_BATCH = 256;

  /** Images that are embedded at once. */
  private static final int IMAGE_BATCH = 16;

  private final Checkpoint checkpoint;
  private final String name;
  private final ClipConfig config;
  private final Devices device;
  private final Precision precision;
  private final Batches batches;
  private final NDManager manager;
  private final VisionTower vision;
  private final @Nullable TextTower text;
  private final @Nullable Double logitScale;
  private final @Nullable Tokenizer tokenizer;
  private final ImageProcessor processor;
  private final Optional<String> caution;
  private final @Nullable Clip origin;

  /** What distinguishes it from its origin: the digest of each weight that differs. */
  private final SortedMap<Weight, String> changed;

  /** Of weights that somebody asked for: values of a model never change. */
  private final Map<Weight, String> digests = new ConcurrentHashMap<>();

  private @Nullable String weightsHash;
  private @Nullable String hash;

  private Clip(
      Checkpoint checkpoint,
      String name,
      Devices device,
      Precision precision,
      NDManager manager,
      Progress progress) {
    this.checkpoint = checkpoint;
    this.name = precision == Precision.F32 ? name : name + " in " + precision;
    this.device = device;
    this.precision = precision;
    this.batches = Batches.on(device.device());
    this.manager = manager;
    origin = null;
    changed = new TreeMap<>();
    caution = Caution.read(checkpoint.directory);
    ClipConfig stated = ConfigReader.read(checkpoint);
    processor =
        ImageProcessor.of(
            checkpoint.directory, stated.imageSize(), stated.family(), checkpoint.naming);
    tokenizer = stated.hasText() ? tokenizer(checkpoint.directory, stated) : null;
    try {
      vision = new VisionTower(manager, checkpoint, stated, precision, progress);
      text =
          tokenizer == null ? null : new TextTower(manager, checkpoint, stated, tokenizer.padId());
      if (checkpoint.has("logit_scale")) {
        long[] one = checkpoint.shape("logit_scale").length == 0 ? new long[0] : new long[] {1};
        try (NDArray s = checkpoint.tensor(manager, "logit_scale", one)) {
          logitScale = Math.exp(s.toFloatArray()[0]);
        }
      } else {
        logitScale = null;
      }
      config =
          UnreadTensors.check(checkpoint, checkpoint.unread()).map(stated::noting).orElse(stated);
    } catch (Throwable t) {
      if (tokenizer != null) {
        tokenizer.close();
      }
      throw t;
    }
  }

  private static Tokenizer tokenizer(Path directory, ClipConfig config) {
    return config.family() == ClipConfig.Family.SIGLIP
        ? Tokenizer.withoutStart(directory, config.contextLength())
        : Tokenizer.of(directory, config.contextLength(), config.endOfTextId());
  }

  /** A model that shares everything with its origin but some weights of the vision tower. */
  private Clip(
      Clip origin, String name, Map<Weight, float[]> values, Collection<Neuron> suppressed) {
    this.origin = origin;
    this.name = name;
    checkpoint = origin.checkpoint;
    config = origin.config;
    device = origin.device;
    precision = origin.precision;
    batches = origin.batches;
    text = origin.text;
    logitScale = origin.logitScale;
    tokenizer = origin.tokenizer;
    processor = origin.processor;
    caution = origin.caution;
    changed = new TreeMap<>();
    manager = origin.manager.newSubManager();
    try {
      Map<Weight, NDArray> arrays = new HashMap<>();
      values.forEach(
          (weight, floats) -> {
            check(weight, floats);
            String digest = digest(floats);
            if (!digest.equals(origin.digest(weight))) {
              changed.put(weight, digest);
              digests.put(weight, digest);
              arrays.put(
                  weight, manager.create(floats, new Shape(weight.kind().shape(config.vision()))));
            }
          });
      vision = origin.vision.with(manager, arrays).suppressing(suppressed);
    } catch (Throwable t) {
      manager.close();
      throw t;
    }
  }

  private void check(Weight weight, float[] floats) {
    Shape shape = new Shape(weight.kind().shape(config.vision()));
    if (weight.layer() >= config.vision().layers() || floats.length != shape.size()) {
      throw new IllegalArgumentException(
          "%s has the shape %s in a model of %d layers, got %d values"
              .formatted(weight, shape, config.vision().layers(), floats.length));
    }
    for (float x : floats) {
      if (!Float.isFinite(x)) {
        throw new EngramException(
            "The edit would put %s into %s of %s; nothing was changed."
                .formatted(x, weight, original().name));
      }
    }
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
    return new Clip(this, name + " (edited)", values, suppressed);
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
    int layers = config.vision().layers();
    if (firstLayer < 0 || firstLayer >= layers) {
      throw new EngramException(
          "The layers of %s count from 0 to %d; got %d.".formatted(name, layers - 1, firstLayer));
    }
    Map<Weight, float[]> values = new HashMap<>();
    changed.keySet().forEach(weight -> values.put(weight, values(weight)));
    for (int l = firstLayer; l < layers; l++) {
      Progress.checkInterrupt();
      Random random = new Random(31 * seed + l);
      for (Weight.Kind kind : Weight.Kind.of(config.vision())) {
        Weight weight = new Weight(l, kind);
        values.put(weight, drawn(values(weight), random));
      }
    }
    return new Clip(
        original(),
        "%s (random from layer %d)".formatted(name, firstLayer),
        values,
        vision.suppressed());
  }

  /** As many values from a normal distribution with the same mean and deviation. */
  private static float[] drawn(float[] like, Random random) {
    double mean = 0;
    for (float x : like) {
      mean += x / (double) like.length;
    }
    double variance = 0;
    for (float x : like) {
      variance += (x - mean) * (x - mean) / like.length;
    }
    double deviation = Math.sqrt(variance);
    float[] out = new float[like.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return out;
  }

  /**
   * @return the model as it was read from its directory, itself where it is not edited
   */
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
   *     suppresses neurons, which no weights express; nothing is left behind then
   */
  public void save(Path directory, Map<String, String> metadata, Progress progress) {
    if (!vision.suppressed().isEmpty()) {
      throw new EngramException(
          "A model that suppresses neurons in the residual stream cannot be saved, since no weights"
              + " express that; undo the residual removal of %s, or remove completely."
                  .formatted(vision.suppressed()));
    }
    new CheckpointWriter(checkpoint, this).write(directory, metadata, progress);
  }

  /**
   * @return all values of a weight of the vision tower, row-major
   */
  public float[] values(Weight weight) {
    try (NDManager scope = manager.newSubManager()) {
      return vision.weight(weight, scope).toFloatArray();
    }
  }

  /**
   * @return SHA-256 of a weight's values as float32, little endian, in hexadecimal
   */
  public String digest(Weight weight) {
    return digests.computeIfAbsent(weight, w -> digest(values(w)));
  }

  /**
   * Loads a model.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @throws EngramException if something is missing, damaged or of an unknown architecture
   */
  public static Clip load(Path directory, String device, Progress progress) {
    return load(directory, device, Precision.F32, progress);
  }

  /**
   * Loads a model in a precision.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @param precision of the image tower's layers
   * @throws EngramException if something is missing, damaged or of an unknown architecture
   */
  public static Clip load(Path directory, String device, Precision precision, Progress progress) {
    Path folder = directory.toAbsolutePath().normalize().getFileName();
    String name = folder == null ? "model" : folder.toString();
    return load(directory, name, device, precision, progress);
  }

  /**
   * Loads a model under a name of its own.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   * @param name by which provenance names it
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @throws EngramException if something is missing, damaged or of an unknown architecture
   */
  public static Clip load(Path directory, String name, String device, Progress progress) {
    return load(directory, name, device, Precision.F32, progress);
  }

  /**
   * Loads a model in a precision, under a name of its own.
   *
   * @param directory holds safetensors, configuration, tokenizer.json
   * @param name by which provenance names it; a precision other than float32 is added to it
   * @param device {@code auto}, {@code cpu} or {@code gpu}
   * @param precision of the image tower's layers
   * @throws EngramException if something is missing, damaged or of an unknown architecture
   */
  public static Clip load(
      Path directory, String name, String device, Precision precision, Progress progress) {
    Devices chosen = Devices.choose(device);
    NDManager manager = NDManager.newBaseManager(chosen.device(), "PyTorch");
    return load(directory, name, chosen, precision, manager, progress);
  }

  /**
   * @param manager gets the weights; closed here if loading fails
   */
  static Clip load(
      Path directory,
      String name,
      Devices device,
      Precision precision,
      NDManager manager,
      Progress progress) {
    try {
      return new Clip(Checkpoint.open(directory), name, device, precision, manager, progress);
    } catch (Throwable t) {
      manager.close();
      throw t;
    }
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
          checkUsable(embedding, "an image");
        }
      } catch (Throwable t) {
        trace.close();
        throw t;
      }
      return trace;
    }
  }

  /** NaN and infinity propagate to the embedding, and one of zeros has a cosine with nothing. */
  private void checkUsable(float[] embedding, String what) {
    double squares = 0;
    for (float x : embedding) {
      squares += (double) x * x;
      if (!Float.isFinite(x)) {
        throw new EngramException(
            "The model %s embeds %s as %s instead of numbers: its weights are damaged, or an"
                    .formatted(name(), what, x)
                + " intervention is not finite; download "
                + directory()
                + (precision == Precision.F32
                    ? " again."
                    : " again, or use --precision f32, whose numbers do not end at 65,504."));
      }
    }
    if (squares == 0) {
      throw new EngramException(
          "The model %s embeds %s as zeros, which have no direction to compare: its weights are zero or damaged, or an intervention or edit took all away; download %s again, or undo the edit."
              .formatted(name(), what, directory()));
    }
  }

  /**
   * Puts images into one array.
   *
   * @param owner of the array
   * @param pixels images, each (3, S, S) row-major
   * @return (B, 3, S, S) on the model's device
   */
  public NDArray batch(NDManager owner, List<float[]> pixels) {
    int s = config.imageSize();
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
    List<Path> copy = List.copyOf(files);
    return new AbstractList<>() {
      @Override
      public float[] get(int index) {
        return processor.process(copy.get(index));
      }

      @Override
      public int size() {
        return copy.size();
      }
    };
  }

  /**
   * Embeds images.
   *
   * @param pixels images as the processor makes them, each (3, S, S) row-major
   * @return M_image, not normalised (n, D)
   */
  public float[][] embedImages(List<float[]> pixels, Progress progress) {
    float[][] out = new float[pixels.size()][];
    batches.each(
        out.length,
        IMAGE_BATCH,
        bytesPerImage(),
        (from, to) -> {
          progress.step("embedding images", from, out.length);
          try (Trace t = trace(pixels.subList(from, to), TraceRequest.none(), List.of())) {
            System.arraycopy(t.embeddings(), 0, out, from, to - from);
          }
        });
    progress.step("embedding images", out.length, out.length);
    return out;
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
    TextTower tower = text();
    // Short texts with short ones: a batch costs as much as its longest text.
    List<Integer> byLength =
        IntStream.range(0, ids.size())
            .boxed()
            .sorted(Comparator.comparing(i -> ids.get(i).length))
            .toList();
    ids.forEach(this::checkTokens);
    float[][] out = new float[ids.size()][];
    batches.each(
        out.length,
        TEXT_BATCH,
        bytes(config.text(), config.contextLength()),
        (from, to) -> {
          progress.step("embedding texts", from, out.length);
          List<Integer> part = byLength.subList(from, to);
          float[][] z = tower.forward(part.stream().map(ids::get).toList());
          for (int j = 0; j < z.length; j++) {
            checkUsable(z[j], "a text");
            out[part.get(j)] = z[j];
          }
        });
    progress.step("embedding texts", out.length, out.length);
    return out;
  }

  /** An id beyond the vocabulary would be read from beyond the embedding. */
  private void checkTokens(int[] ids) {
    if (ids.length == 0 || ids.length > config.contextLength()) {
      throw new EngramException(
          "A text has 1 to %d tokens, got %d.".formatted(config.contextLength(), ids.length));
    }
    for (int id : ids) {
      if (id < 0 || id >= config.vocabularySize()) {
        throw new EngramException(
            "The model %s knows the tokens 0 to %d, got %d: these ids, or the tokenizer in %s, are of another model."
                .formatted(name(), config.vocabularySize() - 1, id, directory()));
      }
    }
  }

  /**
   * @return the name of the model, its directory's where it was given none
   */
  @Override
  public String name() {
    return name;
  }

  /**
   * @return SHA-256 of the weight files' bytes, in hexadecimal; computed at the first call. Of an
   *     edited model that of its original's with every weight that differs: whatever edits led to
   *     the same weights, the hash is the same, and without any it is the original's. A precision
   *     other than float32 is part of it, so that no result is taken for one of another precision
   */
  @Override
  public synchronized String hash() {
    if (hash == null) {
      hash = origin == null ? inPrecision(weightsHash()) : editedHash(origin.hash());
    }
    return hash;
  }

  /**
   * @return the sentence of {@code caution.txt} in the model's directory, which belongs under every
   *     number of the model and of its edited ones; empty if there is none
   */
  @Override
  public Optional<String> caution() {
    return caution;
  }

  private String inPrecision(String weights) {
    return precision == Precision.F32
        ? weights
        : Sha256.of((weights + "\nprecision " + precision).getBytes(UTF_8));
  }

  /**
   * @return SHA-256 of the weight files' bytes, in hexadecimal, whatever the edits and the
   *     precision are: what the text tower depends on, which both leave alone
   */
  public synchronized String weightsHash() {
    if (weightsHash == null) {
      weightsHash = origin == null ? sha256(checkpoint.files) : origin.weightsHash();
    }
    return weightsHash;
  }

  private String editedHash(String original) {
    if (changed.isEmpty() && vision.suppressed().isEmpty()) {
      return original;
    }
    MessageDigest digest = Sha256.digest();
    digest.update(original.getBytes(UTF_8));
    changed.forEach((w, d) -> digest.update(("\n" + w.tensor() + " " + d).getBytes(UTF_8)));
    vision.suppressed().forEach(n -> digest.update(("\nsuppressed " + n).getBytes(UTF_8)));
    return Sha256.hex(digest);
  }

  /**
   * @return SHA-256 of values as float32, little endian, in hexadecimal
   */
  public static String digest(float[] values) {
    MessageDigest digest = Sha256.digest();
    ByteBuffer bytes = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < values.length; i += bytes.capacity() / 4) {
      int n = Math.min(bytes.capacity() / 4, values.length - i);
      bytes.asFloatBuffer().put(values, i, n);
      digest.update(bytes.array(), 0, 4 * n);
    }
    return Sha256.hex(digest);
  }

  private static String sha256(List<Path> files) {
    MessageDigest digest = Sha256.digest();
    byte[] buffer = new byte[1 << 16];
    for (Path file : files) {
      try (InputStream in = Files.newInputStream(file)) {
        for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
          Progress.checkInterrupt();
          digest.update(buffer, 0, n);
        }
      } catch (IOException e) {
        throw new EngramException("Cannot read the model's weights: " + e.getMessage() + ".", e);
      }
    }
    return Sha256.hex(digest);
  }

  /**
   * @return sizes, settings, and what was inferred
   */
  public ClipConfig config() {
    return config;
  }

  /**
   * @return the directory that it was read from
   */
  public Path directory() {
    return checkpoint.directory;
  }

  /**
   * @return who named the tensors: {@code Hugging Face}, {@code OpenAI / OpenCLIP}, …
   */
  public String naming() {
    return checkpoint.naming.title;
  }

  /**
   * @return the type in which the weights are stored: F32, F16 or BF16; see {@link #precision} for
   *     the one in which they compute
   */
  public String storedType() {
    return checkpoint.dtype("vision_model.embeddings.patch_embedding.weight");
  }

  /**
   * @return {@code cpu} or {@code gpu(0)}
   */
  public String device() {
    return device.device().toString().replace("()", "");
  }

  /**
   * @return in which its image tower's layers multiply
   */
  public Precision precision() {
    return precision;
  }

  /**
   * Refuses what needs gradients: the engine's conversion to float16 cuts them off, so those that
   * come through the residual stream alone would be taken for all.
   *
   * @param what a phrase, as "fine-tuning"
   * @throws EngramException if the model is in another precision than float32
   */
  public void requireFloat32(String what) {
    if (precision != Precision.F32) {
      throw new EngramException(
          "%s needs gradients, which the engine does not pass through %s; load the model with --precision f32."
              .formatted(what, precision));
    }
  }

  /**
   * @return how many images it takes at once where it computes; shared with its edited models
   */
  public Batches batches() {
    return batches;
  }

  /**
   * @return an estimate of what one image takes on its way through the vision tower, in bytes
   */
  public long bytesPerImage() {
    return bytes(config.vision(), config.imageTokens());
  }

  /** The intermediates of one layer, and what a trace of the class token keeps of all. */
  private static long bytes(ClipConfig.Tower t, long tokens) {
    long layer = tokens * (2L * t.ffnWidth() + 8L * t.width()) + 2 * t.heads() * tokens * tokens;
    return Float.BYTES * (layer + 2L * t.neurons());
  }

  /**
   * @return why it computes there, a phrase
   */
  public String deviceReason() {
    return device.reason();
  }

  /**
   * @return the image tower
   */
  public VisionTower vision() {
    return vision;
  }

  /**
   * @return the text tower
   * @throws EngramException if the model is an image tower alone
   */
  public TextTower text() {
    config.text(); // refuses
    return Objects.requireNonNull(text);
  }

  /**
   * @return exp(logit_scale), by which cosines are multiplied before a softmax over classes
   * @throws EngramException if the checkpoint has none
   */
  public double logitScale() {
    if (logitScale == null) {
      throw new EngramException("The checkpoint has no logit_scale, so it gives no probabilities.");
    }
    return logitScale;
  }

  /**
   * @return text to token ids
   * @throws EngramException if the model is an image tower alone
   */
  public Tokenizer tokenizer() {
    config.text(); // refuses
    return Objects.requireNonNull(tokenizer);
  }

  /**
   * @return image files to pixels
   */
  public ImageProcessor processor() {
    return processor;
  }

  /**
   * @return owner of the weights; work in a sub-manager of it
   */
  public NDManager manager() {
    return manager;
  }

  /** Frees the weights; of an edited model those alone that it does not share. */
  @Override
  public void close() {
    manager.close();
    if (origin == null && tokenizer != null) {
      tokenizer.close();
    }
  }
}
