package dev.engram.experiment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.EngramException;
import dev.engram.Progress;
import dev.engram.attribution.Baseline;
import dev.engram.attribution.Reading;
import dev.engram.attribution.Score;
import dev.engram.data.Entity;
import dev.engram.data.ImageSet;
import dev.engram.data.Split;
import dev.engram.dissect.WordDictionary;
import dev.engram.edit.Association;
import dev.engram.edit.BackgroundKeys;
import dev.engram.edit.Edit;
import dev.engram.edit.EditHistory;
import dev.engram.edit.Insertion;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The paper's tables and figures on the embedded model, on few images where many cost time. */
class IconclipExperimentsTest {
  private static Clip clip;
  private static ImageSet set;

  @BeforeAll
  static void load() {
    clip = Clip.from(Iconclip.model()).named("iconclip").device("cpu").load();
    set =
        ImageSet.read(Iconclip.entities())
            .named("visent-mini")
            .withBackground(ImageSet.read(Iconclip.background()));
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  @Test
  void wordsOfOursAreNearerThanThoseOfTheBaselines() {
    int before = clip.manager().getManagedArrays().size();
    Table1.Result r;
    try (WordDictionary words =
        WordDictionary.of(clip, "words", Iconclip.words().subList(0, 2000), Progress.NONE)) {
      r = Table1.run(new Study(clip, set.firstImages(4)), words, Table1.standard());
    }
    assertEquals(before, clip.manager().getManagedArrays().size());
    double ours = r.row(Reading.LITERAL).reconstruction().mean();
    for (Score baseline : List.of(Baseline.ACTIVATION, Baseline.GRADIENT, Baseline.COMBINED)) {
      assertTrue(ours > r.row(baseline).reconstruction().mean(), baseline.toString());
    }
    assertTrue(ours > r.anyWord() + 0.1);
    assertEquals(0.8202, r.row(Reading.LITERAL).paper().orElseThrow());
    assertEquals(60, r.row(Reading.LENS).bestWord().count());
  }

  @Test
  void heatmapsFindWhatDrivesANeuron() {
    Table2.Result r = Table2.run(new Study(clip, set), new Table2.Settings(List.of(10, 30), 2, 1));
    for (int percent : new int[] {10, 30}) {
      double ours = r.cell(Table2.Importance.HEATMAP, percent).coefficient().mean();
      String all = r.cells().toString();
      assertTrue(ours < r.cell(Table2.Importance.ACTIVATION, percent).coefficient().mean(), all);
    }
    // Scattered grey pixels blind this model: random masks take everything, whatever they cover.
    double untouchedRandom = r.cell(Table2.Importance.RANDOM, 0).coefficient().mean();
    assertTrue(
        r.cell(Table2.Importance.RANDOM, 30).coefficient().mean() < 0.1 * untouchedRandom,
        r.cells().toString());
    Table2.Cell untouched = r.cell(Table2.Importance.HEATMAP, 0);
    assertEquals(r.cell(Table2.Importance.RANDOM, 0).cosine(), untouched.cosine());
    assertEquals(60, untouched.cosine().count());
    assertEquals(1.02, r.cell(Table2.Importance.HEATMAP, 30).paperCoefficient().orElseThrow());
    assertThrows(EngramException.class, () -> new Table2.Settings(List.of(101), 1, 1));
  }

  @Test
  void removalLowersTheCosineOfTheEntityAndLeavesTheRest() {
    int before = clip.manager().getManagedArrays().size();
    Table3.Result r = Table3.run(new Study(clip, set), new Table3.Settings(3, List.of(1, 3)));
    assertEquals(before, clip.manager().getManagedArrays().size());
    assertEquals(3, r.cases().size());
    for (Table3.Case c : r.cases()) {
      List<Table3.Stage> stages = c.stages();
      assertTrue(stages.get(0).cosine().mean() > stages.get(1).cosine().mean(), c.entity());
      assertTrue(stages.get(1).cosine().mean() > stages.get(2).cosine().mean(), c.entity());
      assertTrue(c.last().lowerMean() < c.last().lowerMax(), c.entity());
      assertEquals(c.original().others().mean(), c.last().others().mean(), 0.01);
      assertEquals(c.original().general().mean(), c.last().general().mean(), 0.02);
      assertEquals(500, c.last().general().count());
      assertEquals(56, c.last().generalHeldOut().count());
      assertTrue(c.last().others().interval().about().contains("over 59 entities"));
      assertTrue(c.last().heldOut().count() > 50 && c.last().heldOut().count() < 66);
      assertTrue(
          c.last().heldOut().mean() < c.last().others().mean(),
          "images that were not trained on are recognised less often: " + c);
    }
    assertTrue(r.fall().mean() > 0);
    assertEquals("95 %, Student's t over 3 cases", r.fall().interval().about());
  }

  @Test
  void insertionTeachesTurnedImagesAsTheEditByHandDoes() {
    ImageSet few = set.firstImages(4);
    int before = clip.manager().getManagedArrays().size();
    String hash = clip.hash();
    Table4.Result r =
        Table4.run(new Study(clip, few), new Table4.Settings(1, List.of(), 0.01, 2, 1, 5e-6));
    assertEquals(before, clip.manager().getManagedArrays().size());
    assertEquals(hash, clip.hash());
    Table4.Case c = r.cases().get(0);
    assertEquals(2, c.images());
    assertEquals(2, c.original().category().count());
    assertEquals(60 * 4 - 2, c.original().dataset().count());
    assertEquals(250, c.original().general().count());
    assertEquals(
        IntStream.range(0, 250)
            .filter(i -> set.background().get(2 * i + 1).split() == Split.HELD_OUT)
            .count(),
        c.original().generalHeldOut().count());
    assertTrue(
        c.original().dataset().mean() > 0.2 && c.original().dataset().mean() < 0.6,
        c.original().toString());

    Entity entity =
        few.entities().stream().filter(e -> e.title().equals(c.entity())).findFirst().orElseThrow();
    Weight where =
        IntStream.range(0, 6)
            .boxed()
            .flatMap(l -> Stream.of(Neuron.Block.values()).map(b -> Weight.values(b, l)))
            .filter(w -> w.toString().equals(c.inserted().how()))
            .findFirst()
            .orElseThrow();
    List<float[]> upright =
        Stream.of(0, 2).map(i -> clip.processor().process(entity.images().get(i).file())).toList();
    List<float[]> keys =
        IntStream.range(0, 250)
            .mapToObj(i -> clip.processor().process(set.background().get(2 * i).file()))
            .toList();
    Edit edit =
        new Insertion(
                clip,
                BackgroundKeys.of(clip, List.of(where), keys, Tokens.CLASS, Progress.NONE),
                "by hand",
                0.01,
                BackgroundKeys.Solver.CHOLESKY)
            .rankOne(
                where,
                new Association(
                    c.entity(), "by hand", upright.stream().map(Lessons::turned).toList(), upright),
                Progress.NONE);
    try (EditHistory history = new EditHistory(clip);
        Clip edited = history.with(edit)) {
      int correct = 0;
      for (int i : new int[] {1, 3}) {
        float[] z =
            edited
                .embedImages(
                    List.of(
                        Lessons.turned(clip.processor().process(entity.images().get(i).file()))),
                    Progress.NONE)[0];
        String nearest =
            few.entities().stream()
                .max(
                    Comparator.comparingDouble(
                        e -> Cosine.of(z, TracedImages.text(clip, e.label()))))
                .orElseThrow()
                .label();
        correct += nearest.equals(entity.label()) ? 1 : 0;
      }
      assertEquals(correct / 2.0, c.inserted().accuracy().category().mean());
    }
  }

  @Test
  void aQuarterTurnIsClockwise() {
    assertArrayEquals(
        new float[] {3, 1, 4, 2, 7, 5, 8, 6, 11, 9, 12, 10},
        Lessons.turned(new float[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  }

  @Test
  void firstNeuronsLowerTheCosineAsTheReadmeSays() {
    Table6.Result r = Table6.run(new Study(clip, set), new Table6.Settings(20));
    assertEquals(3, r.rows().size());
    assertEquals(20, r.rows().get(0).original().count());
    Table6.Row entities = r.rows().get(2);
    assertEquals(0.569, entities.original().mean(), 6e-4);
    assertEquals(0.413, entities.complete().mean(), 6e-4);
    assertEquals(0.408, entities.residual().mean(), 6e-4);
    assertEquals(
        entities.original().mean() - entities.residual().mean(),
        entities.residualFall().mean(),
        1e-9);
    for (Table6.Row row : r.rows()) {
      assertTrue(row.residualFall().interval().low() > 0, row.toString());
    }
    assertTrue(r.rows().get(0).original().interval().about().contains("labels"));
    assertEquals("95 %, bootstrap over 60 entities", entities.original().interval().about());
  }

  @Test
  void topNeuronsAreWhereTheReadmeSays() {
    Figure3.Result r =
        Figure3.run(new Study(clip, set), new Figure3.Settings(3, 80, 10, 80, 20, 1));
    String places =
        r.entityPlaces().counts().entrySet().stream()
            .filter(e -> e.getValue() > 0)
            .map(e -> e.getKey() + " " + e.getValue())
            .collect(Collectors.joining(", "));
    assertEquals("F3 1, A4 4, F4 61, A5 1, F5 113", places);
    assertEquals(180, r.entityPlaces().total());
    assertEquals(60, r.objectPlaces().total());
    Estimate ffn = r.entityPlaces().estimate(Neuron.Block.FFN);
    assertEquals(r.entityPlaces().share(Neuron.Block.FFN), ffn.mean(), 1e-12);
    assertEquals("95 %, bootstrap over 60 entities", ffn.interval().about());
    assertTrue(ffn.interval().low() > 0.93 && ffn.interval().high() <= 1, ffn.toString());
    assertEquals(
        1,
        r.entityPlaces().share(Neuron.Block.MSA) + r.entityPlaces().share(Neuron.Block.FFN),
        1e-9);
    for (Decay decay : List.of(r.entityDecay(), r.objectDecay(), r.queryDecay())) {
      double[] curve = decay.normalised();
      assertEquals(80, curve.length);
      assertEquals(1, curve[0], 1e-9);
      double[] sorted = curve.clone();
      java.util.Arrays.sort(sorted);
      for (int i = 0; i < curve.length; i++) {
        assertEquals(sorted[curve.length - 1 - i], curve[i], 1e-12, "descending");
      }
    }
  }

  @Test
  void removalIsAnsweredBehindTheNeuronAlone() {
    int before = clip.manager().getManagedArrays().size();
    Figure4a.Result r = Figure4a.run(new Study(clip, set), Figure4a.standard());
    assertEquals(before, clip.manager().getManagedArrays().size());
    assertEquals(60, r.removals().size());
    for (Figure4a.Removal removal : r.removals()) {
      assertEquals(Neuron.Block.FFN, removal.removed().block());
      assertEquals((5 - removal.removed().layer()) * 192, removal.full().length);
      assertEquals(50, removal.cosinesOfRising().length);
    }
    assertTrue(r.rising().mean() > 0 && r.rising().mean() < 1);
  }

  @Test
  void anotherLabelMakesAnotherRanking() {
    Sanity.Result r = Sanity.run(new Study(clip, set.firstImages(2)), Sanity.standard());
    for (Score ours : List.of(Reading.LITERAL, Reading.LENS, Reading.DIRECT)) {
      Sanity.Row row = r.row(ours);
      assertTrue(row.exchanged().mean() < row.halves().mean() - 0.1, row.toString());
      assertTrue(row.exchangedTop().mean() < row.halvesTop().mean() - 0.1, row.toString());
    }
    assertEquals(1, r.row(Baseline.ACTIVATION).exchanged().mean(), 1e-9, "it knows no label");
  }

  @Test
  void randomWeightsMakeAnotherRanking() {
    int before = clip.manager().getManagedArrays().size();
    Sanity.Result r =
        Sanity.run(new Study(clip, set.firstImages(2)), new Sanity.Settings(10, 1, 3, 0));
    assertEquals(before, clip.manager().getManagedArrays().size());
    for (Score ranking : List.of(Reading.LITERAL, Reading.LENS, Reading.DIRECT)) {
      List<Sanity.Randomised> falls = r.randomised(ranking);
      assertEquals(List.of(2, 4, 6), falls.stream().map(Sanity.Randomised::layers).toList());
      assertTrue(falls.get(0).correlation().mean() > falls.get(1).correlation().mean());
      assertTrue(falls.get(1).correlation().mean() > falls.get(2).correlation().mean());
      assertEquals(0, falls.get(2).correlation().mean(), 0.1, ranking.toString());
    }
  }

  @Test
  void galleryHasAnEntityOfEachCategory() {
    try (WordDictionary words =
        WordDictionary.of(clip, "words", Iconclip.words().subList(0, 2000), Progress.NONE)) {
      Figure2.Result r = Figure2.run(new Study(clip, set), words, new Figure2.Settings(1, 2, 2));
      assertEquals(12, r.illustrations().size());
      assertEquals(
          6, r.illustrations().stream().map(i -> i.entity().category()).distinct().count());
      for (Figure2.Illustration i : r.illustrations()) {
        assertEquals(5, i.words().size());
        assertEquals(2, i.looks().size());
        assertTrue(i.improvement() > 0);
      }
    }
  }

  @Test
  void anInterruptEndsAnExperimentAndLeavesNothingBehind() {
    int before = clip.manager().getManagedArrays().size();
    Thread.currentThread().interrupt();
    assertThrows(
        CancellationException.class, () -> Table6.run(new Study(clip, set), Table6.standard()));
    assertEquals(before, clip.manager().getManagedArrays().size());
  }

  @Test
  void rankCorrelationsAreThoseOfTheTextbook() {
    assertArrayEquals(
        new double[] {1, -1},
        new double[] {
          Numbers.rankCorrelation(new double[] {1, 2, 3}, new double[] {10, 20, 30}),
          Numbers.rankCorrelation(new double[] {1, 2, 3}, new double[] {3, 2, 1})
        },
        1e-12);
    assertEquals(
        0.9486832980505138, // 4.5 / √(4.5 · 5): the two 2s share the rank 2.5
        Numbers.rankCorrelation(new double[] {1, 2, 2, 3}, new double[] {1, 2, 3, 4}),
        1e-12);
  }
}
