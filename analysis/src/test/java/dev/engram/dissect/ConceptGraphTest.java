package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ConceptGraphTest {
  @Test
  void everyNeuronIsExpandedOnce() {
    try (Clip clip = Clip.load(Iconclip.model(), "cpu", Progress.NONE)) {
      float[] pixels =
          clip.processor()
              .process(
                  ImageSet.read(Iconclip.entities()).entity("santa_claus").images().get(0).file());
      int inOneLevel = 0;
      for (int channel : new int[] {28, 229, 419}) {
        ConceptGraph graph =
            ConceptGraph.grow(
                new QueryAnalyzer(clip), pixels, Neuron.ffn(5, channel), 3, 3, Progress.NONE);
        assertEquals(graph.edges().size(), new HashSet<>(graph.edges()).size());
        List<Neuron> order = List.copyOf(graph.nodes().keySet());
        List<Neuron> first =
            graph.edges().stream()
                .filter(e -> e.to().equals(graph.start()))
                .map(ConceptGraph.Edge::from)
                .toList();
        assertEquals(first, order.subList(1, 1 + first.size()));
        inOneLevel +=
            (int)
                graph.edges().stream()
                    .filter(e -> first.contains(e.from()) && first.contains(e.to()))
                    .count();
      }
      assertTrue(inOneLevel > 0, "no neuron reads one of its own level");
    }
  }

  @Test
  void noImagesHaveNoCoefficients() {
    try (Clip clip = Clip.load(Iconclip.model(), "cpu", Progress.NONE)) {
      assertArrayEquals(
          new float[0],
          new Activations(clip, List.of()).coefficients(Neuron.ffn(0, 0), Progress.NONE));
    }
  }
}
