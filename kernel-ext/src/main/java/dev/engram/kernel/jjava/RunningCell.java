package dev.engram.kernel.jjava;

/**
 * The cell that runs now, and its interruption. JShell interrupts only what runs at that instant,
 * not a cell between two of its statements, so an interrupt is repeated until the cell has ended.
 */
final class RunningCell {
  /** Between two attempts; a statement that takes longer than this is hit. */
  private static final long MILLIS = 20;

  private volatile long running; // number of the cell, 0 between cells
  private volatile long last;

  /** Runs a cell. Cells come one after the other, all from one thread. */
  void run(Runnable cell) {
    last++;
    running = last;
    try {
      cell.run();
    } finally {
      running = 0;
    }
  }

  /**
   * Interrupts the cell that runs now, if one does; the next one is left alone.
   *
   * @param attempt interrupts what runs at this instant
   * @return the thread that goes on trying
   */
  Thread interrupt(Runnable attempt) {
    long interrupted = running;
    Thread trying =
        new Thread(
            () -> {
              while (interrupted != 0 && running == interrupted) {
                attempt.run();
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
}
