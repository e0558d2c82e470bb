package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Sha256;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.DatasetImage;
import dev.engram.data.DatasetLayout;
import dev.engram.data.Templates;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Zero-shot accuracy on a data set (Tables 3, 4 and 8), by {@link ZeroShotClassifier}. Every batch
 * is kept as soon as it is computed, so that an evaluation that was interrupted goes on where it
 * stopped.
 */
public final class ZeroShot {
  private static final int BATCH = 16;

  /** Classes of an image that are kept, for the top-5 accuracy. */
  private static final int NEAREST = 5;

  /** What the paper reports before editing, in percent, by {@link Dataset#layout} (Table 4). */
  public static final Map<DatasetLayout, Double> PAPER =
      Map.of(DatasetLayout.IMAGENET, 72.20, DatasetLayout.CUB, 62.10, DatasetLayout.FLOWERS, 79.50);

  private final Clip clip;
  private final Dataset dataset;
  private final Settings settings;
  private final ResultReuse keeping;
  private final Prompts prompts;
  private @Nullable ZeroShotClassifier classifier;

  /**
   * @param templates of prompts, <code>{}</code> where the class is named; empty for the classes'
   *     own labels
   * @param skipUnreadable whether images that cannot be read are left out and named; otherwise the
   *     first one ends the evaluation
   */
  public record Settings(List<String> templates, boolean skipUnreadable) {
    /** Refuses a template without a place for a name. */
    public Settings {
      templates = List.copyOf(templates);
      templates.forEach(t -> Templates.fill(t, ""));
    }

    /** The classes' own labels; every image has to be readable. */
    public static Settings standard() {
      return new Settings(List.of(), false);
    }
  }

  /**
   * @param image what was shown
   * @param nearest indices of the classes whose prompts are nearest, at most five, the nearest
   *     first
   */
  public record Prediction(DatasetImage image, List<Integer> nearest) {
    /** Keeps a copy. */
    public Prediction {
      nearest = List.copyOf(nearest);
    }

    /** Of an image of which only the nearest class is known. */
    public Prediction(DatasetImage image, int predicted) {
      this(image, List.of(predicted));
    }

    /** Index of the class that it was taken for. */
    public int predicted() {
      return nearest.get(0);
    }

    /** Whether it was taken for what it is. */
    public boolean correct() {
      return predicted() == image.classIndex();
    }
  }

  /**
   * @param shown the class
   * @param images of it that were read
   * @param correct how many of them were taken for it
   */
  public record ClassAccuracy(DatasetClass shown, int images, int correct) {
    /** The share of images that are taken for their own class, 0 to 1; NaN without images. */
    public double accuracy() {
      return (double) correct / images;
    }
  }

  /**
   * @param taken a class
   * @param images how many were taken for it
   */
  public record TakenFor(DatasetClass taken, int images) {}

