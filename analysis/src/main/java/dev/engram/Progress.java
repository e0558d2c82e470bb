package dev.engram;

import java.util.concurrent.CancellationException;

/**
 * Where long work reports how far it is, between images, layers and steps. The same call is where
 * the work can be interrupted: see {@link #checkInterrupt()}.
 */
@FunctionalInterface
public interface Progress {
  /** Reports to nobody. */
  Progress NONE = (what, done, total) -> {};

  /**
   * @param what what is being done, a few words ("embedding images")
   * @param done steps that are finished
   * @param total steps in all
   */
  void report(String what, long done, long total);

  /** Reports, after a check whether the caller wants the work to stop. */
  default void step(String what, long done, long total) {
    checkInterrupt();
    report(what, done, total);
  }

  /**
   * Ends the work if its thread was interrupted; the kernel interrupts a cell in no other way. The
   * flag is cleared, so that the next cell is not touched.
   *
   * @throws CancellationException if the thread was interrupted
   */
  static void checkInterrupt() {
    if (Thread.interrupted()) {
      throw new CancellationException("Interrupted: nothing was changed.");
    }
  }
}
