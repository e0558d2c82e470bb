package dev.engram.experiment;

import static dev.engram.experiment.Naive.cos;
import static dev.engram.experiment.Naive.mean;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.edit.EditHistory;
import dev.engram.edit.FineTuning;
import dev.engram.edit.Trainable;
import dev.engram.model.Clip;
import dev.engram.model.ImageReader;
import dev.engram.model.Weight;
import dev.engram.trace.Intervention;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The experiments of knowledge insertion on small reference models against the same numbers
 * computed the slow way: a whole pass for every traced block, Eq. 7 and 25 as matrices in float64,
 * each image in a pass of its own.
 */
class NaiveInsertionsTest {
  private static final double RIDGE = 0.05;

  /** Four entities with three images each: 0 and 2 teach, 1 is held out. */
  private static final class Slow {
    final Clip clip;
    final ImageSet set;
    final List<Entity> entities;

    Slow(Clip clip, ImageSet set) {
      this.clip = clip;
      this.set = set;
      this.entities = set.entities();
    }

    float[] upright(int entity, int image) {
      return clip.processor().process(entities.get(entity).images().get(image).file());
    }

    float[] turned(int entity, int image) {
      return Lessons.turned(upright(entity, image));
    }

    float[] text(String label) {
      return clip.embedTexts(List.of(label), Progress.NONE)[0];
    }

    /** The block whose guides bring most to these entities, a whole pass for each. */
    Weight traced(Collection<Integer> which) {
      List<Weight> weights =
          IntStream.range(0, clip.config().vision().layers())
              .boxed()
              .flatMap(l -> Stream.of(Neuron.Block.values()).map(b -> Weight.values(b, l)))
              .toList();
      return weights.stream()
          .max(Comparator.comparingDouble(w -> which.stream().mapToDouble(e -> rise(w, e)).sum()))
          .orElseThrow();
    }

    private double rise(Weight w, int entity) {
      float[] text = text(entities.get(entity).label());
      double sum = 0;
      for (int image : new int[] {0, 2}) {
        TraceRequest output = TraceRequest.none().with(Site.output(w.block()), Tokens.CLASS);
        try (Trace guide = clip.trace(List.of(upright(entity, image)), output, List.of())) {
          NDArray replaced = guide.get(Site.output(w.block()), w.layer());
          Intervention by =
              Intervention.replaceOutput(w.block(), w.layer(), replaced, Tokens.CLASS);
          try (Trace t =
                  clip.trace(List.of(turned(entity, image)), TraceRequest.none(), List.of(by));
              Trace before =
                  clip.trace(List.of(turned(entity, image)), TraceRequest.none(), List.of())) {
            sum += (cos(t.embeddings()[0], text) - cos(before.embeddings()[0], text)) / 2;
          }
        }
      }
      return sum;
    }

    /** Inputs of a weight at the class token, or its outputs without the bias. */
    double[] read(Clip model, Weight w, float[] pixels, boolean input) {
      Site site = input ? Site.coefficients(w.block()) : Site.output(w.block());
      try (Trace t =
          model.trace(List.of(pixels), TraceRequest.none().with(site, Tokens.CLASS), List.of())) {
        double[] out = doubles(t.get(site, w.layer()).toFloatArray());
        if (!input) {
          float[] bias = model.vision().outputBias(w.block(), w.layer()).toFloatArray();
          IntStream.range(0, out.length).forEach(i -> out[i] -= bias[i]);
        }
        return out;
      }
    }

    /** The images 0 and 2, then what is made of them: of 0, of 2, of 0 again. */
    float[] upright(int entity, int nth, boolean varied) {
      int image = 2 * (nth % 2);
      return varied
          ? clip.processor()
              .process(
                  Variations.vary(
                      ImageReader.read(entities.get(entity).images().get(image).file()), nth - 2))
          : upright(entity, image);
    }

    /** Mean over the first images that teach, upright as guides and turned as keys. */
    double[] meanOf(Clip model, Weight w, int entity, int images, boolean key) {
      List<double[]> rows = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        float[] pixels = upright(entity, i, i >= 2);
        rows.add(read(model, w, key ? Lessons.turned(pixels) : pixels, key));
      }
      return Numbers.mean(rows);
    }

    /** K Kᵀ + λ I of the first of the two background images. */
    double[][] c(Weight w) {
      float[] pixels = clip.processor().process(set.background().get(0).file());
      double[] k = read(clip, w, pixels, true);
      double lambda = RIDGE * Arrays.stream(k).map(x -> x * x).sum() / k.length;
      double[][] c = new double[k.length][k.length];
      for (int i = 0; i < k.length; i++) {
        for (int j = 0; j < k.length; j++) {
          c[i][j] = k[i] * k[j] + (i == j ? lambda : 0);
        }
      }
      return c;
    }

