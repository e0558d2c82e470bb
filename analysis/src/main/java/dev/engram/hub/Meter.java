package dev.engram.hub;

import dev.engram.Progress;

/** Counts the bytes of a whole download and reports them in MB. */
final class Meter {
  private static final double MB = 1e6;

  private final Progress progress;
  private final String what;
  private final long total;
  private long done;

  /**
   * @param what is downloaded, for people
   * @param total in bytes
   */
  Meter(Progress progress, String what, long total) {
    this.progress = progress;
    this.what = what;
    this.total = total;
  }

  /**
   * @param bytes that came; below 0 for those that have to come again
   */
  void advance(long bytes) {
    done += bytes;
    report("downloading " + what + ", MB");
  }

  /** Says that another program does the work, and lets it. */
  void waiting() {
    report("waiting for another program that downloads " + what + ", MB");
  }

  private void report(String line) {
    progress.step(line, Math.round(done / MB), Math.max(1, Math.round(total / MB)));
  }
}
