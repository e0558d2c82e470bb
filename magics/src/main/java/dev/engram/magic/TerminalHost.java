package dev.engram.magic;

import dev.engram.magic.view.View;
import java.io.PrintStream;

/**
 * A terminal in the place of a notebook: views are texts, and progress is one line that is written
 * over, or, where the output is no terminal, a line every ten seconds.
 */
final class TerminalHost extends HostWithoutKernel {
  private static final long QUIET_NANOS = 10_000_000_000L;

  private final PrintStream out;
  private final PrintStream err;
  private final boolean isTerminal = System.console() != null;

  TerminalHost(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public void display(View view) {
    out.println(view.text());
  }

  @Override
  public Display displayUpdatable(View view) {
    Display line = isTerminal ? overwritten() : nowAndThen();
    line.update(view);
    return line;
  }

  private Display overwritten() {
    int[] written = {0};
    return view -> {
      String text = view.text();
      String blanks = " ".repeat(Math.max(0, written[0] - text.length()));
      boolean isLast = text.matches(".*(done in|stopped after) [0-9.]+ s"); // of MagicProgress
      err.print("\r" + text + blanks + (isLast ? "\n" : ""));
      err.flush();
      written[0] = text.length();
    };
  }

  private Display nowAndThen() {
    long[] written = {System.nanoTime() - QUIET_NANOS};
    return view -> {
      if (System.nanoTime() - written[0] >= QUIET_NANOS) {
        written[0] = System.nanoTime();
        err.println(view.text());
      }
    };
  }
}
