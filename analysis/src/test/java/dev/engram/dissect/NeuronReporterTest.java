package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.data.LabelledImage;
import dev.engram.edit.Suppression;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Tokens;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A report holds what asking for each of its parts alone gives. */
class NeuronReporterTest {
  private static final NeuronReporter.Settings SETTINGS =
      new NeuronReporter.Settings(3, 2, 4, 5, 0);

  @TempDir Path temp = Path.of("");

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void partsAreThoseComputedAlone(Path model) {
    ImageSet set = SmallSet.entities(temp).withBackground(SmallSet.background(temp));
    try (Clip clip = Clip.from(model).device("cpu").load();
        WordDictionary words =
            WordDictionary.of(
                clip, "w", List.of("panda", "red", "hat", "sea", "bird", "sky"), Progress.NONE)) {
      Survey survey = Survey.of(clip, new Attributor(clip), set, Reading.LITERAL, Progress.NONE);
      ValueVectors values = new ValueVectors(clip);
      NeuronReporter reporter = new NeuronReporter(clip, survey, values, words);
      reporter.report(Neuron.ffn(0, 0), SETTINGS, Progress.NONE); // what is made once is made
      int arrays = clip.manager().getManagedArrays().size();
      for (Neuron n : List.of(Neuron.ffn(1, 9), Neuron.msa(1, 1, 2), Neuron.msa(0, 0, 1))) {
        NeuronReport r = reporter.report(n, SETTINGS, Progress.NONE);
        assertEquals(survey.sign(n), r.sign());
        assertEquals(survey.effects(n), r.effects());
        assertEquals(7, r.onEntities().length);
        assertEquals(3, r.onBackground().length);
        assertImages(clip, survey, r);
        assertSuppressed(clip, r);
        assertEquals(values.nearest(n, 5), r.nearest());
        assertQueries(clip, r);
        for (Interpretation said : r.words().values()) {
          assertEquals(survey.sign(said.neuron()), said.sign());
        }
        assertEquals(1 + r.topQueries().size() + r.nearest().size() - overlap(r), r.words().size());
        assertTrue(r.provenance().toString().contains("reading literal"));
      }
      assertEquals(arrays, clip.manager().getManagedArrays().size());
    }
  }

  private static int overlap(NeuronReport r) {
    Set<Neuron> queries = new HashSet<>();
    r.topQueries().forEach(q -> queries.add(q.neuron()));
    return (int) r.nearest().stream().filter(x -> queries.contains(x.neuron())).count();
  }

  private static void assertImages(Clip clip, Survey survey, NeuronReport r) {
    float[] m = survey.coefficients(r.neuron(), Progress.NONE);
    float[] sorted = m.clone();
    java.util.Arrays.sort(sorted);
    for (int i = 0; i < 3; i++) {
      assertEquals(sorted[9 - i], r.highest().get(i).coefficient());
      assertEquals(sorted[i], r.lowest().get(i).coefficient());
    }
    Set<LabelledImage> all = new HashSet<>();
    Stream.of(r.highest(), r.lowest(), r.random())
        .flatMap(List::stream)
        .forEach(
            seen -> {
              assertTrue(all.add(seen.image()), "shown twice: " + seen.image());
              assertEquals(m[survey.images().indexOf(seen.image())], seen.coefficient());
              Heatmap alone = new Heatmapper(clip).heatmap(seen.image(), r.neuron());
              assertArrayEquals(alone.tokens(), seen.heatmap().tokens(), 2e-5);
            });
    assertEquals(9, all.size());
  }

  private static void assertSuppressed(Clip clip, NeuronReport r) {
    List<Survey.Effect> improved =
        r.effects().stream().filter(e -> e.improvement() > 0).limit(2).toList();
    assertEquals(
        improved.stream().map(Survey.Effect::entity).toList(),
        r.suppressed().stream().map(NeuronReport.Suppressed::entity).toList());
    Suppression suppression = new Suppression(clip);
    for (NeuronReport.Suppressed s : r.suppressed()) {
      float[] text = clip.embedTexts(List.of(s.entity().label()), Progress.NONE)[0];
      double before = 0;
      double residual = 0;
      double complete = 0;
      for (LabelledImage image : s.entity().images()) {
        List<float[]> one = List.of(clip.processor().process(image.file()));
        List<Neuron> it = List.of(r.neuron());
        before += Cosine.of(clip.embedImages(one, Progress.NONE)[0], text);
        residual += Cosine.of(suppression.residual(one, it)[0], text);
        complete += Cosine.of(suppression.complete(one, it, Tokens.ALL)[0], text);
      }
      int n = s.entity().images().size();
      assertEquals(before / n, s.before(), 1e-6);
      assertEquals(residual / n, s.residual(), 1e-6);
      assertEquals(complete / n, s.complete(), 1e-6);
      assertNotEquals(s.before(), s.residual());
    }
  }

  private static void assertQueries(Clip clip, NeuronReport r) {
    float[] pixels = clip.processor().process(r.strongest().image().file());
    QueryEffects alone =
        new QueryAnalyzer(clip).effects(List.of(pixels), r.neuron(), Progress.NONE);
    assertEquals(
        alone.top(4).stream().map(QueryEffects.QueryNeuron::neuron).toList(),
        r.topQueries().stream().map(QueryEffects.QueryNeuron::neuron).toList());
    assertEquals(r.strongest().coefficient(), alone.activations()[0], 2e-5);
    assertEquals(r.sign() < 0 ? r.lowest().get(0) : r.highest().get(0), r.strongest());
  }

  @Test
  void fewImagesAreShownOnce() {
    float[] five = {0, 3, 1, 2, -1};
    NeuronReporter.Choice of = NeuronReporter.Choice.of(five, 6, 0);
    assertEquals(List.of(1, 3, 2), of.highest());
    assertEquals(List.of(4, 0), of.lowest());
    assertEquals(List.of(), of.random());
    NeuronReporter.Choice one = NeuronReporter.Choice.of(new float[] {1}, 6, 0);
    assertEquals(List.of(0), one.highest());
    assertEquals(List.of(), one.lowest());
    assertEquals(0, one.strongest(-1));
    assertEquals(4, of.strongest(-1));
    assertEquals(1, of.strongest(1));
  }

  @Test
  void theDrawDependsOnTheSeed() {
    float[] m = new float[100];
    for (int i = 0; i < m.length; i++) {
      m[i] = i;
    }
    List<Integer> first = NeuronReporter.Choice.of(m, 5, 7).random();
    assertEquals(first, NeuronReporter.Choice.of(m, 5, 7).random());
    assertNotEquals(first, NeuronReporter.Choice.of(m, 5, 8).random());
    assertTrue(first.stream().allMatch(i -> i >= 5 && i < 95), first.toString());
  }
}