  /**
   * @param dataset what was evaluated
   * @param predictions one for each image that was read, in the order of the data set
   * @param skipped one sentence for each image that was not
   * @param provenance where the numbers come from
   */
  public record Result(
      Dataset dataset, List<Prediction> predictions, List<String> skipped, Provenance provenance) {
    /** Keeps copies. */
    public Result {
      predictions = List.copyOf(predictions);
      skipped = List.copyOf(skipped);
    }

    /** The share of images taken for what they are, 0 to 1; sampled are classes. */
    public Estimate accuracy() {
      return Estimate.of(Recognised.sample(predictions.stream()));
    }

    /**
     * The same on the images that a model was not trained on; empty unless the data set says that
     * it was trained on the others.
     */
    public Optional<Estimate> heldOut() {
      return Recognised.heldOut(dataset, predictions);
    }

    /**
     * Top-5 accuracy: the share of images whose class is among the five nearest, 0 to 1; 1 where
     * there are no more classes than that.
     */
    public double topFive() {
      return predictions.stream()
          .mapToInt(p -> p.nearest.contains(p.image.classIndex()) ? 1 : 0)
          .average()
          .orElse(Double.NaN);
    }

    /** The mean of the classes' accuracies, each class counting the same. */
    public double classMean() {
      return classes().stream()
          .filter(c -> c.images > 0)
          .mapToDouble(ClassAccuracy::accuracy)
          .average()
          .orElse(Double.NaN);
    }

    /** Every class, by its index; some may have no images. */
    public List<ClassAccuracy> classes() {
      int n = dataset.classes().size();
      int[] images = new int[n];
      int[] correct = new int[n];
      for (Prediction p : predictions) {
        images[p.image.classIndex()]++;
        correct[p.image.classIndex()] += p.correct() ? 1 : 0;
      }
      return IntStream.range(0, n)
          .mapToObj(c -> new ClassAccuracy(dataset.classes().get(c), images[c], correct[c]))
          .toList();
    }

    /**
     * @param classIndex from 0
     * @return which classes its images were taken for, itself included, the most frequent first
     */
    public List<TakenFor> confusion(int classIndex) {
      return confusions().getOrDefault(classIndex, List.of());
    }

    /** The {@link #confusion} of every class that has images, by its index. */
    public Map<Integer, List<TakenFor>> confusions() {
      Map<Integer, Map<Integer, Integer>> counts = new LinkedHashMap<>();
      for (Prediction p : predictions) {
        counts
            .computeIfAbsent(p.image.classIndex(), k -> new LinkedHashMap<>())
            .merge(p.predicted(), 1, Integer::sum);
      }
      Map<Integer, List<TakenFor>> out = new LinkedHashMap<>();
      counts.forEach(
          (c, taken) ->
              out.put(
                  c,
                  taken.entrySet().stream()
                      .sorted(
                          Map.Entry.<Integer, Integer>comparingByValue(Comparator.reverseOrder())
                              .thenComparing(Map.Entry.comparingByKey()))
                      .map(e -> new TakenFor(dataset.classes().get(e.getKey()), e.getValue()))
                      .toList()));
      return out;
    }
  }

  /**
   * What is kept of a batch of images.
   *
   * @param nearest the classes nearest to each, the nearest first
   */
  private record Taken(List<List<Integer>> nearest) {}

  /** An image as the processor makes it, or the sentence that says why it cannot be read. */
  private record Read(DatasetImage image, Optional<float[]> pixels, String sentence) {}

  /**
   * @param clip must outlive this
   * @param dataset with at least one image
   * @param store where what is computed is kept, and looked for
   */
  public ZeroShot(Clip clip, Dataset dataset, Settings settings, ResultStore store) {
    if (dataset.images().isEmpty()) {
      throw new EngramException("The data set " + dataset.name() + " has no images.");
    }
    this.clip = clip;
    this.dataset = dataset;
    this.settings = settings;
    this.keeping = new ResultReuse(store);
    this.prompts = new Prompts(dataset.classes(), settings.templates);
  }

  /** Embeds the prompts and all images, and keeps nothing. */
  public static Result run(Clip clip, Dataset dataset, Settings settings, Progress progress) {
    return new ZeroShot(clip, dataset, settings, ResultStore.NONE).run(progress);
  }

  /** How many batches of images and of prompts were computed so far, and how many read. */
  public KeptParts kept() {
    return keeping.parts();
  }

