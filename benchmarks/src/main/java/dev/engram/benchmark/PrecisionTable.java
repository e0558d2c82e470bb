package dev.engram.benchmark;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmapper;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.edit.KeyValue;
import dev.engram.experiment.Numbers;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Precision;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What fewer bits cost: the same analyses of VisEnt-mini in several precisions, each held against
 * float32, as the table of docs/gpu.md. Measures errors, no time; the numbers are the same in every
 * run on one machine.
 */
public final class PrecisionTable {
  private static final int TOP = 10;
  private static final int HEATMAPS = 3;
  private static final int KEYS = 100;
  private static final double RIDGE = 1e-2;
  private static final List<Reading> READINGS = List.of(Reading.LITERAL, Reading.DIRECT);

  private final List<Entity> entities;
  private final List<LabelledImage> background;
  private final Map<LabelledImage, float[]> pixels = new HashMap<>();
  private final int edits;
  private final PrintStream out = System.out;
  private final List<List<String>> columns = new ArrayList<>();

  /**
   * What one model says of the images.
   *
   * @param embeddings of all images
   * @param labels M_text of the entities' labels
   * @param scores mean improvement of every neuron, for each reading and entity
   * @param heatmaps of the neurons that lead in float32, on images of the first entities
   * @param taught one result of each edit
   */
  private record Answers(
      float[][] embeddings,
      float[][] labels,
      Map<Reading, double[][]> scores,
      List<double[]> heatmaps,
      List<Taught> taught) {
    double[][] cosines() {
      return PrecisionTable.cosines(embeddings, labels);
    }
  }

  /**
   * After a rank-one edit that teaches one entity to be another.
   *
   * @param residual ‖W′k* + b − f‖ / ‖f‖, where f is what the guides' block puts out, and W′k* is
   *     read in a forward pass of the edited model
   * @param cosine of the taught images with the label of the other, mean
   * @param cosines of all images with all labels
   */
  private record Taught(double residual, double cosine, double[][] cosines) {}

  private PrecisionTable(int images, int edits) {
    ImageSet set = ImageSet.read(Iconclip.entities()).firstImages(images);
    entities = set.entities();
    List<LabelledImage> all = ImageSet.read(Iconclip.background()).images();
    background = all.subList(0, Math.min(all.size(), KEYS));
    this.edits = edits;
  }