    /** Eq. 7. */
    Clip rankOne(Clip model, Weight w, int entity, int images) {
      double[] k = meanOf(model, w, entity, images, true);
      double[] v = meanOf(model, w, entity, images, false);
      double[] x = solve(c(w), new double[][] {k})[0];
      double scale = dot(x, k);
      double[] r = missing(model, w, k, v);
      float[] values = model.values(w);
      for (int i = 0; i < r.length; i++) {
        for (int j = 0; j < k.length; j++) {
          values[i * k.length + j] = (float) (values[i * k.length + j] + r[i] * x[j] / scale);
        }
      }
      return clip.edited(Map.of(w, values), List.of());
    }

    /** Eq. 25: W + (V − W K) Kᵀ (C + K Kᵀ)⁻¹. */
    Clip memit(Weight w, List<Integer> which) {
      double[][] c = c(w);
      List<double[]> keys = which.stream().map(e -> meanOf(clip, w, e, 2, true)).toList();
      for (double[] k : keys) {
        for (int i = 0; i < k.length; i++) {
          for (int j = 0; j < k.length; j++) {
            c[i][j] += k[i] * k[j];
          }
        }
      }
      double[][] x = solve(c, keys.toArray(double[][]::new));
      float[] values = clip.values(w);
      double[] sum = doubles(values);
      for (int e = 0; e < x.length; e++) {
        double[] r = missing(clip, w, keys.get(e), meanOf(clip, w, which.get(e), 2, false));
        for (int i = 0; i < r.length; i++) {
          for (int j = 0; j < x[e].length; j++) {
            sum[i * x[e].length + j] += r[i] * x[e][j];
          }
        }
      }
      for (int i = 0; i < sum.length; i++) {
        values[i] = (float) sum[i];
      }
      return clip.edited(Map.of(w, values), List.of());
    }

    private double[] missing(Clip model, Weight w, double[] k, double[] v) {
      float[] values = model.values(w);
      double[] r = v.clone();
      for (int i = 0; i < r.length; i++) {
        for (int j = 0; j < k.length; j++) {
          r[i] -= values[i * k.length + j] * k[j];
        }
      }
      return r;
    }

    boolean right(Clip model, float[] pixels, String label, List<String> labels) {
      float[] z = model.embedImages(List.of(pixels), Progress.NONE)[0];
      return labels.stream()
          .max(Comparator.comparingDouble(l -> cos(z, text(l))))
          .orElseThrow()
          .equals(label);
    }

    /** Share of turned images that are recognised; of a taught entity the held-out one. */
    double accuracy(Clip model, Collection<Integer> which, Set<Integer> taught) {
      List<String> labels = entities.stream().map(Entity::label).toList();
      List<Double> right = new ArrayList<>();
      for (int e : which) {
        for (int i = 0; i < SmallStudy.IMAGES; i++) {
          if (!taught.contains(e) || i == 1) {
            right.add(right(model, turned(e, i), labels.get(e), labels) ? 1.0 : 0);
          }
        }
      }
      return mean(right);
    }

    double general(Clip model) {
      LabelledImage second = set.background().get(1);
      List<String> labels = set.background().stream().map(LabelledImage::label).toList();
      float[] pixels = clip.processor().process(second.file());
      return right(model, pixels, second.label(), labels) ? 1 : 0;
    }

    void check(InsertionAccuracy expected, Clip model, int entity, Set<Integer> taught) {
      assertEquals(accuracy(model, List.of(entity), taught), expected.category().mean());
      assertEquals(accuracy(model, List.of(0, 1, 2, 3), taught), expected.dataset().mean(), 1e-12);
      assertEquals(general(model), expected.general().mean());
    }

