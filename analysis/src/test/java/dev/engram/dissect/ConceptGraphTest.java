package dev.engram.dissect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.engram.Progress;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import java.util.HashSet;
import org.junit.jupiter.api.Test;

class ConceptGraphTest {
  @Test
  void everyNeuronIsExpandedOnce() {
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      float[] pixels =
          clip.processor()
              .process(
                  ImageSet.read(Iconclip.entities()).entity("santa_claus").images().get(0).file());
      for (int channel : new int[] {28, 229, 419, 3, 77}) {
        ConceptGraph graph =
            ConceptGraph.grow(
                new QueryAnalyzer(clip), pixels, Neuron.ffn(5, channel), 3, 5, Progress.NONE);
        // among them neurons that are found again before their turn has come
        assertEquals(graph.edges().size(), new HashSet<>(graph.edges()).size());
      }
    }
  }
}
