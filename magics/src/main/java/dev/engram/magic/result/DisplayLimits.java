package dev.engram.magic.result;

import dev.engram.EngramException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How much of a result a cell shows, as the line of its magic asks for it. The result itself keeps
 * all, and knows nothing of this.
 *
 * @param limit rows of its table, and bars of the figure of a ranking; null for as many as results
 *     of its type have by themselves
 * @param note one sentence about how this answer came about; "" for none
 */
public record DisplayLimits(@Nullable Integer limit, String note) {
  /** As every result is shown unless somebody asks for more or less. */
  public static final DisplayLimits BY_DEFAULT = new DisplayLimits(null, "");

  /** All of it, as it is saved. */
  static final DisplayLimits ALL = new DisplayLimits(Integer.MAX_VALUE, "");

  /** Bars of a chart. */
  static final int BARS = 40;

  /** Rows of a table on a page. */
  static final int ROWS = 200;

  /** Refuses a table without rows. */
  public DisplayLimits {
    if (limit != null && limit < 1) {
      throw new EngramException("A table shows a number of rows from 1; got " + limit + ".");
    }
  }

  /**
   * The first rows, and as many bars.
   *
   * @param rows from 1
   */
  public static DisplayLimits first(int rows) {
    return new DisplayLimits(rows, "");
  }

  /**
   * The same with a sentence under it.
   *
   * @param sentence "" for none
   */
  public DisplayLimits noting(String sentence) {
    return new DisplayLimits(limit, sentence);
  }

  /** The limit, or what is usual where there is none. */
  int or(int usual) {
    return limit == null ? usual : limit;
  }

  /** What a chart's title says of bars that it leaves out; "" if there are none. */
  static String ofBars(int all) {
    return all > BARS ? String.format(Locale.ROOT, " (%d of %,d)", BARS, all) : "";
  }
}
