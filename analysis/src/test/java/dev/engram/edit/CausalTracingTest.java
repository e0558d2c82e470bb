package dev.engram.edit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.trace.Neuron;
import dev.engram.trace.Site;
import dev.engram.trace.Tokens;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Causal tracing that begins behind the block agrees with a whole pass for every block. */
class CausalTracingTest {
  @Test
  void beginningBehindTheBlockIsTheSameAsWholePasses() {
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      agrees(clip);
      try (Clip suppressing = clip.edited(Map.of(), List.of(Neuron.ffn(1, 5)))) {
        agrees(suppressing);
      }
    }
  }

  private static void agrees(Clip clip) {
    List<float[]> pixels = pixels(clip, "panda");
    List<float[]> guides = pixels(clip, "santa_claus");
    float[] text = clip.embedTexts(List.of("a picture of Santa Claus"), Progress.NONE)[0];
    for (Tokens tokens : Tokens.values()) {
      int arrays = clip.manager().getManagedArrays().size();
      CausalTrace fast =
          new CausalTracing(clip)
              .trace(pixels, guides, "Santa", text, tokens, "iconclip", Progress.NONE);
      assertEquals(arrays, clip.manager().getManagedArrays().size());
      double largest = 0;
      TraceRequest outputs = TraceRequest.none().with(Site.A, tokens).with(Site.F, tokens);
      try (NDManager scope = clip.manager().newSubManager();
          Trace guide = clip.trace(guides, outputs, List.of())) {
        NDArray batch = clip.batch(scope, pixels);
        NaiveCausalTracing naive = new NaiveCausalTracing(clip);
        for (int l = 0; l < fast.layers(); l++) {
          for (Neuron.Block block : Neuron.Block.values()) {
            try (Trace t = naive.pass(batch, guide, block, l, tokens)) {
              double[] whole = Cosine.ofRows(t.embedding().toFloatArray(), text);
              for (int i = 0; i < whole.length; i++) {
                double rise = fast.increase(i, block, l);
                assertEquals(whole[i] - fast.original()[i], rise, 1e-6, tokens + " " + block + l);
                largest = Math.max(largest, Math.abs(rise));
              }
            }
          }
        }
      }
      assertTrue(largest > 0.01, "nothing was replaced: " + largest);
    }
  }

  @Test
  void everyImageNeedsItsGuide() {
    try (Clip clip = Clip.from(Iconclip.model()).device("cpu").load()) {
      List<float[]> pixels = pixels(clip, "panda");
      Refusal.holds(
          () ->
              new CausalTracing(clip)
                  .trace(
                      pixels,
                      pixels.subList(0, 1),
                      "",
                      new float[1],
                      Tokens.ALL,
                      "",
                      Progress.NONE),
          "one guide for each",
          "got 5 and 1");
    }
  }

  private static List<float[]> pixels(Clip clip, String entity) {
    return ImageSet.read(Iconclip.entities()).entity(entity).images().stream()
        .limit(5)
        .map(i -> clip.processor().process(i.file()))
        .toList();
  }
}
