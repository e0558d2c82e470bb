package dev.engram.experiment;

import static dev.engram.experiment.Naive.cos;
import static dev.engram.experiment.Naive.mean;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.attribution.Reading;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmap;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpretation;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Removal;
import dev.engram.model.Clip;
import dev.engram.model.ClipConfig;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Trace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every experiment on small reference models against the same numbers computed the slow way: each
 * neuron's score by the equation written out, each image in a pass of its own, sums in float64.
 */
class NaiveExperimentsTest {
  private static final double COSINE = 2e-6;
  private static final double SCORE = 2e-6;

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table6AndFaithfulness(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      Table6.Result table6 = Table6.run(new Study(clip, set), Table6.standard());
      Faithfulness.Result falls =
          Faithfulness.run(
              new Study(clip, set),
              new Faithfulness.Settings(List.of(Reading.LITERAL), List.of(1, 4), 0));
      int[] counts = {1, 4};
      List<Double> original = new ArrayList<>();
      List<List<Double>> complete = List.of(new ArrayList<>(), new ArrayList<>());
      List<List<Double>> residual = List.of(new ArrayList<>(), new ArrayList<>());
      List<Double> own = new ArrayList<>();
      for (Entity e : set.entities()) {
        float[] text = naive.text(e.label());
        for (LabelledImage image : e.images()) {
          float[] pixels = naive.pixels(image);
          original.add(naive.cosine(pixels, text));
          own.add(naive.suppressed(pixels, text, naive.top(List.of(image), e.label(), 1)));
          for (int i = 0; i < counts.length; i++) {
            List<Neuron> top = naive.top(e.images(), e.label(), counts[i]);
            complete.get(i).add(naive.cosine(pixels, text, top.toArray(Neuron[]::new)));
            residual.get(i).add(naive.suppressed(pixels, text, top));
          }
        }
      }
      Table6.Row row = table6.rows().get(2);
      assertEquals(mean(original), row.original().mean(), COSINE);
      assertEquals(mean(complete.get(0)), row.complete().mean(), COSINE);
      assertEquals(mean(residual.get(0)), row.residual().mean(), COSINE);
      assertEquals(mean(own), table6.rows().get(1).residual().mean(), COSINE);
      for (int i = 0; i < counts.length; i++) {
        Faithfulness.Fall fall = falls.fall("literal", counts[i]);
        assertEquals(mean(original) - mean(complete.get(i)), fall.complete().mean(), COSINE);
        assertEquals(mean(original) - mean(residual.get(i)), fall.residual().mean(), COSINE);
      }
      LabelledImage object = set.background().get(0);
      LabelledImage second = set.background().get(1);
      assertEquals(
          mean(
              List.of(
                  naive.cosine(naive.pixels(object), naive.text(object.label())),
                  naive.cosine(naive.pixels(second), naive.text(second.label())))),
          table6.rows().get(0).original().mean(),
          COSINE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table3(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model);
        EditHistory history = new EditHistory(clip)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      String hash = clip.hash();
      Table3.Result r = Table3.run(new Study(clip, set), new Table3.Settings(2, List.of(3, 1)));
      assertEquals(hash, clip.hash());
      assertEquals(List.of(1, 3), r.counts());
      assertEquals(List.of("cat", "home"), r.cases().stream().map(Table3.Case::entity).toList());
      Entity home = set.entity("home");
      List<Entity> all = set.entities();
      List<Neuron> top = naive.top(home.images(), home.label(), 3);
      assertEquals(top, r.cases().get(1).last().neurons());
      Edit removal = Removal.residual(clip, "home", top, Provenance.of("by", "hand"));
      try (Clip edited = history.with(removal)) {
        Naive after = new Naive(edited);
        Table3.Stage stage = r.cases().get(1).last();
        float[] text = naive.text(home.label());
        List<Double> own =
            home.images().stream().map(i -> after.cosine(after.pixels(i), text)).toList();
        List<Double> sea = // the only other place
            set.entity("sea").images().stream()
                .map(i -> after.cosine(after.pixels(i), text))
                .toList();
        assertEquals(mean(own), stage.cosine().mean(), COSINE);
        assertEquals(mean(sea), stage.lowerMean(), COSINE);
        assertEquals(sea.stream().max(Double::compare).orElseThrow(), stage.lowerMax(), COSINE);
        assertEquals(accuracy(after, home.images(), all), stage.accuracy().mean());
        assertEquals(
            accuracy(
                after,
                all.stream().filter(e -> e != home).flatMap(e -> e.images().stream()).toList(),
                all),
            stage.others().mean());
        List<Entity> objects =
            set.background().stream()
                .map(i -> new Entity(i.name(), "", i.label(), List.of(i)))
                .toList();
        assertEquals(accuracy(after, set.background(), objects), stage.general().mean());
      }
      Table3.Stage original = r.cases().get(1).original();
      assertEquals(accuracy(naive, home.images(), all), original.accuracy().mean());
      assertEquals(List.of(), original.neurons());
    }
  }

