package dev.engram.benchmark;

import ai.djl.ndarray.NDManager;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Contributions;
import dev.engram.attribution.Reading;
import dev.engram.dissect.MatchingPursuit;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.CausalTracing;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.edit.KeyValue;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.Precision;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Engram's half of benchmarks/side_by_side.py and gpu.py: reads the name of a task from standard
 * input, does it once, and answers with the seconds it took. The scripts run this and PyTorch turn
 * by turn.
 */
public final class Worker {
  private static final int OMP_TARGETS = 50;
  private static final int OMP_WORDS = 20_000;
  private static final int KEYS = 1_000;
  private static final double RIDGE = 1e-2;

  private final Clip clip;
  private final Attributor attributor;
  private final List<float[]> pixels;
  private List<float[]> several;
  private final List<float[]> guides;
  private float[] text;
  private final WordDictionary dictionary;
  private final double[][] targets;
  private final List<float[]> background;
  private final Weight where;
  private final BackgroundKeys keys; // decomposed by the first edit
  private final KeyValue pair;

  private Worker(Path model, String device, Precision precision) {
    clip = Clip.from(model).device(device).precision(precision).load();
    attributor = new Attributor(clip);
    Random random = new Random(0);
    int s = clip.config().imageSize();
    pixels = List.of(noise(random, 3 * s * s));
    several = IntStream.range(0, 16).mapToObj(i -> noise(random, 3 * s * s)).toList();
    guides = List.of(noise(random, 3 * s * s));
    int width = clip.config().projectionWidth();
    text = noise(random, width);
    dictionary =
        new WordDictionary(
            clip.manager(),
            "noise",
            IntStream.range(0, OMP_WORDS).mapToObj(i -> "word " + i).toList(),
            IntStream.range(0, OMP_WORDS)
                .mapToObj(i -> noise(random, width))
                .toArray(float[][]::new));
    ClipConfig.Tower vision = clip.config().vision();
    background = IntStream.range(0, KEYS).mapToObj(i -> noise(random, vision.ffnWidth())).toList();
    where = Weight.values(Neuron.Block.FFN, vision.layers() - 2);
    keys = BackgroundKeys.of(clip, where, background, Tokens.CLASS);
    pair =
        new KeyValue(
            doubles(noise(random, vision.ffnWidth())), doubles(noise(random, vision.width())));
    targets = new double[OMP_TARGETS][];
    for (int i = 0; i < OMP_TARGETS; i++) {
      float[] y = noise(random, width);
      double norm = Math.sqrt(IntStream.range(0, width).mapToDouble(j -> y[j] * y[j]).sum());
      targets[i] = IntStream.range(0, width).mapToDouble(j -> y[j] / norm).toArray();
    }
  }

  /** ROME's edit of a weight, and the model with it. */
  private void rankOne(BackgroundKeys keys) {
    Edit edit =
        new Insertion(clip, Map.of(where, keys), "noise", RIDGE, BackgroundKeys.Solver.AUTO)
            .rankOne(where, "noise", "noise", pair);
    try (EditHistory history = new EditHistory(clip)) {
      history.apply(edit);
    }
  }

  private static double[] doubles(float[] a) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i]).toArray();
  }

  private static float[] noise(Random random, int n) {
    float[] x = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  private float[][] scores(Trace trace, int images) {
    return attributor.improvements(trace, new float[][] {text}, new int[images], Reading.LITERAL);
  }

  /** Images and a text that both sides get: pixels (B, 3, S, S) and text (D), raw float32. */
  private void read(Path folder) throws IOException {
    float[] all = floats(folder.resolve("pixels"));
    int s = clip.config().imageSize();
    int size = 3 * s * s;
    several =
        IntStream.range(0, all.length / size)
            .mapToObj(i -> Arrays.copyOfRange(all, i * size, (i + 1) * size))
            .toList();
    text = floats(folder.resolve("text"));
  }

  /** Embeddings (B, D), then the scores of all neurons (B, neurons), raw float32. */
  private void write(Path file) throws IOException {
    List<float[]> embeddings = new ArrayList<>();
    List<float[]> scores = new ArrayList<>();
    clip.traces(several, Contributions.request(clip))
        .each(
            batch -> {
              embeddings.addAll(List.of(batch.trace().embeddings()));
              scores.addAll(List.of(scores(batch.trace(), batch.size())));
            });
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (float[] row : Stream.concat(embeddings.stream(), scores.stream()).toList()) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * row.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(row);
        out.write(bytes.array());
      }
    }
  }

  private static float[] floats(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private void run(String line) throws IOException {
    int space = line.indexOf(' ');
    String task = space < 0 ? line : line.substring(0, space);
    Path path = Path.of(line.substring(space + 1));
    switch (task) {
      case "read" -> read(path);
      case "write" -> write(path);
      case "forward" -> {
        try (NDManager scope = clip.manager().newSubManager()) {
          clip.vision().forward(clip.batch(scope, pixels), TraceRequest.none(), List.of()).close();
        }
      }
      case "attribute" -> {
        Attribution a =
            attributor.attribute(
                pixels,
                List.of("noise"),
                "noise",
                text,
                Reading.LITERAL,
                Provenance.of(),
                Progress.NONE);
        if (a.top(50).size() != 50) {
          throw new IllegalStateException("no 50 neurons");
        }
      }
      case "several" ->
          clip.traces(several, TraceRequest.none()).each(batch -> batch.trace().embeddings());
      case "batch" ->
          clip.traces(several, Contributions.request(clip))
              .each(
                  batch -> {
                    attributor.coefficients(batch.trace());
                    scores(batch.trace(), batch.size());
                  });
      case "rome" -> rankOne(BackgroundKeys.of(clip, where, background, Tokens.CLASS));
      case "rome_again" -> rankOne(keys);
      case "tracing" ->
          new CausalTracing(clip)
              .trace(pixels, guides, "noise", text, Tokens.ALL, "noise", Progress.NONE);
      case "omp" -> new MatchingPursuit(dictionary).solve(targets, 5, Progress.NONE);
      default -> throw new IllegalArgumentException("no such task: " + task);
    }
  }

  /**
   * @param args the model's directory; perhaps the device ({@code cpu} if left out) and the
   *     precision
   * @throws IOException if standard input breaks
   */
  public static void main(String[] args) throws IOException {
    Worker worker =
        new Worker(
            Path.of(args[0]),
            args.length > 1 ? args[1] : "cpu",
            Precision.of(args.length > 2 ? args[2] : "f32"));
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String task = in.readLine(); task != null; task = in.readLine()) {
      long start = System.nanoTime();
      worker.run(task);
      System.out.println((System.nanoTime() - start) / 1e9);
    }
  }
}
