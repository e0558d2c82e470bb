package dev.engram.edit;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.model.Clip;
import dev.engram.model.GradientMode;
import dev.engram.model.Traces;
import dev.engram.model.VisionTower;
import dev.engram.model.Weight;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The baselines of Table 4: gradient descent on 1 − cos(M_image, M_text) (Eq. 24), of the last
 * layer or with LoRA. Trains on values of its own, never on the model's; after any number of steps
 * {@link #edit} gives what there is as an edit, so that checkpoints can be compared.
 */
public final class FineTuning implements AutoCloseable {
  /** The prompt of Eq. 24, with {@code {}} for the name. */
  public static final String PROMPT = "This is a photo of {}.";

  /**
   * What one pass may keep for the way back on a CPU: two images through all layers of ViT-L/14,
   * which keeps about 0.7 GB an image.
   */
  private static final long BYTES = 3L << 29;

  /**
   * The optimiser's settings.
   *
   * @param learningRate of AdamW, above 0
   * @param weightDecay of AdamW, in units of the learning rate
   */
  public record Settings(double learningRate, double weightDecay) {
    /** The paper's learning rate, PyTorch's weight decay; betas 0.9 and 0.999, ε 1e-8. */
    public static final Settings PAPER = new Settings(5e-6, 0.01);
  }

  private final Clip clip;
  private final Trainable trainable;
  private final Settings settings;
  private final AdamW optimiser;
  private final float[] text;
  private final NDManager manager;
  private final int images;
  private final int firstLayer;
  private final boolean resumed;
  private final int batch; // images in one pass on a CPU
  private final NDArray inputs; // of all images: h[firstLayer] (n, T, d), or pixels (n, 3, S, S)
  private final SortedMap<Trainable.Parameter, double[]> values;
  private int steps;

  /**
   * @param clip the model; stays as it is and must outlive this
   * @param trainable what is changed
   * @param pixels images of the thing, each (3, S, S)
   * @param text M_text of its prompt (D); the paper's is "This is a photo of [name]."
   * @throws EngramException if there is no image, or the model is not in float32
   */
  public FineTuning(
      Clip clip,
      Trainable trainable,
      List<float[]> pixels,
      float[] text,
      Settings settings,
      Progress progress) {
    this(clip, trainable, pixels, text, settings, BYTES, progress);
  }

  /**
   * @param bytes that one pass may keep for the way back on a CPU
   */
  FineTuning(
      Clip clip,
      Trainable trainable,
      List<float[]> pixels,
      float[] text,
      Settings settings,
      long bytes,
      Progress progress) {
    if (pixels.isEmpty()) {
      throw new EngramException("Fine-tuning needs at least one image, got none.");
    }
    clip.requireFloat32("Fine-tuning");
    this.clip = clip;
    this.trainable = trainable;
    this.settings = settings;
    this.text = text.clone();
    this.images = pixels.size();
    this.optimiser =
        new AdamW(
            new AdamW.Settings(settings.learningRate, 0.9, 0.999, 1e-8, settings.weightDecay));
    this.values = trainable.start(clip);
    this.resumed = clip.vision().isResumable();
    this.firstLayer = resumed ? trainable.firstLayer(clip) : 0;
    this.batch = (int) Math.max(1, Math.min(Traces.USUAL, bytes / bytesPerImage()));
    this.manager = clip.manager().newSubManager();
    try {
      inputs = resumed ? streams(pixels, progress) : clip.batch(manager, pixels);
    } catch (Throwable t) {
      manager.close();
      throw t;
    }
  }

  /** What the layers that are computed keep of one image. */
  private long bytesPerImage() {
    return (clip.config().vision().layers() - firstLayer) * clip.bytesPerImage();
  }

  /** Computes once what training does not change: the residual stream before the first layer. */
  private NDArray streams(List<float[]> pixels, Progress progress) {
    TraceRequest request =
        TraceRequest.none().with(Site.H, Tokens.ALL).layers(firstLayer, firstLayer);
    try (NDManager scope = manager.newSubManager()) {
      NDList parts = new NDList();
      clip.traces(pixels, request)
          .telling("preparing images", progress)
          .each(
              batch -> {
                NDArray h = batch.trace().get(Site.H, firstLayer);
                h.attach(scope);
                return h;
              },
              (from, h) -> parts.add(h));
      NDArray all = NDArrays.concat(parts);
      all.attach(manager);
      return all;
    }
  }

  /**
   * One step of AdamW on the mean loss of all images.
   *
   * @return the loss before the step
   */
  public double step(Progress progress) {
    SortedMap<Trainable.Parameter, float[]> gradients = new TreeMap<>();
    double loss = pass(gradients, progress);
    if (!Double.isFinite(loss)) {
      throw new EngramException(
          "The loss became %s after %d steps; use a smaller learning rate than %s."
              .formatted(loss, steps, settings.learningRate));
    }
    optimiser.next();
    gradients.forEach(
        (p, g) -> optimiser.update(p, java.util.Objects.requireNonNull(values.get(p)), g));
    steps++;
    return loss;
  }

  /** The mean of 1 − cos over the images, with the values as they are now. */
  public double loss(Progress progress) {
    return pass(null, progress);
  }

  /** d loss/d parameter for each trained array, row-major, with the values as they are now. */
  public SortedMap<Trainable.Parameter, float[]> gradients(Progress progress) {
    SortedMap<Trainable.Parameter, float[]> gradients = new TreeMap<>();
    pass(gradients, progress);
    return gradients;
  }

  /**
   * @param gradients get the gradients; null if only the loss is wanted
   */
  private double pass(
      @Nullable SortedMap<Trainable.Parameter, float[]> gradients, Progress progress) {
    double[] loss = new double[1];
    clip.batches()
        .each(
            images,
            batch,
            bytesPerImage(),
            (from, to) -> {
              progress.step("step " + (steps + 1), from, images);
              try (NDManager scope = clip.manager().newSubManager()) {
                return pass(from, to, gradients != null, scope);
              }
            },
            (from, part) -> {
              loss[0] += part.loss;
              if (gradients != null) {
                part.gradients.forEach((p, g) -> gradients.merge(p, g, FineTuning::sum));
              }
            });
    return loss[0];
  }

  /** Some images' part of the loss and of the gradients. */
  private record Part(double loss, SortedMap<Trainable.Parameter, float[]> gradients) {}

  private Part pass(int from, int to, boolean backwards, NDManager scope) {
    NDArray some = inputs.get(new NDIndex().addSliceDim(from, to));
    some.attach(scope);
    SortedMap<Trainable.Parameter, NDArray> arrays = arrays(scope, backwards);
    if (!backwards) {
      try (Trace t = forward(some, arrays, scope)) {
        return new Part(loss(t), new TreeMap<>());
      }
    }
    double loss;
    try (GradientCollector collector = GradientMode.collector();
        Trace t = forward(some, arrays, scope)) {
      NDArray unit = scope.create(unit(text), new Shape(1, text.length));
      NDArray share = scope.create(-1f / images);
      NDArray z = t.embedding();
      NDArray norm = z.mul(z).sum(new int[] {1}).sqrt();
      collector.backward(z.mul(unit).sum(new int[] {1}).div(norm).sum().mul(share));
      loss = loss(t);
    }
    SortedMap<Trainable.Parameter, float[]> gradients = new TreeMap<>();
    arrays.forEach(
        (p, array) -> {
          try (NDArray gradient = array.getGradient()) {
            gradients.put(p, gradient.toFloatArray());
          }
        });
    return new Part(loss, gradients);
  }

  private Trace forward(NDArray some, Map<Trainable.Parameter, NDArray> arrays, NDManager scope) {
    VisionTower tower = clip.vision().with(scope, trainable.weights(arrays, clip, scope));
    return resumed
        ? tower.resume(some, firstLayer, TraceRequest.none())
        : tower.forward(some, TraceRequest.none(), List.of());
  }

  /** New arrays in each pass: gradients add up in an array that is used again. */
  private SortedMap<Trainable.Parameter, NDArray> arrays(NDManager scope, boolean trained) {
    SortedMap<Trainable.Parameter, NDArray> out = new TreeMap<>();
    values.forEach(
        (p, v) -> {
          float[] floats = new float[v.length];
          for (int i = 0; i < v.length; i++) {
            floats[i] = (float) v[i];
          }
          NDArray array = scope.create(floats, trainable.shape(p, clip));
          array.setRequiresGradient(trained);
          out.put(p, array);
        });
    return out;
  }

  /** The batch's part of the mean of 1 − cos. */
  private double loss(Trace t) {
    return Arrays.stream(Cosine.ofRows(t.embedding().toFloatArray(), text))
        .map(c -> (1 - c) / images)
        .sum();
  }

  private static float[] sum(float[] a, float[] b) {
    for (int i = 0; i < a.length; i++) {
      a[i] += b[i];
    }
    return a;
  }

  private static float[] unit(float[] a) {
    double squares = 0;
    for (float x : a) {
      squares += (double) x * x;
    }
    float[] u = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      u[i] = (float) (a[i] / Math.sqrt(squares));
    }
    return u;
  }

  /** How many steps were made. */
  public int steps() {
    return steps;
  }

  /** The trained values as they are now, row-major; copies. */
  public SortedMap<Trainable.Parameter, double[]> values() {
    SortedMap<Trainable.Parameter, double[]> out = new TreeMap<>();
    values.forEach((p, v) -> out.put(p, v.clone()));
    return out;
  }

  /**
   * @param name the thing's name
   * @param source where the images come from, for provenance
   * @return the edit that gives a model the values as they are now
   */
  public Edit edit(String name, String source) {
    Map<Weight, WeightChange> changes = trainable.changes(values);
    return Edit.of(
        trainable.method(),
        "%s of %s, %d steps".formatted(trainable.method().title(), name, steps),
        clip,
        changes,
        Provenance.of(
            clip,
            "images",
            source,
            "steps",
            String.valueOf(steps),
            "learning rate",
            String.valueOf(settings.learningRate),
            "weight decay",
            String.valueOf(settings.weightDecay)));
  }

  @Override
  public void close() {
    manager.close();
  }
}
