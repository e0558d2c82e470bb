package dev.engram.atlas;

import java.util.Locale;

/** Says how many images pass in a second, and how long the rest will take. */
final class Pace {
  private static final long SECOND = 1_000_000_000L;

  private final long started = System.nanoTime();
  private final long before;
  private final long total;

  /**
   * @param before images that passed in an earlier run
   */
  Pace(long before, long total) {
    this.before = before;
    this.total = total;
  }

  /**
   * @param done images that have passed
   * @return a phrase for a progress bar
   */
  String said(long done) {
    return said(done, System.nanoTime() - started);
  }

  String said(long done, long nanos) {
    if (done <= before || nanos < SECOND) {
      return "surveying images";
    }
    double rate = (done - before) * (double) SECOND / nanos;
    return String.format(
        Locale.ROOT,
        "surveying images, %." + (rate < 10 ? 1 : 0) + "f a second, %s left",
        rate,
        left((total - done) / rate));
  }

  private static String left(double seconds) {
    long s = Math.round(seconds);
    return s < 60
        ? s + " s"
        : s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
  }
}
