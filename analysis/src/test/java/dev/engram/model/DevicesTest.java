package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.engram.Refusal;
import org.junit.jupiter.api.Test;

/** Which device is taken, what is said where it is not there, and how many threads compute. */
class DevicesTest {
  private final int gpus = Engine.getEngine("PyTorch").getGpuCount();

  @Test
  void whatIsAskedForIsTakenAndTheReasonIsSaid() {
    assertEquals(new Devices(Device.cpu(), "as asked"), Devices.choose("cpu"));
    assertEquals(new Devices(Device.cpu(), "as asked"), Devices.choose("CPU"));
    Refusal.holds(() -> Devices.choose("tpu"), "auto, cpu or gpu", "tpu");
  }

  @Test
  void withoutGpuTheCpuIsTakenUnlessAGpuWasAskedFor() {
    assumeTrue(gpus == 0, "this machine has a GPU");
    assertEquals(new Devices(Device.cpu(), "the engine sees no GPU"), Devices.choose("auto"));
    Refusal.holds(() -> Devices.choose("gpu"), "no GPU", "--device cpu", "docs/gpu.md");
    Refusal.holds(() -> Devices.choose("cuda"), "no GPU");
  }

  @Test
  void withGpuItIsTakenUnlessTheCpuWasAskedFor() {
    assumeTrue(gpus > 0, "this machine has no GPU");
    assertTrue(Devices.choose("auto").device().isGpu());
    assertTrue(Devices.choose("gpu").device().isGpu());
  }

  @Test
  void asManyThreadsComputeAsJavaHasCores() {
    assumeTrue(System.getenv("OMP_NUM_THREADS") == null, "the environment says how many");
    Devices.choose("cpu");
    assertEquals(
        Runtime.getRuntime().availableProcessors(),
        Integer.getInteger("ai.djl.pytorch.num_threads"));
  }
}