  /**
   * Prints the table.
   *
   * @param args images of each entity, how many edits, and the model's folder, the embedded one if
   *     it is left out
   */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      System.err.println("usage: PrecisionTable IMAGES EDITS [MODEL]");
      System.exit(2);
    }
    Path model = args.length > 2 ? Path.of(args[2]) : Iconclip.model();
    new PrecisionTable(Integer.parseInt(args[0]), Integer.parseInt(args[1])).print(model);
  }

  private void print(Path model) throws IOException {
    Answers reference;
    List<Neuron> leading;
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      read(clip);
      leading = leading(clip);
      reference = answers(clip, leading);
      out.printf(
          "%s, stored in %s: %d images of %d entities, %d neurons on %d images, %d edits%n%n",
          model.equals(Iconclip.model()) ? "iconclip" : clip.name(),
          clip.storedType(),
          reference.embeddings.length,
          entities.size(),
          leading.size(),
          HEATMAPS,
          edits);
    }
    column("float32", reference, reference);
    for (RoundedModel.Bits bits : RoundedModel.Bits.values()) {
      try (RoundedModel rounded = new RoundedModel(model, bits);
          Clip clip = Clip.from(rounded.directory).device("cpu").load()) {
        column("stored in " + bits + ", computed in float32", reference, answers(clip, leading));
      }
    }
    try (Clip clip = Clip.from(model).device("cpu").precision(Precision.F16).load()) {
      column("computed in F16", reference, answers(clip, leading));
    }
    try (Clip clip = Clip.from(model).device("cpu").precision(Precision.BF16).load()) {
      column("computed in BF16", reference, answers(clip, leading));
    }
    table();
  }

  /** Each image once: all variants of a model prepare it alike. */
  private void read(Clip clip) {
    Stream.concat(entities.stream().flatMap(e -> e.images().stream()), background.stream())
        .forEach(image -> pixels.put(image, clip.processor().process(image.file())));
  }

  private List<float[]> pixels(List<LabelledImage> images) {
    return images.stream().map(i -> Objects.requireNonNull(pixels.get(i))).toList();
  }

  // ---------------------------------------------------------------- what is measured

  /** Of each entity the first of its top ten that no other has brought, literal reading. */
  private List<Neuron> leading(Clip clip) {
    List<Neuron> found = new ArrayList<>();
    float[][] labels = labels(clip);
    try (Attributor attributor = new Attributor(clip)) {
      for (int i = 0; i < labels.length; i++) {
        attribution(attributor, entities.get(i), labels[i], Reading.LITERAL).top(TOP).stream()
            .map(Attribution.Ranked::neuron)
            .filter(n -> !found.contains(n))
            .limit(1)
            .forEach(found::add);
      }
    }
    return found;
  }

  private Attribution attribution(
      Attributor attributor, Entity entity, float[] label, Reading reading) {
    return attributor.attribute(
        pixels(entity.images()),
        entity.images().stream().map(LabelledImage::name).toList(),
        entity.label(),
        label,
        reading,
        Provenance.of(),
        Progress.NONE);
  }

  private float[][] labels(Clip clip) {
    return clip.embedTexts(entities.stream().map(Entity::label).toList(), Progress.NONE);
  }

  private Answers answers(Clip clip, List<Neuron> leading) {
    float[][] labels = labels(clip);
    Map<Reading, double[][]> scores = new EnumMap<>(Reading.class);
    try (Attributor attributor = new Attributor(clip)) {
      for (Reading reading : READINGS) {
        double[][] means = new double[labels.length][];
        for (int i = 0; i < means.length; i++) {
          means[i] = attribution(attributor, entities.get(i), labels[i], reading).means();
        }
        scores.put(reading, means);
      }
    }
    Heatmapper heatmapper = new Heatmapper(clip);
    List<float[]> looked =
        pixels(entities.stream().limit(HEATMAPS).map(e -> e.images().get(0)).toList());
    List<double[]> heatmaps = new ArrayList<>();
    for (Neuron n : leading) {
      heatmapper.heatmaps(looked, n).forEach(h -> heatmaps.add(h.map()));
    }
    return new Answers(embeddings(clip), labels, scores, heatmaps, taught(clip, labels));
  }

  private float[][] embeddings(Clip clip) {
    List<LabelledImage> all = entities.stream().flatMap(e -> e.images().stream()).toList();
    return clip.embedImages(pixels(all), Progress.NONE);
  }

  private static double[][] cosines(float[][] images, float[][] labels) {
    return Arrays.stream(images)
        .map(z -> Arrays.stream(labels).mapToDouble(t -> Cosine.of(z, t)).toArray())
        .toArray(double[][]::new);
  }

  private List<Taught> taught(Clip clip, float[][] labels) {
    Weight where = Weight.values(Neuron.Block.FFN, clip.config().vision().layers() * 2 / 3);
    Map<Weight, BackgroundKeys> keys =
        BackgroundKeys.of(clip, List.of(where), pixels(background), Tokens.CLASS, Progress.NONE);
    Insertion insertion =
        new Insertion(clip, keys, "VisEnt-mini", RIDGE, BackgroundKeys.Solver.AUTO);
    List<Taught> out = new ArrayList<>();
    for (int i = 0; i < edits; i++) {
      int other = (i + 1) % entities.size();
      Association association =
          new Association(
              entities.get(i).title(),
              "VisEnt-mini",
              pixels(entities.get(i).images()),
              pixels(entities.get(other).images()));
      Edit edit = insertion.rankOne(where, association, Progress.NONE);
      try (EditHistory history = new EditHistory(clip)) {
        history.apply(edit);
        out.add(taught(history.model(), where, clip, association, labels, other));
      }
    }
    return out;
  }

  private Taught taught(
      Clip edited, Weight where, Clip clip, Association association, float[][] labels, int other) {
    double[] wanted =
        Objects.requireNonNull(
                KeyValue.of(clip, List.of(where), association, Progress.NONE).get(where))
            .value();
    double[] got = output(edited, where, association.images());
    double[] bias = doubles(clip.values(new Weight(where.layer(), Weight.Kind.B_FC2)));
    double error = 0;
    double size = 0;
    for (int i = 0; i < got.length; i++) {
      double f = wanted[i] + bias[i];
      error += (got[i] - f) * (got[i] - f);
      size += f * f;
    }
    double cosine =
        Arrays.stream(edited.embedImages(association.images(), Progress.NONE))
            .mapToDouble(z -> Cosine.of(z, labels[other]))
            .average()
            .orElseThrow();
    return new Taught(Math.sqrt(error / size), cosine, cosines(embeddings(edited), labels));
  }

  /** What a block puts out at the class token, mean over images. */
  private static double[] output(Clip clip, Weight where, List<float[]> pixels) {
    TraceRequest request =
        TraceRequest.none().with(Site.F, Tokens.CLASS).layers(where.layer(), where.layer());
    double[] mean = new double[clip.config().vision().width()];
    for (float[] image : pixels) {
      try (Trace trace = clip.trace(List.of(image), request, List.of())) {
        float[] f = trace.get(Site.F, where.layer()).toFloatArray();
        for (int i = 0; i < mean.length; i++) {
          mean[i] += f[i] / pixels.size();
        }
      }
    }
    return mean;
  }

  private static double[] doubles(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  // ---------------------------------------------------------------- what is printed

  private static final List<String> MEASURES =
      List.of(
          "embedding: 1 − cos(z, z′), largest",
          "cosine with a label: change, largest",
          "images with another nearest label",
          "literal reading: the same neurons in the top 10, mean (least)",
          "literal reading: Spearman over all neurons, lowest",
          "direct reading: the same neurons in the top 10, mean (least)",
          "direct reading: Spearman over all neurons, lowest",
          "heatmaps: correlation, lowest",
          "heatmaps: difference by the largest value, largest",
          "edit: ‖W′k* − v*‖ by the block's output, largest",
          "edit: change of the taught images' cosine with their new label, largest",
          "after the edits: images with another nearest label");

  /** One line a measure, one column a precision. */
  private void table() {
    for (int line = -2; line < MEASURES.size(); line++) {
      StringBuilder text = new StringBuilder("| ");
      text.append(line == -2 ? "" : line == -1 ? "---" : MEASURES.get(line));
      for (List<String> column : columns) {
        text.append(" | ").append(line == -1 ? "---" : column.get(line == -2 ? 0 : line + 1));
      }
      out.println(text + " |");
    }
  }

  private void column(String name, Answers a, Answers b) {
    List<String> cells = new ArrayList<>();
    cells.add(name);
    cells.add(
        number(worst(a.embeddings.length, i -> 1 - Cosine.of(a.embeddings[i], b.embeddings[i]))));
    cells.add(number(difference(a.cosines(), b.cosines())));
    cells.add(others(List.<double[][]>of(a.cosines()), List.<double[][]>of(b.cosines())));
    for (Reading reading : READINGS) {
      double[][] x = Objects.requireNonNull(a.scores.get(reading));
      double[][] y = Objects.requireNonNull(b.scores.get(reading));
      int n = x.length;
      cells.add(
          String.format(
              Locale.ROOT,
              "%.2f (%.0f)",
              IntStream.range(0, n).mapToDouble(i -> overlap(x[i], y[i])).average().orElseThrow(),
              -worst(n, i -> -overlap(x[i], y[i]))));
      cells.add(below(worst(n, i -> 1 - Numbers.rankCorrelation(x[i], y[i]))));
    }
    int n = a.heatmaps.size();
    cells.add(below(worst(n, i -> 1 - Numbers.correlation(a.heatmaps.get(i), b.heatmaps.get(i)))));
    cells.add(number(worst(n, i -> relative(a.heatmaps.get(i), b.heatmaps.get(i)))));
    cells.add(number(worst(edits, i -> b.taught.get(i).residual)));
    cells.add(number(worst(edits, i -> Math.abs(a.taught.get(i).cosine - b.taught.get(i).cosine))));
    cells.add(
        others(
            a.taught.stream().map(Taught::cosines).toList(),
            b.taught.stream().map(Taught::cosines).toList()));
    columns.add(cells);
  }

  private static double worst(int n, IntToDoubleFunction of) {
    return IntStream.range(0, n).mapToDouble(of).max().orElse(Double.NaN);
  }

  private static double difference(double[][] a, double[][] b) {
    return worst(a.length, i -> worst(a[i].length, j -> Math.abs(a[i][j] - b[i][j])));
  }

  /** The largest difference, by the largest value. */
  private static double relative(double[] a, double[] b) {
    double scale = worst(a.length, i -> Math.abs(a[i]));
    return worst(a.length, i -> Math.abs(a[i] - b[i])) / scale;
  }

  private static double overlap(double[] a, double[] b) {
    return Numbers.largest(a, TOP).stream().filter(Numbers.largest(b, TOP)::contains).count();
  }

  /** How many images have another nearest label. */
  private static String others(List<double[][]> a, List<double[][]> b) {
    int changed = 0;
    int all = 0;
    for (int k = 0; k < a.size(); k++) {
      for (int i = 0; i < a.get(k).length; i++) {
        changed += nearest(a.get(k)[i]) == nearest(b.get(k)[i]) ? 0 : 1;
        all++;
      }
    }
    return changed + " of " + all;
  }

  private static int nearest(double[] cosines) {
    return Numbers.largest(cosines, 1).iterator().next();
  }

  private static String number(double x) {
    return x == 0 ? "0" : String.format(Locale.ROOT, "%.1e", x);
  }

  private static String below(double x) {
    return x <= 0 ? "1" : "1 − " + number(x);
  }
}
