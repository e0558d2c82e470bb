package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import dev.engram.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Products by oneDNN against those written out. */
class OneDnnTest {
  private final Random random = new Random(3);

  @BeforeEach
  void engine() {
    EngineCache.engine();
    assumeTrue(OneDnn.isThere(), "this engine was built without oneDNN");
  }

  private NDArray noise(NDManager m, long... shape) {
    Shape s = new Shape(shape);
    float[] values = new float[(int) s.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return m.create(values, s);
  }

  /** x Wᵀ + b in float64. */
  private static void assertProduct(NDArray x, NDArray w, NDArray b, NDArray got) {
    float[] in = x.toFloatArray();
    float[] weight = w.toFloatArray();
    float[] bias = b.toFloatArray();
    float[] out = got.toFloatArray();
    int width = (int) w.getShape().get(1);
    int outputs = bias.length;
    assertEquals(x.getShape().dimension(), got.getShape().dimension());
    assertEquals(in.length / width * outputs, out.length);
    for (int i = 0; i < out.length; i++) {
      double sum = bias[i % outputs];
      double size = Math.abs(sum);
      for (int j = 0; j < width; j++) {
        double each = (double) in[i / outputs * width + j] * weight[i % outputs * width + j];
        sum += each;
        size += Math.abs(each);
      }
      assertEquals(sum, out[i], 1e-6 * size, "at " + i);
    }
  }

  @Test
  void aProductIsTheOneWrittenOut() {
    try (NDManager m = NDManager.newBaseManager()) {
      for (long[] shape : new long[][] {{1, 1, 8}, {2, 5, 24}, {1, 65, 192}}) {
        NDArray x = noise(m, shape);
        NDArray w = noise(m, 7, shape[2]);
        NDArray b = noise(m, 7);
        NDArray y = OneDnn.linear(x, w, b);
        assertProduct(x, w, b, y);
        assertSame(m, y.getManager());
      }
    }
  }

  @Test
  void viewsAreMultipliedAsTheyLook() {
    try (NDManager m = NDManager.newBaseManager()) {
      NDArray x = noise(m, 2, 5, 8).get(":, 0:1");
      NDArray w = noise(m, 8, 6).transpose();
      NDArray b = noise(m, 6);
      assertProduct(x, w, b, OneDnn.linear(x, w, b));
    }
  }

  @Test
  void whatComesOfItCanBeChangedAndLearnedFrom() {
    try (NDManager m = NDManager.newBaseManager()) {
      NDArray y = OneDnn.linear(noise(m, 1, 2, 4), noise(m, 3, 4), noise(m, 3));
      y.addi(1);
      y.setRequiresGradient(true);
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        collector.backward(y.mul(y).sum());
      }
      float[] gradient = y.getGradient().toFloatArray();
      float[] values = y.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        assertEquals(2 * values[i], gradient[i], 1e-5);
      }
    }
  }

  @Test
  void whatIsLearnedIsNotMultipliedSo() {
    try (NDManager m = NDManager.newBaseManager()) {
      NDArray x = noise(m, 1, 65, 192);
      NDArray w = noise(m, 400, 192);
      NDArray b = noise(m, 400);
      assertTrue(OneDnn.choice().isTaken() || !OneDnn.takes(x, w, b));
      assertFalse(OneDnn.takes(x.get(":, 0:1"), w, b), "too small to be worth it");
      w.setRequiresGradient(true);
      assertFalse(OneDnn.takes(x, w, b));
      try (GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
        NDArray product = Products.linear(x, w.mul(w), b); // what follows from it neither
        collector.backward(product.sum());
      }
      assertTrue(w.getGradient().abs().sum().getFloat() > 0);
    }
  }

  /**
   * Else a kernel, whose cells run on some thread, would multiply by MKL at one time or another.
   */
  @Test
  void aThreadRecordsWhereACollectorIsOpenAndNowhereElse() throws Exception {
    List<Boolean> seen = new ArrayList<>();
    Thread thread =
        new Thread(
            () -> {
              seen.add(JniUtils.isGradMode());
              seen.add(GradientMode.isRecording());
              try (GradientCollector collector =
                  Engine.getEngine("PyTorch").newGradientCollector()) {
                seen.add(GradientMode.isRecording());
              }
              seen.add(GradientMode.isRecording());
            });
    thread.start();
    thread.join();
    assertEquals(List.of(true, false, true, false), seen);
  }

  @Test
  void aThreadThatBeginsWithACollectorIsRecorded() throws Exception {
    List<Boolean> seen = new ArrayList<>();
    Thread thread =
        new Thread(
            () -> {
              try (GradientCollector collector =
                  Engine.getEngine("PyTorch").newGradientCollector()) {
                seen.add(GradientMode.isRecording());
              }
              seen.add(GradientMode.isRecording());
            });
    thread.start();
    thread.join();
    assertEquals(List.of(true, false), seen);
  }

  @Test
  void aCollectorThatIsRefusedLeavesTheThreadAsItWas() throws Exception {
    List<Boolean> seen = new ArrayList<>();
    try (GradientCollector open = GradientMode.collector()) {
      Thread thread =
          new Thread(
              () -> {
                JniUtils.setGradMode(false);
                assertThrows(IllegalStateException.class, GradientMode::collector);
                seen.add(JniUtils.isGradMode());
              });
      thread.start();
      thread.join();
    }
    assertEquals(List.of(false), seen);
  }

  @Test
  void aVariableChooses() {
    Processor intel = new Processor("GenuineIntel", 6);
    assertEquals("as ENGRAM_PRODUCTS says", OneDnn.choose("mkl", null).reason());
    assertFalse(OneDnn.choose("mkl", new Processor("AuthenticAMD", 26)).isTaken());
    assertTrue(OneDnn.choose(" oneDNN", intel).isTaken());
    Refusal.holds(
        () -> OneDnn.choose("blas", null), "ENGRAM_PRODUCTS is mkl or onednn; got 'blas'.");
  }

  @Test
  void aProcessorThatWasMeasuredChoosesAndAnotherIsMeasured() {
    assertFalse(OneDnn.choose("", new Processor("GenuineIntel", 6)).isTaken());
    assertTrue(OneDnn.choose("", new Processor("AuthenticAMD", 26)).isTaken());
    for (Processor p : new Processor[] {null, new Processor("AuthenticAMD", 25)}) {
      String reason = OneDnn.choose(null, p).reason();
      assertTrue(reason.matches("oneDNN takes \\d+\\.\\d\\d of MKL's time"), reason);
    }
  }
}