  /**
   * Takes every image for a class.
   *
   * @throws EngramException if an image cannot be read and is not to be skipped, or none can
   */
  public Result run(Progress progress) {
    List<Prediction> predictions = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    List<DatasetImage> images = dataset.images();
    String promptsHash = prompts.hash();
    for (int i = 0; i < images.size(); i += BATCH) {
      progress.step("evaluating images", i, images.size());
      List<DatasetImage> batch = images.subList(i, Math.min(images.size(), i + BATCH));
      Optional<Map<String, String>> key = key(batch, promptsHash);
      Optional<Taken> known = key.flatMap(k -> keeping.read(k, Taken.class));
      if (known.isPresent()) {
        predictions.addAll(predictions(batch, known.get()));
        continue;
      }
      List<DatasetImage> readable = new ArrayList<>();
      Taken taken = taken(batch, readable, skipped, progress);
      predictions.addAll(predictions(readable, taken));
      keeping.computed();
      // what cannot be read may be mended; and then nothing old is in the way
      if (readable.size() == batch.size()) {
        key.ifPresent(k -> keeping.write(k, taken));
      }
    }
    progress.step("evaluating images", images.size(), images.size());
    if (predictions.isEmpty()) {
      throw new EngramException(
          "None of the %d images of %s can be read; the first: %s"
              .formatted(images.size(), dataset.name(), skipped.get(0)));
    }
    String interval = Interval.named(List.of(Estimate.of(Recognised.sample(predictions.stream()))));
    return new Result(
        prompts.shared().map(dataset::noted).orElse(dataset),
        predictions,
        skipped,
        provenance(skipped.size(), interval));
  }

  private static List<Prediction> predictions(List<DatasetImage> images, Taken taken) {
    return IntStream.range(0, images.size())
        .mapToObj(i -> new Prediction(images.get(i), taken.nearest.get(i)))
        .toList();
  }

  /** Everything that a batch depends on; empty if a file of it cannot be read. */
  private Optional<Map<String, String>> key(List<DatasetImage> batch, String promptsHash) {
    Optional<Map<String, String>> key = keeping.key("zero-shot accuracy", clip);
    if (key.isEmpty()) {
      return key;
    }
    try {
      List<String> hashes = Parallel.map(batch, i -> Hashes.ofFile(i.file()));
      key.get().put("images", Hashes.of(String.join(" ", hashes)));
      key.get().put("prompts", promptsHash);
      return key;
    } catch (EngramException e) {
      return Optional.empty(); // said where the image is read
    }
  }

  /**
   * @param readable is given the images that can be read
   * @param skipped is given a sentence for each of the others
   */
  private Taken taken(
      List<DatasetImage> batch,
      List<DatasetImage> readable,
      List<String> skipped,
      Progress progress) {
    List<float[]> pixels = new ArrayList<>();
    // decoding takes longer than a GPU does for the rest
    for (Read r : Parallel.map(batch, this::read)) {
      if (r.pixels.isPresent()) {
        readable.add(r.image);
        pixels.add(r.pixels.get());
      } else {
        skipped.add(r.sentence);
      }
    }
    if (pixels.isEmpty()) {
      return new Taken(List.of());
    }
    ZeroShotClassifier classes = classifier;
    if (classes == null) {
      classes = new ZeroShotClassifier(new ClassVectors(clip, prompts, keeping).read(progress));
      classifier = classes;
    }
    List<List<Integer>> nearest = new ArrayList<>();
    for (float[] image : clip.embedImages(pixels, Progress.NONE)) {
      nearest.add(classes.nearest(image, NEAREST));
    }
    return new Taken(nearest);
  }

  private Read read(DatasetImage image) {
    try {
      return new Read(image, Optional.of(clip.processor().process(image.file())), "");
    } catch (EngramException e) {
      Progress.checkInterrupt(); // an interrupted read is no damaged file
      if (!settings.skipUnreadable) {
        throw e;
      }
      return new Read(image, Optional.empty(), String.valueOf(e.getMessage()));
    }
  }

  private Provenance provenance(int skipped, String interval) {
    return Provenance.of("experiment", "zero-shot accuracy")
        .with(clip)
        .with(
            "images",
            dataset + " (list " + Sha256.brief(dataset.listHash()) + ")",
            "prompts",
            prompts.toString(),
            "skipped",
            skipped + " unreadable images",
            "interval",
            interval);
  }
}
