package dev.engram.model;

import ai.djl.Device;
import dev.engram.EngramException;
import java.util.Locale;

/**
 * Chooses where the model computes, and says why. {@code auto} takes the first GPU that the engine
 * sees, else the CPU.
 *
 * @param device the choice
 * @param reason one phrase: why this one
 */
record Devices(Device device, String reason) {
  private static final String THREADS = "ai.djl.pytorch.num_threads";

  static {
    SpinCount.setDefault();
    // The engine counts the machine's cores; a container may be lent fewer, as Java knows.
    if (System.getProperty(THREADS) == null && System.getenv("OMP_NUM_THREADS") == null) {
      System.setProperty(THREADS, String.valueOf(Runtime.getRuntime().availableProcessors()));
    }
  }

  /**
   * @param wish {@code auto}, {@code cpu} or {@code gpu}
   * @throws EngramException for another word, or for {@code gpu} where the engine has none
   */
  static Devices choose(String wish) {
    int gpus = EngineCache.engine().getGpuCount();
    return switch (wish.toLowerCase(Locale.ROOT)) {
      case "cpu" -> new Devices(Device.cpu(), "as asked");
      case "auto" ->
          gpus > 0
              ? new Devices(
                  Device.gpu(), "the engine sees " + gpus + (gpus == 1 ? " GPU" : " GPUs"))
              : new Devices(Device.cpu(), "the engine sees no GPU");
      case "gpu", "cuda" -> {
        if (gpus == 0) {
          throw new EngramException(
              "There is no GPU that the engine can use here; use --device cpu, or see docs/gpu.md for"
                  + " the libtorch with CUDA that it needs.");
        }
        yield new Devices(Device.gpu(), "as asked");
      }
      default -> throw new EngramException("A device is auto, cpu or gpu; got '" + wish + "'.");
    };
  }
}
