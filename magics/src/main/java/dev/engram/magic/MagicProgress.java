package dev.engram.magic;

import dev.engram.Progress;
import dev.engram.magic.view.Html;
import dev.engram.magic.view.View;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A progress bar in the output of a cell. Work that is done within a third of a second never shows
 * one; after that it is redrawn at most ten times a second, and leaves one line behind.
 */
public final class MagicProgress implements Progress, AutoCloseable {
  private static final long PATIENCE_NANOS = 300_000_000L;
  private static final long REDRAW_NANOS = 100_000_000L;

  private final Host host;
  private final LongSupplier clock;
  private final long started;
  private Host.@Nullable Display display;
  private long drawn;
  private String what = "";
  private boolean closed;

  MagicProgress(Host host, LongSupplier nanoClock) {
    this.host = host;
    this.clock = nanoClock;
    this.started = nanoClock.getAsLong();
  }

  @Override
  public synchronized void report(String what, long done, long total) {
    this.what = what;
    String line = String.format(Locale.ROOT, "%s: %,d of %,d", what, done, total);
    long now = clock.getAsLong();
    if (closed || now - started < PATIENCE_NANOS || now - drawn < REDRAW_NANOS) {
      return;
    }
    drawn = now;
    String bar =
        Html.open("progress", "max", Long.toString(Math.max(1, total)), "value", "" + done);
    View view = View.html(bar + "</progress> " + Html.escape(line), line);
    if (display == null) {
      display = host.displayUpdatable(view);
    } else {
      display.update(view);
    }
  }

  /**
   * Ends the reports: what comes later shows nothing. The last line is written by the runner, which
   * knows whether the magic succeeded.
   */
  @Override
  public synchronized void close() {
    closed = true;
  }

  /** Replaces the bar of a magic that succeeded. */
  synchronized void done() {
    end(String.format(Locale.ROOT, "%s: done in %.1f s", what, seconds()));
  }

  /** Replaces the bar of a magic that failed. */
  synchronized void stopped() {
    end(String.format(Locale.ROOT, "%s: stopped after %.1f s", what, seconds()));
  }

  /** Replaces the bar by a last line, once. */
  synchronized void end(String lastLine) {
    close();
    if (display != null) {
      display.update(View.text(lastLine));
      display = null;
    }
  }

  private double seconds() {
    return (clock.getAsLong() - started) / 1e9;
  }
}
