package dev.engram.magic;

import dev.engram.AtomicFile;
import dev.engram.experiment.KeptParts;
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
   * @param kept of a run
   * @param line the magic that ran, as it is typed
   * @return what is to be known of it, and where something was read how to compute it again; "" for
   *     nothing
   */
  static String note(KeptParts kept, String line) {
    return kept.anyRead() ? kept + " " + line + " --fresh computes it again." : kept.toString();
  }
}
