package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import dev.engram.trace.NeuronSpace;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The products of whole blocks agree with the cosine of each pair of vectors written out. */
class ValueVectorsTest {
  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void residualCosinesAreThoseOfTheColumns(Path model) {
    try (Clip clip = Clip.from(model).device("cpu").load()) {
      NeuronSpace space = clip.config().vision().space();
      ValueVectors vectors = new ValueVectors(clip);
      int arrays = clip.manager().getManagedArrays().size();
      Random random = new Random(2);
      for (int round = 0; round < 5; round++) {
        Neuron n = space.neuron(random.nextInt(space.count()));
        double[] cosines = vectors.cosines(n);
        assertEquals(space.count(), cosines.length);
        for (int i = 0; i < 60; i++) {
          int k = random.nextInt(space.count());
          assertEquals(Cosine.of(column(clip, n), column(clip, space.neuron(k))), cosines[k], 1e-5);
        }
        List<ValueVectors.Near> near = vectors.nearest(n, 7);
        assertEquals(7, near.size());
        assertTrue(near.stream().noneMatch(x -> x.neuron().equals(n)));
        double seventh = near.get(6).cosine();
        int nearer = 0;
        for (int k = 0; k < cosines.length; k++) {
          nearer += cosines[k] > seventh && k != space.index(n) ? 1 : 0;
        }
        assertEquals(6, nearer);
      }
      assertEquals(arrays, clip.manager().getManagedArrays().size());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.engram.dissect.SmallSet#models")
  void cosinesWithATextAreThoseOfTheInterpretersTargets(Path model) {
    try (Clip clip = Clip.from(model).device("cpu").load();
        WordDictionary words =
            WordDictionary.of(clip, "words", List.of("panda", "a red hat"), Progress.NONE)) {
      NeuronSpace space = clip.config().vision().space();
      Random random = new Random(3);
      List<Neuron> some = random.ints(80, 0, space.count()).mapToObj(space::neuron).toList();
      double[][] targets =
          new Interpreter(clip, words)
              .targets(some, some.stream().mapToInt(n -> 1).toArray(), ValueReading.LINEAR);
      ValueVectors vectors = new ValueVectors(clip);
      for (String text : words.words()) {
        float[] t = clip.embedTexts(List.of(text), Progress.NONE)[0];
        double[] cosines = vectors.cosines(t);
        for (int i = 0; i < targets.length; i++) {
          float[] target = new float[t.length];
          for (int j = 0; j < target.length; j++) {
            target[j] = (float) targets[i][j];
          }
          assertEquals(Cosine.of(target, t), cosines[space.index(some.get(i))], 1e-5);
        }
        for (double c : cosines) {
          assertFalse(Double.isNaN(c));
        }
      }
    }
  }

  private static float[] column(Clip clip, Neuron n) {
    int width = clip.config().vision().width();
    float[] all = clip.values(Weight.values(n.block(), n.layer())); // (d, n)
    int columns = all.length / width;
    float[] out = new float[width];
    for (int i = 0; i < width; i++) {
      out[i] = all[i * columns + n.column(clip.config().vision().headWidth())];
    }
    return out;
  }
}