    int index(String title) {
      return entities.indexOf(set.entity(title));
    }
  }

  private static double[] doubles(float[] a) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i]).toArray();
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  /** Gauss-Jordan: A x = b for each row b; A is symmetric and positive. */
  private static double[][] solve(double[][] matrix, double[][] right) {
    int n = matrix.length;
    double[][] rows = new double[n][];
    for (int i = 0; i < n; i++) {
      rows[i] = Arrays.copyOf(matrix[i], n + right.length);
      for (int b = 0; b < right.length; b++) {
        rows[i][n + b] = right[b][i];
      }
    }
    for (int c = 0; c < n; c++) {
      for (int r = 0; r < n; r++) {
        double factor = r == c ? 0 : rows[r][c] / rows[c][c];
        for (int i = c; i < n + right.length && factor != 0; i++) {
          rows[r][i] -= factor * rows[c][i];
        }
      }
    }
    double[][] out = new double[right.length][n];
    for (int b = 0; b < right.length; b++) {
      for (int i = 0; i < n; i++) {
        out[b][i] = rows[i][n + b] / rows[i][i];
      }
    }
    return out;
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table4(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Slow slow = new Slow(clip, SmallStudy.set(images));
      String hash = clip.hash();
      int arrays = clip.manager().getManagedArrays().size();
      Table4.Result r =
          Table4.run(
              new Study(clip, slow.set),
              new Table4.Settings(2, List.of("Sea", "dog"), RIDGE, 6, 2, 1e-3));
      assertEquals(arrays, clip.manager().getManagedArrays().size());
      assertEquals(hash, clip.hash());
      assertEquals(List.of("sea", "dog"), r.cases().stream().map(Table4.Case::entity).toList());
      for (Table4.Case c : r.cases()) {
        int entity = slow.index(c.entity());
        Set<Integer> taught = Set.of(entity);
        assertEquals(2, c.images());
        slow.check(c.original(), clip, entity, taught);
        Weight where = slow.traced(taught);
        assertEquals(where.toString(), c.inserted().how());
        double wanted;
        try (Clip edited = slow.rankOne(clip, where, entity, 2)) {
          slow.check(c.inserted().accuracy(), edited, entity, taught);
          wanted = slow.accuracy(edited, taught, taught);
        }
        check(slow, c.fineTuned(), new Trainable.LastLayer(), entity, wanted);
        check(slow, c.lora(), Trainable.Lora.of(clip, 8, 32, 0), entity, wanted);
      }
    }
  }

  /** Every checkpoint of a training that nobody stops; the first closest one is kept. */
  private static void check(
      Slow slow, Table4.Taught taught, Trainable trainable, int entity, double wanted) {
    Set<Integer> own = Set.of(entity);
    double distance = Double.POSITIVE_INFINITY;
    boolean passed = false;
    try (EditHistory history = new EditHistory(slow.clip);
        FineTuning tuning =
            new FineTuning(
                slow.clip,
                trainable,
                List.of(slow.turned(entity, 0), slow.turned(entity, 2)),
                slow.text(slow.entities.get(entity).label()),
                new FineTuning.Settings(1e-3, 0.01),
                Progress.NONE)) {
      for (int step = 1; step <= 6 && !passed; step++) {
        tuning.step(Progress.NONE);
        try (Clip edited = history.with(tuning.edit("it", "by hand"))) {
          double reached = slow.accuracy(edited, own, own);
          if (step % 2 == 0 && Math.abs(reached - wanted) < distance) {
            distance = Math.abs(reached - wanted);
            if (taught.how().equals(step + " steps")) {
              slow.check(taught.accuracy(), edited, entity, own);
            }
          }
          passed = step % 2 == 0 && reached >= wanted;
        }
      }
    }
    assertEquals(distance, Math.abs(taught.accuracy().category().mean() - wanted));
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table8(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Slow slow = new Slow(clip, SmallStudy.set(images));
      int arrays = clip.manager().getManagedArrays().size();
      Table8.Result r =
          Table8.run(
              new Study(clip, slow.set),
              new Table8.Settings(3, 2, List.of("home", "cat", "dog"), RIDGE));
      assertEquals(arrays, clip.manager().getManagedArrays().size());
      assertEquals(List.of(0, 0, 1), r.cases().stream().map(Table8.Case::group).toList());
      List<Integer> group = List.of(slow.index("home"), slow.index("cat"));
      Weight where = slow.traced(group);
      try (Clip edited = slow.memit(where, group)) {
        for (int i = 0; i < 2; i++) {
          Table8.Case c = r.cases().get(i);
          assertEquals(where.toString(), c.where());
          slow.check(c.original(), clip, group.get(i), Set.copyOf(group));
          slow.check(c.inserted(), edited, group.get(i), Set.copyOf(group));
        }
      }
      Set<Integer> dog = Set.of(slow.index("dog"));
      try (Clip edited = slow.memit(slow.traced(dog), List.copyOf(dog))) {
        slow.check(r.cases().get(2).inserted(), edited, slow.index("dog"), dog);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void scaling(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Slow slow = new Slow(clip, SmallStudy.set(images));
      String hash = clip.hash();
      int arrays = clip.manager().getManagedArrays().size();
      Scaling.Result r =
          Scaling.run(
              new Study(clip, slow.set),
              new Scaling.Settings(
                  List.of(1, 3, 50), 2, 4, 1, List.of(1, 2, 5), 2, List.of(3), RIDGE));
      assertEquals(arrays, clip.manager().getManagedArrays().size());
      assertEquals(hash, clip.hash());
      Weight where = slow.traced(List.of(0, 1, 2, 3));
      assertEquals(where.toString(), r.where());
      atOnce(slow, where, r.atOnce());
      single(slow, where, r);
      returned(slow, r.returned());
    }
  }

  private static void atOnce(Slow slow, Weight where, AtOnce.Result r) {
    assertEquals(4, r.available());
    assertEquals(List.of(50), r.leftOut());
    for (int names : new int[] {1, 3}) {
      List<List<Double>> memit = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      List<List<Double>> rome = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int seed = 0; seed < 2; seed++) {
        List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3));
        Collections.shuffle(order, new Random(seed));
        List<Integer> first = order.subList(0, names);
        try (Clip edited = slow.memit(where, first)) {
          add(memit, slow, edited, first);
        }
        List<Clip> chain = new ArrayList<>(List.of(slow.clip));
        for (int entity : first) {
          chain.add(slow.rankOne(chain.get(chain.size() - 1), where, entity, 2));
        }
        add(rome, slow, chain.get(names), first);
        chain.subList(1, chain.size()).forEach(Clip::close);
      }
      check(memit, r.of(AtOnce.Way.MEMIT), names);
      check(rome, r.of(AtOnce.Way.ROME), names);
    }
  }

  private static void add(List<List<Double>> to, Slow slow, Clip model, List<Integer> taught) {
    Set<Integer> own = Set.copyOf(taught);
    Set<Integer> rest = new TreeSet<>(Set.of(0, 1, 2, 3));
    rest.removeAll(own);
    to.get(0).add(slow.accuracy(model, own, own));
    to.get(1).add(slow.accuracy(model, rest, own));
    to.get(2).add(slow.general(model));
  }

  private static void check(List<List<Double>> expected, List<AtOnce.Point> points, int names) {
    AtOnce.Point p = points.stream().filter(x -> x.names() == names).findFirst().orElseThrow();
    assertEquals(mean(expected.get(0)), p.edited().mean(), 1e-12);
    assertEquals(mean(expected.get(1)), p.rest().mean(), 1e-12);
    assertEquals(mean(expected.get(2)), p.general().mean(), 1e-12);
  }

  /** One name at a time: by one image, both, three variations more; who is near, the others. */
  private static void single(Slow slow, Weight where, Scaling.Result r) {
    assertEquals(2, r.images().available());
    for (int count : new int[] {1, 2, 5}) {
      List<Double> own = new ArrayList<>();
      List<Double> near = new ArrayList<>();
      List<Double> far = new ArrayList<>();
      List<Double> taken = new ArrayList<>();
      List<Double> before = new ArrayList<>();
      for (int e = 0; e < 4; e++) {
        Set<Integer> taught = Set.of(e);
        before.add(slow.accuracy(slow.clip, taught, taught));
        int neighbour = neighbour(slow, e);
        Set<Integer> others = new TreeSet<>(Set.of(0, 1, 2, 3));
        others.remove(e);
        others.remove(neighbour);
        try (Clip edited = slow.rankOne(slow.clip, where, e, count)) {
          own.add(slow.accuracy(edited, taught, taught));
          near.add(slow.accuracy(edited, Set.of(neighbour), taught));
          far.add(slow.accuracy(edited, others, taught));
          taken.add(taken(slow, edited, neighbour, e));
        }
      }
      ImagesNeeded.Point p = r.images().points().get(Math.min(count, 3) - 1);
      assertEquals(count, p.images());
      assertEquals(Math.max(0, count - 2), p.variations());
      assertEquals(mean(before), p.before().mean(), 1e-12);
      assertEquals(mean(own), p.edited().mean(), 1e-12);
      assertEquals((mean(near) + 2 * mean(far)) / 3, p.rest().mean(), 1e-12);
      if (count == 2) {
        assertEquals(mean(own), r.specificity().own().after().mean(), 1e-12);
        assertEquals(mean(near), r.specificity().near().after().mean(), 1e-12);
        assertEquals(mean(far), r.specificity().far().after().mean(), 1e-12);
        assertEquals(mean(taken), r.specificity().near().takenAfter().mean(), 1e-12);
      }
    }
  }

  /** By the mean of the turned images' unit embeddings. */
  private static int neighbour(Slow slow, int entity) {
    List<float[]> centres = new ArrayList<>();
    for (int e = 0; e < 4; e++) {
      float[] centre = new float[slow.text("x").length];
      for (int i = 0; i < SmallStudy.IMAGES; i++) {
        float[] z = slow.clip.embedImages(List.of(slow.turned(e, i)), Progress.NONE)[0];
        double length = Math.sqrt(dot(doubles(z), doubles(z)));
        IntStream.range(0, z.length).forEach(j -> centre[j] += (float) (z[j] / length));
      }
      centres.add(centre);
    }
    return IntStream.range(0, 4)
        .filter(e -> e != entity)
        .boxed()
        .max(Comparator.comparingDouble(e -> cos(centres.get(entity), centres.get(e))))
        .orElseThrow();
  }

  private static double taken(Slow slow, Clip model, int whose, int taught) {
    List<String> labels = slow.entities.stream().map(Entity::label).toList();
    return IntStream.range(0, SmallStudy.IMAGES)
            .filter(i -> slow.right(model, slow.turned(whose, i), labels.get(taught), labels))
            .count()
        / (double) SmallStudy.IMAGES;
  }

  /** None, three and all later neurons freed. */
  private static void returned(Slow slow, SelfRepair.Result r) {
    Naive naive = new Naive(slow.clip);
    List<Double> none = new ArrayList<>();
    List<Double> three = new ArrayList<>();
    List<Double> all = new ArrayList<>();
    for (Entity e : slow.entities) {
      float[] text = naive.text(e.label());
      List<Neuron> top = naive.top(e.images(), e.label(), 2);
      Neuron[] removed = top.toArray(Neuron[]::new);
      double[] rise = new double[naive.space.count()];
      for (LabelledImage image : e.images()) {
        double[] without = naive.scores(image, text, removed);
        double[] whole = naive.scores(image, text);
        IntStream.range(0, rise.length).forEach(i -> rise[i] += without[i] - whole[i]);
      }
      List<Neuron> freed =
          IntStream.range(0, rise.length)
              .boxed()
              .sorted(Comparator.comparingDouble(i -> -rise[i]))
              .map(naive.space::neuron)
              .filter(n -> !top.contains(n))
              .limit(3)
              .toList();
      none.add(average(e, i -> naive.suppressed(naive.pixels(i), text, top)));
      all.add(average(e, i -> naive.cosine(naive.pixels(i), text, removed)));
      three.add(average(e, i -> released(naive, i, text, top, freed)));
    }
    assertEquals(mean(none), r.points().get(0).cosine().mean(), 2e-6);
    assertEquals(3, r.points().get(1).freed());
    assertEquals(mean(three), r.points().get(1).cosine().mean(), 2e-6);
    assertEquals(mean(all), r.points().get(2).cosine().mean(), 2e-6);
    assertEquals(mean(all) - mean(none), r.returned().mean(), 4e-6);
  }

  private static double average(
      Entity e, java.util.function.ToDoubleFunction<LabelledImage> value) {
    return e.images().stream().mapToDouble(value).average().orElseThrow();
  }

  /** P LN_post(h − Σ m w + Σ (m' − m) w), every sum written out. */
  private static double released(
      Naive naive, LabelledImage image, float[] text, List<Neuron> removed, List<Neuron> freed) {
    float[] pixels = naive.pixels(image);
    try (Trace whole = naive.trace(pixels);
        Trace without = naive.trace(pixels, removed.toArray(Neuron[]::new));
        NDManager scope = naive.clip.manager().newSubManager()) {
      float[] h = whole.get(Site.H, naive.space.layers()).toFloatArray();
      for (Neuron n : new HashSet<>(Stream.concat(removed.stream(), freed.stream()).toList())) {
        double change =
            (removed.contains(n) ? 0 : naive.coefficient(without, n)) - naive.coefficient(whole, n);
        double[] w = naive.value(n);
        IntStream.range(0, h.length).forEach(i -> h[i] += (float) (change * w[i]));
      }
      NDArray x = scope.create(h, new ai.djl.ndarray.types.Shape(1, h.length));
      return cos(naive.clip.vision().project(x).toFloatArray(), text);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8"})
  void whatCannotBeRunIsRefused(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Study study = new Study(clip, SmallStudy.set(images));
      assertThrows(EngramException.class, () -> new Table8.Settings(1, 0, List.of(), 0.1));
      assertThrows(EngramException.class, () -> new Table4.Settings(1, List.of(), 0, 1, 1, 1));
      EngramException tooMany =
          assertThrows(
              EngramException.class,
              () ->
                  Scaling.run(
                      study,
                      new Scaling.Settings(
                          List.of(50), 1, 1, 1, List.of(1), 1, List.of(1), RIDGE)));
      assertTrue(String.valueOf(tooMany.getMessage()).contains("can teach 4 names"));
    }
  }
}
