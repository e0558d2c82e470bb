package dev.engram.edit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Cosine;
import dev.engram.Progress;
import dev.engram.Provenance;
import dev.engram.Refusal;
import dev.engram.data.ImageSet;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.Clip;
import dev.engram.model.Weight;
import dev.engram.trace.Neuron;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Training goes down, goes the same way every time, and leaves the model alone. */
class FineTuningTest {
  private static final FineTuning.Settings FAST = new FineTuning.Settings(1e-4, 0.01);

  private static Clip clip;
  private static List<float[]> images;
  private static float[] text;

  @BeforeAll
  static void load() {
    clip = Clip.from(Iconclip.model()).device("cpu").load();
    images =
        ImageSet.read(Iconclip.entities()).entity("panda").images().stream()
            .limit(3)
            .map(i -> clip.processor().process(i.file()))
            .toList();
    text = clip.embedTexts(List.of("a picture of a pizza"), Progress.NONE)[0];
  }

  @AfterAll
  static void close() {
    clip.close();
  }

  private static FineTuning begin(Clip model, Trainable trainable) {
    return new FineTuning(model, trainable, images, text, FAST, Progress.NONE);
  }

  private static Trainable lora() {
    return Trainable.Lora.of(clip, Trainable.Lora.RANK, Trainable.Lora.ALPHA, 1);
  }

  @Test
  void fiftyRunsAgree() {
    for (Trainable trainable : List.of(new Trainable.LastLayer(), lora())) {
      Map<Trainable.Parameter, double[]> first = Map.of();
      double firstLoss = 0;
      int arrays = clip.manager().getManagedArrays().size();
      for (int run = 0; run < 50; run++) {
        if (run % 5 == 0) {
          System.gc(); // what autograd holds must not hang on Java objects
        }
        try (FineTuning training = begin(clip, trainable)) {
          training.step(Progress.NONE);
          training.step(Progress.NONE);
          double loss = training.step(Progress.NONE);
          if (run == 0) {
            first = training.values();
            firstLoss = loss;
          }
          assertEquals(firstLoss, loss, 1e-6, "loss of run " + run);
          String name = "run " + run + " of " + trainable.method();
          Map<Trainable.Parameter, double[]> values = training.values();
          first.forEach(
              (p, v) -> assertClose(v, Objects.requireNonNull(values.get(p)), name + " " + p));
        }
      }
      assertEquals(arrays, clip.manager().getManagedArrays().size());
    }
  }

  /**
   * AdamW makes a step of nearly the learning rate of any gradient, so where a gradient is about 0
   * its rounding decides: nearly all values agree, and none strays by more than the steps made.
   */
  private static void assertClose(double[] expected, double[] actual, String what) {
    int apart = 0;
    for (int i = 0; i < expected.length; i++) {
      double error = Math.abs(expected[i] - actual[i]);
      assertTrue(error <= 6.1 * FAST.learningRate(), what + ": off by " + error);
      apart += error > 0.01 * FAST.learningRate() ? 1 : 0;
    }
    assertTrue(apart <= expected.length / 100, what + ": " + apart + " values differ");
  }

  @Test
  void theEditDoesWhatTheTrainingDid() {
    for (Trainable trainable : List.of(new Trainable.LastLayer(), lora())) {
      try (FineTuning training = begin(clip, trainable);
          EditHistory history = new EditHistory(clip)) {
        String hash = clip.hash();
        double before = training.loss(Progress.NONE);
        for (int i = 0; i < 10; i++) {
          training.step(Progress.NONE);
        }
        double after = training.loss(Progress.NONE);
        assertTrue(after < before - 0.01, before + " to " + after);
        history.apply(training.edit("pizza", "VisEnt-mini"));
        double edited =
            Arrays.stream(history.model().embedImages(images, Progress.NONE))
                .mapToDouble(z -> 1 - Cosine.of(z, text))
                .average()
                .orElseThrow();
        assertEquals(after, edited, 1e-5);
        history.undo();
        assertEquals(hash, history.model().hash());
      }
    }
  }

  @Test
  void beginningAtTheLastLayerIsTheSameAsAtThePixels() {
    Neuron silent = Neuron.ffn(0, 1);
    Weight w = Weight.values(Neuron.Block.FFN, 0);
    try (EditHistory history = new EditHistory(clip)) {
      // a neuron without a value vector: suppressing it changes nothing but where passes begin
      history.apply(Removal.complete(clip, "it", List.of(silent), Provenance.of()));
      for (Trainable trainable : List.of(new Trainable.LastLayer(), lora())) {
        try (Clip whole = clip.edited(Map.of(w, history.model().values(w)), List.of(silent));
            FineTuning fast = begin(history.model(), trainable);
            FineTuning slow = begin(whole, trainable)) {
          assertAgree(fast, slow);
        }
      }
    }
  }

  @Test
  void theGradientOfAllImagesIsTheSameInOnePassAndOneByOne() {
    for (Trainable trainable : List.of(new Trainable.LastLayer(), lora())) {
      try (FineTuning together = begin(clip, trainable);
          FineTuning apart =
              new FineTuning(clip, trainable, images, text, FAST, 1, Progress.NONE)) {
        assertAgree(together, apart);
        assertEquals(together.step(Progress.NONE), apart.step(Progress.NONE), 1e-6);
        assertAgree(together, apart); // LoRA's A has a gradient only when B is no longer 0
      }
    }
  }

  private static void assertAgree(FineTuning a, FineTuning b) {
    assertEquals(a.loss(Progress.NONE), b.loss(Progress.NONE), 1e-6);
    Map<Trainable.Parameter, float[]> gradients = b.gradients(Progress.NONE);
    a.gradients(Progress.NONE)
        .forEach((p, g) -> assertArrayEquals(g, gradients.get(p), 1e-5f, p.toString()));
  }

  @Test
  void whatCannotTrainIsRefused() {
    Refusal.holds(
        () -> new FineTuning(clip, new Trainable.LastLayer(), List.of(), text, FAST, Progress.NONE),
        "at least one image");
    Refusal.holds(
        () ->
            new FineTuning(
                clip,
                new Trainable.LastLayer(),
                images,
                text,
                new FineTuning.Settings(0, 0),
                Progress.NONE),
        "learning rate above 0");
    Refusal.holds(() -> Trainable.Lora.of(clip, 0, 32, 1), "rank of LoRA");
  }
}
