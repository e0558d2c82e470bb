package dev.engram.kernel.jjava;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.concurrent.TimeUnit;
import org.dflib.jjava.jupyter.messages.Header;
import org.jspecify.annotations.Nullable;

/**
 * The cell that runs now, and its interruption. JShell interrupts only what runs at that instant,
 * not a cell between two of its statements, so an interrupt is repeated until the cell has ended.
 * An interrupt that finds no cell is remembered for one that was sent before it and has not begun.
 */
final class RunningCell {
  /** Between two attempts; a statement that takes longer than this is hit. */
  private static final long MILLIS = 20;

  /**
   * As long an interrupt is remembered where senders cannot be compared. JJava looks for requests
   * every 50 ms, so a cell that was sent first may begin after the interrupt has come.
   */
  private static final long REMEMBERED_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private volatile long running; // number of the cell, 0 between cells
  private volatile long last;
  private volatile long interrupted; // number of the last cell that was interrupted
  private @Nullable Sent request; // the cell that runs now, or ran last
  private @Nullable Sent remembered; // an interrupt that found no cell
  private long rememberedAt; // System.nanoTime()

  /**
   * When a request was sent. Times are compared within a session alone, since two sessions may have
   * two clocks: a browser's and that of the server that interrupts for it.
   *
   * @param session of the front end
   * @param at its clock
   */
  record Sent(String session, Instant at) {
    static Sent of(Header<?> header) {
      return new Sent(
          String.valueOf(header.getSessionId()), time(header.getTimestamp().getDateString()));
    }

    /** JJava's own parser knows no fractions of a second of six digits, which Python writes. */
    private static Instant time(String iso8601) {
      try {
        return OffsetDateTime.parse(iso8601).toInstant();
      } catch (DateTimeParseException e) {
        return Instant.MAX; // after every interrupt: such a cell is never hit before it begins
      }
    }

    private boolean isBefore(Sent other) {
      return !at.isAfter(other.at);
    }
  }

  /** Runs a cell. Cells come one after the other, all from one thread. */
  void run(Sent request, Runnable cell) {
    synchronized (this) {
      running = ++last;
      this.request = request;
      Sent interrupt = remembered;
      remembered = null;
      if (interrupt != null && isMeant(request, interrupt)) {
        interrupted = running;
      }
    }
    try {
      cell.run();
    } finally {
      synchronized (this) {
        running = 0;
      }
    }
  }

  private boolean isMeant(Sent request, Sent interrupt) {
    return request.session().equals(interrupt.session())
        ? request.isBefore(interrupt)
        : System.nanoTime() - rememberedAt < REMEMBERED_NANOS;
  }

  /** Whether the cell that runs now was sent after an interrupt, whose own cell has ended. */
  private boolean isLate(Sent interrupt) {
    Sent now = request;
    return running != 0
        && now != null
        && now.session().equals(interrupt.session())
        && !now.at().equals(Instant.MAX) // when it was sent is not known
        && !now.isBefore(interrupt);
  }

  /** Whether a cell runs now. */
  boolean isRunning() {
    return running != 0;
  }

  /**
   * Whether the cell that runs now has been interrupted, so that none of its statements may begin
   * any more.
   */
  boolean isInterrupted() {
    long now = running;
    return now != 0 && now == interrupted;
  }

  /**
   * Interrupts the cell that runs now, or the one that is about to; the next one is left alone.
   *
   * @param request the interrupt
   * @param attempt interrupts what runs at this instant
   * @return the thread that goes on trying
   */
  Thread interrupt(Sent request, Runnable attempt) {
    long meant;
    synchronized (this) {
      meant = isLate(request) ? 0 : running;
      if (running == 0) {
        remembered = request;
        rememberedAt = System.nanoTime();
      } else if (meant != 0) {
        interrupted = meant;
      }
    }
    Thread trying =
        new Thread(
            () -> {
              while (attempted(meant, attempt)) {
                try {
                  Thread.sleep(MILLIS);
                } catch (InterruptedException e) {
                  return;
                }
              }
            },
            "engram-interrupt");
    trying.setDaemon(true);
    trying.start();
    return trying;
  }

  /**
   * One attempt. No cell can end or begin meanwhile: on a busy machine the next one began between a
   * look at the running cell and the attempt, and was hit.
   */
  private synchronized boolean attempted(long meant, Runnable attempt) {
    if (meant == 0 || running != meant) {
      return false;
    }
    attempt.run();
    return true;
  }
}
