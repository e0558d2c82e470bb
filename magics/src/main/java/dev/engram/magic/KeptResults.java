package dev.engram.magic;

import dev.engram.AtomicFile;
import dev.engram.experiment.ResultStore;
import dev.engram.iconclip.Iconclip;
import java.nio.file.Path;

/** Where the magics keep what took long to compute, and what they say of it. */
final class KeptResults {
  private KeptResults() {}

  static Path folder() {
    return Iconclip.cache().resolve("results");
  }

  /** Deletes, beside other work, what kernels that were killed have left in the cache. */
  static void sweepLeftovers() {
    Thread sweeper = new Thread(() -> AtomicFile.sweep(Iconclip.cache()), "engram-sweep");
    sweeper.setDaemon(true);
    sweeper.start();
  }

  /**
   * @param fresh whether everything is to be computed again, whatever is kept
   */
  static ResultStore store(boolean fresh) {
    ResultStore kept = ResultStore.in(folder());
    return fresh ? kept.fresh() : kept;
  }

  /**
   * @param note of a run; "" for nothing
   * @param line the magic that ran, as it is typed
   * @return the note, and where something was read how to compute it again
   */
  static String note(String note, String line) {
    return note.contains(" and kept.") ? note + " " + line + " --fresh computes it again." : note;
  }
}