  /** Share of images whose own label is the nearest of all. */
  private static double accuracy(Naive naive, List<LabelledImage> images, List<Entity> classes) {
    int correct = 0;
    for (LabelledImage image : images) {
      String nearest =
          classes.stream()
              .max(
                  Comparator.comparingDouble(
                      c -> naive.cosine(naive.pixels(image), naive.text(c.label()))))
              .orElseThrow()
              .label();
      correct += nearest.equals(image.label()) ? 1 : 0;
    }
    return (double) correct / images.size();
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void figure3(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      Figure3.Result r =
          Figure3.run(
              new Study(clip, set), new Figure3.Settings(3, 20, 5, 20, 10, SmallStudy.IMAGES));
      Map<Figure3.Place, Integer> places = new TreeMap<>();
      double[] decay = new double[20];
      for (Entity e : set.entities()) {
        naive
            .top(e.images(), e.label(), 3)
            .forEach(n -> places.merge(new Figure3.Place(n.layer(), n.block()), 1, Integer::sum));
        for (LabelledImage image : e.images()) {
          double[] sorted = naive.scores(image, naive.text(e.label()));
          Arrays.sort(sorted);
          for (int i = 0; i < decay.length; i++) {
            decay[i] += sorted[sorted.length - 1 - i] / (set.entities().size() * SmallStudy.IMAGES);
          }
        }
      }
      r.entityPlaces()
          .counts()
          .forEach((place, count) -> assertEquals(places.getOrDefault(place, 0), count));
      assertArrayEquals(decay, r.entityDecay().values(), SCORE);
      List<Estimate> estimates = r.entityDecay().estimates();
      for (int rank = 0; rank < decay.length; rank++) {
        assertEquals(decay[rank] / decay[0], estimates.get(rank).mean(), SCORE / decay[0]);
        assertEquals(rank > 0, estimates.get(rank).interval().exists());
      }
      assertEquals(6, r.objectPlaces().total());
      assertTrue(r.queryPlaces().total() <= 20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void figures4a6And7(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      Figure4a.Result r = Figure4a.run(new Study(clip, set), new Figure4a.Settings(7));
      assertEquals(4, r.removals().size());
      ClipConfig.Tower tower = clip.config().vision();
      for (int e = 0; e < 4; e++) {
        Figure4a.Removal removal = r.removals().get(e);
        Entity entity = set.entities().get(e);
        Neuron first =
            naive.top(entity.images(), entity.label(), naive.space.count()).stream()
                .filter(n -> n.block() == Neuron.Block.FFN && n.layer() < tower.layers() - 1)
                .findFirst()
                .orElseThrow();
        assertEquals(first, removal.removed());
        double[] change = new double[naive.space.count()];
        for (LabelledImage image : entity.images()) {
          float[] text = naive.text(entity.label());
          double[] before = naive.scores(image, text);
          double[] after = naive.scores(image, text, first);
          for (int i = 0; i < change.length; i++) {
            change[i] += (after[i] - before[i]) / entity.images().size();
          }
        }
        List<Double> behind = new ArrayList<>();
        List<Neuron> neurons = new ArrayList<>();
        for (int i = 0; i < change.length; i++) {
          Neuron n = naive.space.neuron(i);
          if (n.block() == Neuron.Block.MSA && n.layer() > first.layer()) {
            behind.add(change[i]);
            neurons.add(n);
          }
        }
        assertArrayEquals(
            behind.stream().mapToDouble(Double::doubleValue).toArray(), removal.full(), SCORE);
        assertEquals(removal.full().length, removal.fixedBase().length);
        List<Integer> falling =
            IntStream.range(0, neurons.size())
                .boxed()
                .sorted(Comparator.comparingDouble(behind::get))
                .toList();
        List<Integer> rising = new ArrayList<>(falling);
        Collections.reverse(rising);
        assertCosines(rising, removal.cosinesOfRising(), clip, naive, first, neurons);
        assertCosines(falling, removal.cosinesOfFalling(), clip, naive, first, neurons);
        assertEquals(
            DoubleStream.of(removal.cosinesOfFalling()).filter(c -> c < 0).count() / 7.0,
            removal.againstOfFalling());
        assertEquals(
            DoubleStream.of(removal.cosines()).filter(c -> c < 0).count() / (double) neurons.size(),
            removal.againstOfAll());
      }
    }
  }

  /** The signs of A.2 are left aside here; they have a test of their own. */
  private static void assertCosines(
      List<Integer> order,
      double[] actual,
      Clip clip,
      Naive naive,
      Neuron removed,
      List<Neuron> neurons) {
    double[] expected =
        order.stream()
            .limit(7)
            .mapToDouble(i -> Math.abs(queryCosine(clip, naive, removed, neurons.get(i))))
            .toArray();
    assertArrayEquals(expected, DoubleStream.of(actual).map(Math::abs).toArray(), 1e-6);
  }

  private static double queryCosine(Clip clip, Naive naive, Neuron removed, Neuron n) {
    boolean ffn = n.block() == Neuron.Block.FFN;
    float[] all = clip.values(new Weight(n.layer(), ffn ? Weight.Kind.W_FC1 : Weight.Kind.W_V));
    int d = naive.space.width();
    int row = n.column(naive.space.headWidth());
    float[] query = Arrays.copyOfRange(all, row * d, (row + 1) * d);
    double[] w = naive.value(removed);
    float[] value = new float[d];
    for (int i = 0; i < d; i++) {
      value[i] = (float) w[i];
    }
    return cos(query, value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table2(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      Table2.Result r =
          Table2.run(new Study(clip, set), new Table2.Settings(List.of(25), 1, SmallStudy.IMAGES));
      List<Double> coefficients = new ArrayList<>();
      List<Double> cosines = new ArrayList<>();
      for (Entity e : set.entities()) {
        Neuron first = naive.top(e.images(), e.label(), 1).get(0);
        double score = Arrays.stream(naive.scores(e.images(), e.label())).max().orElseThrow();
        double m = 0;
        for (LabelledImage image : e.images()) {
          try (Trace trace = naive.trace(naive.pixels(image))) {
            m += naive.coefficient(trace, first);
          }
        }
        int sign = m < 0 && score > 0 ? -1 : 1;
        for (LabelledImage image : e.images()) {
          float[] pixels = naive.pixels(image);
          int size = clip.config().imageSize();
          Heatmap heatmap = new Heatmapper(clip).heatmap(image, first);
          double[] map = heatmap.upsampled(size);
          IntStream.range(0, map.length)
              .boxed()
              .sorted(Comparator.comparingDouble(p -> -sign * map[p]))
              .limit(map.length / 4)
              .forEach(
                  p -> {
                    for (int c = 0; c < 3; c++) {
                      pixels[c * map.length + p] = 0;
                    }
                  });
          try (Trace trace = naive.trace(pixels)) {
            coefficients.add(sign * naive.coefficient(trace, first));
            cosines.add(cos(trace.embedding().toFloatArray(), naive.text(e.label())));
          }
        }
      }
      Table2.Cell cell = r.cell(Table2.Importance.HEATMAP, 25);
      assertEquals(mean(coefficients), cell.coefficient().mean(), 1e-5);
      assertEquals(mean(cosines), cell.cosine().mean(), COSINE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void table1AndFigure2(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model);
        WordDictionary words =
            WordDictionary.of(
                clip,
                "words",
                List.of("cat", "dog", "sea", "red", "home", "sky", "tree", "lamp", "sun", "ship"),
                Progress.NONE)) {
      Naive naive = new Naive(clip);
      ImageSet set = SmallStudy.set(images);
      Table1.Result table = Table1.run(new Study(clip, set), words, new Table1.Settings(2));
      Figure2.Result figure =
          Figure2.run(new Study(clip, set), words, new Figure2.Settings(2, 2, 2));
      List<Double> best = new ArrayList<>();
      List<Double> any = new ArrayList<>();
      int at = 0;
      for (Entity e : set.entities()) {
        float[] text = naive.text(e.label());
        words.words().forEach(w -> any.add(cos(naive.text(w), text)));
        double[] scores = naive.scores(e.images(), e.label());
        for (Neuron n : naive.top(e.images(), e.label(), 2)) {
          double[] m = new double[e.images().size()];
          for (int b = 0; b < m.length; b++) {
            try (Trace trace = naive.trace(naive.pixels(e.images().get(b)))) {
              m[b] = naive.coefficient(trace, n);
            }
          }
          double score = scores[naive.space.index(n)];
          int sign = Arrays.stream(m).sum() < 0 && score > 0 ? -1 : 1;
          Interpretation said =
              new Interpreter(clip, words)
                  .interpret(List.of(n), new int[] {sign}, ValueReading.LINEAR, Progress.NONE)
                  .get(0);
          Interpretation.Weighted most =
              said.words().stream()
                  .max(Comparator.comparingDouble(Interpretation.Weighted::weight))
                  .orElseThrow();
          best.add(cos(naive.text(most.word()), text));

          Figure2.Illustration shown = figure.illustrations().get(at++);
          assertEquals(e, shown.entity());
          assertEquals(n, shown.neuron());
          assertEquals(sign, shown.sign());
          assertEquals(score, shown.improvement(), SCORE);
          assertEquals(
              said.words().stream().map(Interpretation.Weighted::word).toList(),
              shown.words().stream().map(Interpretation.Weighted::word).toList());
          assertEquals(
              Arrays.stream(m).map(x -> sign * x).max().orElseThrow(),
              shown.looks().get(0).coefficient(),
              1e-5);
          for (Figure2.Look look : shown.looks()) {
            assertArrayEquals(
                Arrays.stream(new Heatmapper(clip).heatmap(look.image(), n).tokens())
                    .map(t -> sign * t)
                    .toArray(),
                look.heatmap().tokens(),
                1e-5);
          }
        }
      }
      assertEquals(8, at);
      assertEquals(at, figure.illustrations().size());
      assertEquals(mean(best), table.row(Reading.LITERAL).bestWord().mean(), COSINE);
      assertEquals(mean(any), table.anyWord(), COSINE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"quick_gelu_p8", "nonsquare"})
  void sanity(String model, @TempDir Path images) {
    try (Clip clip = SmallStudy.clip(model)) {
      ImageSet set = SmallStudy.set(images);
      int arrays = clip.manager().getManagedArrays().size();
      List<float[]> pixels =
          set.images().stream().map(i -> clip.processor().process(i.file())).toList();
      float[][] before = clip.embedImages(pixels, Progress.NONE);
      Sanity.Result r = Sanity.run(new Study(clip, set), new Sanity.Settings(10, 2, 8, 5));
      assertEquals(arrays, clip.manager().getManagedArrays().size(), "random weights are gone");
      assertArrayEquals(before, clip.embedImages(pixels, Progress.NONE), "the model is untouched");

      Naive naive = new Naive(clip);
      List<Double> exchanged = new ArrayList<>();
      List<Double> halves = new ArrayList<>();
      List<Double> random = new ArrayList<>();
      int layers = clip.config().vision().layers();
      try (Clip other = clip.randomised(layers - 1, 5)) {
        Naive shaken = new Naive(other);
        for (int e = 0; e < 4; e++) {
          Entity entity = set.entities().get(e);
          String foreign = set.entities().get((e + 2) % 4).label();
          List<LabelledImage> all = entity.images();
          exchanged.add(spearman(naive.scores(all, entity.label()), naive.scores(all, foreign)));
          halves.add(
              spearman(
                  naive.scores(List.of(all.get(0), all.get(2)), entity.label()),
                  naive.scores(List.of(all.get(1)), entity.label())));
          random.add(
              spearman(
                  naive.scores(all.subList(0, 2), entity.label()),
                  shaken.scores(all.subList(0, 2), entity.label())));
        }
      }
      assertEquals(mean(exchanged), r.row(Reading.LITERAL).exchanged().mean(), 2e-4);
      assertEquals(mean(halves), r.row(Reading.LITERAL).halves().mean(), 2e-4);
      List<Sanity.Randomised> falls = r.randomised(Reading.LITERAL);
      assertEquals(layers, falls.size());
      assertEquals(mean(random), falls.get(0).correlation().mean(), 2e-4);
      assertEquals(
          1, falls.get(0).below().mean(), 1e-9, "the score looks no further than its layer");
      assertTrue(falls.get(layers - 1).correlation().mean() < falls.get(0).correlation().mean());
      assertTrue(Double.isNaN(falls.get(layers - 1).below().mean()));
    }
  }

  /** The formula of the textbook, for values without ties. */
  private static double spearman(double[] a, double[] b) {
    double squares = 0;
    int n = a.length;
    for (int i = 0; i < n; i++) {
      int at = i;
      double d =
          Arrays.stream(a).filter(x -> x < a[at]).count()
              - Arrays.stream(b).filter(x -> x < b[at]).count();
      squares += d * d;
    }
    return 1 - 6 * squares / (n * ((double) n * n - 1));
  }
}
