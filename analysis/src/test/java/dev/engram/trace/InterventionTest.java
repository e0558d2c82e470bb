package dev.engram.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interventions change what they name and nothing else, compose, and never stay behind. */
class InterventionTest {
  private static Clip clip;
  private static List<float[]> pixels;

  @BeforeAll
  static void load() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    Random random = new Random(3);
    int side = clip.config().imageSize();
    pixels = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      float[] p = new float[3 * side * side];
      for (int j = 0; j < p.length; j++) {
        p[j] = (float) random.nextGaussian();
      }
      pixels.add(p);
    }
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static float[] embedding(List<Intervention> interventions) {
    try (Trace t = clip.trace(pixels, TraceRequest.none(), interventions)) {
      return t.embedding().toFloatArray();
    }
  }

  @ParameterizedTest
  @EnumSource(Tokens.class)
  void zeroesOnlyTheNeuronsAndTokensItNames(Tokens tokens) {
    Neuron ffn = Neuron.parse("L2F17");
    Neuron msa = Neuron.parse("L3A1H5");
    List<Intervention> zero = Intervention.zero(List.of(ffn, msa), 64, tokens);
    assertEquals(2, zero.size());
    try (Trace before = clip.trace(pixels, TraceRequest.everything(), List.of());
        Trace after = clip.trace(pixels, TraceRequest.everything(), zero)) {
      float[] a = before.get(Site.M_F, 2).toFloatArray();
      float[] b = after.get(Site.M_F, 2).toFloatArray();
      int t = clip.config().patches() + 1;
      int width = a.length / (pixels.size() * t);
      for (int i = 0; i < a.length; i++) {
        boolean named = i % width == 17 && (tokens == Tokens.ALL || (i / width) % t == 0);
        assertEquals(named ? 0 : a[i], b[i], 1e-5f);
      }
      assertEquals(0, after.get(Site.M_A, 3).get("0, 0, 69").getFloat());
      assertArrayEquals(
          before.get(Site.PRE, 2).toFloatArray(),
          after.get(Site.PRE, 2).toFloatArray(),
          "nothing before it");
    }
  }

  @Test
  void leavesNothingBehind() {
    float[] before = embedding(List.of());
    float[] changed =
        embedding(
            Intervention.zero(
                List.of(Neuron.parse("L1F3"), Neuron.parse("L0A0H0")), 64, Tokens.ALL));
    assertFalse(Arrays.equals(before, changed));
    assertArrayEquals(before, embedding(List.of()));
  }

  @Test
  void replacingAnOutputByItselfChangesNothing() {
    float[] before = embedding(List.of());
    try (Trace t = clip.trace(pixels, TraceRequest.everything(), List.of())) {
      List<Intervention> all = new ArrayList<>();
      for (int l = 0; l < 6; l++) {
        for (Neuron.Block block : Neuron.Block.values()) {
          NDArray out = t.get(Site.output(block), l);
          all.add(
              Intervention.replaceOutput(block, l, out, l % 2 == 0 ? Tokens.ALL : Tokens.CLASS));
        }
      }
      assertArrayEquals(before, embedding(all), 2e-5f);
    }
  }

  @Test
  void laterOnesSeeWhatEarlierOnesDid() {
    Intervention.Change one = v -> v.onesLike();
    Intervention.Change twice = v -> v.mul(2);
    List<Intervention> list =
        List.of(
            new Intervention(Site.M_F, 5, "ones", one),
            new Intervention(Site.M_F, 5, "twice", twice));
    try (Trace t = clip.trace(pixels, TraceRequest.none().with(Site.M_F, Tokens.CLASS), list)) {
      assertEquals(2f, t.get(Site.M_F, 5).max().getFloat());
      assertEquals(2f, t.get(Site.M_F, 5).min().getFloat());
    }
  }

  @Test
  void oneThatNeverMeetsItsSiteIsAnError() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> embedding(Intervention.zero(List.of(Neuron.ffn(6, 0)), 64, Tokens.ALL)));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains("layer 6") && message.contains("0 to 5"), message);
  }

  @Test
  void theShortLastLayerGivesTheSameEmbedding() {
    float[] shortPass = embedding(List.of());
    try (Trace t = clip.trace(pixels, TraceRequest.everything(), List.of())) {
      assertArrayEquals(t.embedding().toFloatArray(), shortPass, 2e-5f);
    }
  }

  @Test
  void anInterruptEndsThePassAndTheNextOneWorks() {
    int arrays = clip.manager().getManagedArrays().size();
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> embedding(List.of()));
    assertFalse(Thread.currentThread().isInterrupted());
    embedding(List.of());
    assertEquals(arrays, clip.manager().getManagedArrays().size());
  }
}
