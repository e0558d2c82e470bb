package dev.engram.experiment;

import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.data.Dataset;
import dev.engram.data.DatasetClass;
import dev.engram.data.DatasetImage;
import dev.engram.data.Templates;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Zero-shot accuracy (Tables 3, 4 and 8): an image is taken for the class whose prompt is nearest
 * to it by the cosine. Several templates make one class vector, the mean of their unit vectors, as
 * in CLIP. The prompts are embedded once, so that the image tower may be edited between runs.
 */
public final class ZeroShot {
  private static final int BATCH = 16;

  /** What the paper reports before editing, in percent, by {@link Dataset#layout} (Table 4). */
  public static final Map<String, Double> PAPER =
      Map.of("ImageNet", 72.20, "CUB-200-2011", 62.10, "Flowers-102", 79.50);

  private final Clip clip;
  private final Dataset dataset;
  private final Settings settings;
  private final float[][] classVectors;

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

    /**
     * @return the classes' own labels; every image has to be readable
     */
    public static Settings standard() {
      return new Settings(List.of(), false);
    }
  }

  /**
   * @param image what was shown
   * @param predicted index of the class that it was taken for
   */
  public record Prediction(DatasetImage image, int predicted) {
    /**
     * @return whether it was taken for what it is
     */
    public boolean correct() {
      return predicted == image.classIndex();
    }
  }

  /**
   * @param shown the class
   * @param images of it that were read
   * @param correct how many of them were taken for it
   */
  public record ClassAccuracy(DatasetClass shown, int images, int correct) {
    /**
     * @return 0 to 1; NaN without images
     */
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

    /**
     * @return the share of images taken for what they are, 0 to 1
     */
    public Estimate accuracy() {
      return Estimate.of(predictions.stream().mapToDouble(p -> p.correct() ? 1 : 0).toArray());
    }

    /**
     * @return the mean of the classes' accuracies, each class counting the same
     */
    public double classMean() {
      return classes().stream()
          .filter(c -> c.images > 0)
          .mapToDouble(ClassAccuracy::accuracy)
          .average()
          .orElse(Double.NaN);
    }

    /**
     * @return every class, by its index; some may have no images
     */
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

    /**
     * @return {@link #confusion} of every class that has images, by its index
     */
    public Map<Integer, List<TakenFor>> confusions() {
      Map<Integer, Map<Integer, Integer>> counts = new LinkedHashMap<>();
      for (Prediction p : predictions) {
        counts
            .computeIfAbsent(p.image.classIndex(), k -> new LinkedHashMap<>())
            .merge(p.predicted, 1, Integer::sum);
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

  /** An image as the processor makes it, or the sentence that says why it cannot be read. */
  private record Read(DatasetImage image, Optional<float[]> pixels, String sentence) {}

  /**
   * Embeds the prompts.
   *
   * @param dataset with at least one image
   */
  public ZeroShot(Clip clip, Dataset dataset, Settings settings, Progress progress) {
    if (dataset.images().isEmpty()) {
      throw new EngramException("The data set " + dataset.name() + " has no images.");
    }
    this.clip = clip;
    this.dataset = dataset;
    this.settings = settings;
    this.classVectors = classVectors(clip, dataset.classes(), settings.templates, progress);
  }

  /** Embeds the prompts and all images. */
  public static Result run(Clip clip, Dataset dataset, Settings settings, Progress progress) {
    return new ZeroShot(clip, dataset, settings, progress).run(progress);
  }

  /**
   * @param templates empty for the classes' own labels
   * @return the mean over the templates of the prompts' unit vectors, of unit length (C, D)
   */
  public static float[][] classVectors(
      Clip clip, List<DatasetClass> classes, List<String> templates, Progress progress) {
    int sets = Math.max(1, templates.size());
    float[][] sum = new float[classes.size()][];
    for (int t = 0; t < sets; t++) {
      long before = (long) t * classes.size();
      List<String> prompts = new ArrayList<>();
      for (DatasetClass c : classes) {
        prompts.add(templates.isEmpty() ? c.label() : Templates.fill(templates.get(t), c.title()));
      }
      float[][] vectors =
          clip.embedTexts(
              prompts,
              (what, done, total) ->
                  progress.report("embedding prompts", before + done, sets * total));
      for (int c = 0; c < sum.length; c++) {
        float[] unit = unit(vectors[c]);
        sum[c] = sum[c] == null ? unit : plus(sum[c], unit);
      }
    }
    for (int c = 0; c < sum.length; c++) {
      sum[c] = unit(sum[c]);
    }
    return sum;
  }

  private static float[] plus(float[] a, float[] b) {
    float[] out = new float[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] + b[i];
    }
    return out;
  }

  private static float[] unit(float[] v) {
    double squares = 0;
    for (float x : v) {
      squares += (double) x * x;
    }
    float[] out = new float[v.length];
    for (int i = 0; i < v.length; i++) {
      out[i] = (float) (v[i] / Math.sqrt(squares));
    }
    return out;
  }

  /**
   * Embeds all images with the image tower as it is now.
   *
   * @throws EngramException if an image cannot be read and is not to be skipped, or none can
   */
  public Result run(Progress progress) {
    List<Prediction> predictions = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    List<DatasetImage> images = dataset.images();
    for (int i = 0; i < images.size(); i += BATCH) {
      progress.step("evaluating images", i, images.size());
      predict(images.subList(i, Math.min(images.size(), i + BATCH)), predictions, skipped);
    }
    progress.step("evaluating images", images.size(), images.size());
    if (predictions.isEmpty()) {
      throw new EngramException(
          "None of the %d images of %s can be read; the first: %s"
              .formatted(images.size(), dataset.name(), skipped.get(0)));
    }
    return new Result(dataset, predictions, skipped, provenance(skipped.size()));
  }

  private void predict(
      List<DatasetImage> batch, List<Prediction> predictions, List<String> skipped) {
    List<DatasetImage> read = new ArrayList<>();
    List<float[]> pixels = new ArrayList<>();
    // decoding takes longer than a GPU does for the rest
    for (Read r : batch.parallelStream().map(this::read).toList()) {
      if (r.pixels.isPresent()) {
        read.add(r.image);
        pixels.add(r.pixels.get());
      } else {
        skipped.add(r.sentence);
      }
    }
    if (pixels.isEmpty()) {
      return;
    }
    float[][] embeddings = clip.embedImages(pixels, Progress.NONE);
    for (int i = 0; i < embeddings.length; i++) {
      predictions.add(new Prediction(read.get(i), nearest(embeddings[i])));
    }
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

  /** The class of the largest cosine, the first of equals; the image's length plays no part. */
  private int nearest(float[] embedding) {
    int best = 0;
    double highest = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classVectors.length; c++) {
      float[] v = classVectors[c];
      double dot = 0;
      for (int d = 0; d < v.length; d++) {
        dot += (double) v[d] * embedding[d];
      }
      if (dot > highest) {
        highest = dot;
        best = c;
      }
    }
    return best;
  }

  private Provenance provenance(int skipped) {
    List<String> templates = settings.templates;
    return Provenance.of(
            "experiment",
            "zero-shot accuracy",
            "model",
            clip.name() + " " + clip.hash().substring(0, 12),
            "images",
            dataset + " (list " + dataset.listHash().substring(0, 12) + ")",
            "prompts",
            templates.isEmpty()
                ? "labels, such as \"" + dataset.classes().get(0).label() + "\""
                : templates.size() == 1
                    ? "\"" + templates.get(0) + "\""
                    : "mean of "
                        + templates.size()
                        + " templates, from \""
                        + templates.get(0)
                        + "\"")
        .with("skipped", skipped + " unreadable images")
        .with("interval", "95 %, normal, over images");
  }
}
