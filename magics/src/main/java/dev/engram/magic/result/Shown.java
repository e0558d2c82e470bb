package dev.engram.magic.result;

import java.util.Locale;

/** How much of a long ranking a page takes; the value keeps all. */
final class Shown {
  /** Bars of a chart. */
  static final int BARS = 40;

  /** Rows of a table. */
  static final int ROWS = 200;

  private Shown() {}

  /**
   * @return what a chart's title says of bars that it leaves out; "" if there are none
   */
  static String ofBars(int all) {
    return all > BARS ? String.format(Locale.ROOT, " (%d of %,d)", BARS, all) : "";
  }
}
