package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.engram.Progress;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.model.ClipConfig.Tower;
import dev.engram.trace.Trace;
import dev.engram.trace.TraceRequest;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The image tower of a SigLIP alone, against the reference set. */
class SiglipVisionTest {
  private static final Path FOLDER =
      Path.of("src/test/resources/reference/models/extra_siglip_vision");

  @Test
  void thePooledImageIsThatOfTransformers() {
    Tower tower = new Tower(2, 48, 4, 96, Activation.GELU_PYTORCH_TANH, 1e-6);
    ClipConfig config =
        new ClipConfig(TestFamilies.of("SigLIP"), tower, tower, 48, 32, 8, 16, 100, -1, List.of());
    Safetensors expected = Safetensors.open(FOLDER.resolve("expected.safetensors"));
    double[] pixels = Safetensors.open(FOLDER.resolve("inputs.safetensors")).doubles("pixels");
    float[] floats = new float[pixels.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) pixels[i];
    }
    try (NDManager root = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
      VisionTower vision =
          new VisionTower(root, Checkpoint.open(FOLDER), config, Precision.F32, Progress.NONE);
      NDArray images =
          root.create(FloatBuffer.wrap(floats), new Shape(3, 3, 32, 32), DataType.FLOAT32);
      int arrays = root.getManagedArrays().size();
      try (Trace trace = vision.forward(images, TraceRequest.everything(), List.of())) {
        close(expected.doubles("pooler_output"), trace.embedding());
        NDArray last = trace.get(dev.engram.trace.Site.H, 2).duplicate();
        last.attach(trace.manager());
        close(
            expected.doubles("last_hidden_state"),
            new Norm(vision.postNormWeight(), vision.postNormBias(), 1e-6f).of(last));
      }
      assertEquals(arrays, root.getManagedArrays().size());
    }
  }

  private static void close(double[] expected, NDArray actual) {
    float[] values = actual.toFloatArray();
    assertEquals(expected.length, values.length);
    for (int i = 0; i < values.length; i++) {
      assertEquals(expected[i], values[i], 2e-5, "value " + i);
    }
  }
}
