package dev.engram.model;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.util.cuda.CudaUtils;
import dev.engram.EngramException;
import java.lang.management.MemoryUsage;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * How many images or texts a device takes at once. Begins with what its free memory allows, takes
 * half as many when the device says that it has no more, and keeps to that.
 */
public final class Batches {
  /** More at once makes no GPU faster. */
  private static final int MOST = 256;

  /**
   * The share of the free memory that a batch may take: the rest is for what an estimate forgets.
   */
  private static final double SHARE = 0.5;

  private final String device;
  private final LongSupplier free;
  private volatile int learned = Integer.MAX_VALUE;

  /** Work on the items of a batch. It is done wholly, or not at all if it throws. */
  @FunctionalInterface
  public interface Work {
    /**
     * @param from the first item
     * @param to the one behind the last
     */
    void run(int from, int to);
  }

  /**
   * @param device for people
   * @param free bytes that the device can still give; negative if that is not known
   */
  Batches(String device, LongSupplier free) {
    this.device = device;
    this.free = free;
  }

  static Batches on(Device device) {
    return new Batches(device.toString(), () -> device.isGpu() ? free(device) : -1);
  }

  private static long free(Device gpu) {
    MemoryUsage memory = CudaUtils.getGpuMemory(gpu);
    return memory.getMax() - memory.getCommitted();
  }

  /**
   * Does work on all items, batch by batch.
   *
   * @param n how many items
   * @param usual the size of a batch where the free memory is not known, as on a CPU
   * @param bytes an estimate of what one item takes
   * @throws EngramException if there is no memory for a single item
   */
  public void each(int n, int usual, long bytes, Work work) {
    int size = size(usual, bytes);
    int from = 0;
    while (from < n) {
      int to = (int) Math.min(n, from + (long) Math.min(size, learned));
      try {
        work.run(from, to);
        from = to;
      } catch (EngineException e) {
        if (!isOutOfMemory(e)) {
          throw e;
        }
        if (to - from == 1) {
          throw new EngramException(
              "The memory of %s is not enough for one image or text of this model; end what else runs there, or use --device cpu."
                  .formatted(device),
              e);
        }
        learned = (to - from) / 2;
      }
    }
  }

  private int size(int usual, long bytes) {
    long room = free.getAsLong();
    return room < 0 ? usual : (int) Math.max(1, Math.min(MOST, SHARE * room / Math.max(1, bytes)));
  }

  /** PyTorch's words: those of its CUDA allocator, and those of its two for the CPU. */
  private static boolean isOutOfMemory(EngineException e) {
    String message = String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    return message.contains("out of memory")
        || message.contains("not enough memory")
        || message.contains("can't allocate memory");
  }

  /**
   * @return a phrase for people if batches became smaller; "" otherwise
   */
  public String note() {
    return learned == Integer.MAX_VALUE
        ? ""
        : "at most " + learned + " at once, since its memory was full";
  }
}
