package dev.engram.model;

import ai.djl.Device;
import ai.djl.engine.EngineException;
import ai.djl.util.cuda.CudaUtils;
import dev.engram.EngramException;
import java.lang.management.MemoryUsage;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

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

  /** Whether this thread is within the work of a batch. */
  private final ThreadLocal<Boolean> within = ThreadLocal.withInitial(() -> false);

  private volatile @Nullable Room learned;

  /** What had room at once when the memory was full: so many items of so many bytes. */
  private record Room(int items, long bytes) {
    int of(long others) {
      return (int) Math.max(1, Math.min(Integer.MAX_VALUE, (double) items * bytes / others));
    }
  }

  /**
   * Work on the items of a batch that may be done again for a part of them: it writes each result
   * to the place of its item, and adds nothing up.
   */
  @FunctionalInterface
  public interface Work {
    /**
     * @param from the first item
     * @param to the one after the last
     */
    void run(int from, int to);
  }

  /** Computes something of the items of a batch, and changes nothing. */
  @FunctionalInterface
  public interface Part<T> {
    /**
     * @param from the first item
     * @param to the one after the last
     */
    T of(int from, int to);
  }

  /** Takes what was computed of a batch; what it throws ends the loop. */
  @FunctionalInterface
  public interface Sink<T> {
    /**
     * @param from the first item of the batch
     */
    void take(int from, T part);
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
   * Does work on all items, batch by batch; a batch for which there is no memory is halved.
   *
   * @param n how many items
   * @param usual the size of a batch where the free memory is not known, as on a CPU
   * @param bytes an estimate of what one item takes
   * @throws EngramException if there is no memory for a single item
   */
  public void each(int n, int usual, long bytes, Work work) {
    each(
        n,
        usual,
        bytes,
        (from, to) -> {
          work.run(from, to);
          return from;
        },
        (from, same) -> {});
  }

  /**
   * Does work on all items, batch by batch, for whoever adds up what comes of it. A batch for which
   * there is no memory is halved. Within such work another loop may run: where that has no memory
   * for a single item, this one's batch is halved.
   *
   * @param n how many items
   * @param usual the size of a batch where the free memory is not known, as on a CPU
   * @param bytes an estimate of what one item takes
   * @param part asked for every item, for some perhaps again
   * @param sink gets what came of every item exactly once, in order
   * @throws EngramException if there is no memory for a single item
   */
  public <T> void each(int n, int usual, long bytes, Part<T> part, Sink<T> sink) {
    int size = size(usual, bytes);
    int from = 0;
    while (from < n) {
      int to = (int) Math.min(n, from + (long) Math.min(size, limit(bytes)));
      Optional<T> done = attempt(from, to, bytes, part);
      if (done.isPresent()) {
        sink.take(from, done.get());
        from = to;
      }
    }
  }

  /** Empty if there was no memory for so many; then fewer are tried. */
  private <T> Optional<T> attempt(int from, int to, long bytes, Part<T> part) {
    boolean outer = within.get();
    within.set(true);
    try {
      return Optional.of(part.of(from, to));
    } catch (EngineException e) {
      if (!isOutOfMemory(e) || (outer && to - from == 1)) {
        throw e;
      }
      if (to - from == 1) {
        throw new EngramException(
            "The memory of %s is not enough for one image or text of this model; end what else runs there, or use --device cpu."
                .formatted(device),
            e);
      }
      learn((to - from) / 2, bytes);
      return Optional.empty();
    } finally {
      within.set(outer);
    }
  }

  private int limit(long bytes) {
    Room room = learned;
    return room == null ? Integer.MAX_VALUE : room.of(Math.max(1, bytes));
  }

  private synchronized void learn(int items, long bytes) {
    if (items < limit(bytes)) {
      learned = new Room(items, Math.max(1, bytes));
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

  /** A phrase for people if batches became smaller; "" otherwise. */
  public String note() {
    Room room = learned;
    return room == null ? "" : "at most " + room.items + " at once, since its memory was full";
  }
}
