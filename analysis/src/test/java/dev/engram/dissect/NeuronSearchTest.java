package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.attribution.Attribution;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Reading;
import dev.engram.data.ImageSet;
import dev.engram.dissect.NeuronSearch.By;
import dev.engram.dissect.NeuronSearch.EntityEffects;
import dev.engram.dissect.NeuronSearch.FoundNeuron;
import dev.engram.dissect.NeuronSearch.Place;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a search finds is what a look at every neuron finds. */
class NeuronSearchTest {
  private static final Place LAST_FFN = new Place(Set.of(1), Set.of(Neuron.Block.FFN));

  @TempDir Path temp = Path.of("");

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void findsTheBestOfAllThatFit(Path model) {
    ImageSet set = SmallSet.entities(temp);
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      NeuronSpace space = clip.config().vision().space();
      Attributor attributor = new Attributor(clip);
      Attribution a = SmallSet.attribution(attributor, set.entities().get(0), Reading.LITERAL);
      EntityEffects effects = EntityEffects.of(a, "it");
      double[] cosines =
          new ValueVectors(clip).cosines(clip.embedTexts(List.of("hat"), Progress.NONE)[0]);
      NeuronSearch search = new NeuronSearch(space, effects, cosines);

      Place everywhere =
          new Place(
              IntStream.range(0, space.layers()).boxed().collect(Collectors.toSet()),
              Set.of(Neuron.Block.values()));
      assertEquals(
          a.top(20).stream().map(Attribution.Ranked::neuron).toList(),
          search.find(everywhere, By.IMPROVEMENT, 20).stream().map(FoundNeuron::neuron).toList());

      for (By by : By.values()) {
        List<FoundNeuron> found = search.find(LAST_FFN, by, 6);
        double sixth = score(found.get(5), by);
        int better = 0;
        for (int k = 0; k < space.ffnWidth(); k++) {
          Neuron n = Neuron.ffn(1, k);
          double cosine = a.sign(n) * cosines[space.index(n)];
          double score =
              switch (by) {
                case IMPROVEMENT -> a.score(n);
                case COEFFICIENT -> a.coefficient(n);
                case COSINE -> cosine;
                case PRODUCT -> a.score(n) > 0 && cosine > 0 ? a.score(n) * cosine : -1;
              };
          better += score > sixth ? 1 : 0;
        }
        assertEquals(5, better, by.toString());
        for (int i = 0; i < found.size(); i++) {
          FoundNeuron f = found.get(i);
          assertEquals(i + 1, f.rank());
          assertEquals("it", f.entity());
          assertTrue(f.neuron().layer() == 1 && f.neuron().block() == Neuron.Block.FFN);
          assertEquals(a.score(f.neuron()), f.improvement(), 1e-12);
          assertEquals(a.sign(f.neuron()) * cosines[space.index(f.neuron())], f.cosine(), 1e-12);
        }
      }
    }
  }

  private static double score(FoundNeuron f, By by) {
    return switch (by) {
      case IMPROVEMENT -> f.improvement();
      case COEFFICIENT -> f.coefficient();
      case COSINE -> f.cosine();
      case PRODUCT -> f.improvement() * f.cosine();
    };
  }

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void withoutAnEntityEachNeuronCountsByItsBest(Path model) {
    ImageSet set = SmallSet.entities(temp);
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      Survey survey = Survey.of(clip, new Attributor(clip), set, Reading.LITERAL, Progress.NONE);
      NeuronSearch search = new NeuronSearch(survey.space(), EntityEffects.ofBest(survey), null);
      for (FoundNeuron f : search.find(LAST_FFN, By.IMPROVEMENT, 10)) {
        Survey.Effect best = survey.effects(f.neuron()).get(0);
        assertEquals(best.entity().name(), f.entity());
        assertEquals(best.improvement(), f.improvement());
        assertEquals(best.coefficient(), f.coefficient());
        assertTrue(Double.isNaN(f.cosine()));
      }
      assertThrows(IllegalArgumentException.class, () -> search.find(LAST_FFN, By.PRODUCT, 1));
      assertThrows(
          IllegalArgumentException.class,
          () -> new NeuronSearch(survey.space(), null, null).find(LAST_FFN, By.IMPROVEMENT, 1));
    }
  }
}
